// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Must compile as it stands, and must not with one of the macros below; see CMakeLists.txt.

#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskscope.h>
#include <CoDrive/tasks/timeout.h>

#include <QString>

using namespace CoDrive;

Task<int> number();
Task<> nothing();
Task<> take(QString text);

#ifdef REFERENCE_RESULT
Task<int &> reference();
#endif

Task<> awaits(QString text)
{
    auto task = number();
#if defined(LVALUE_GATHERED)
    co_await gather(task, number());
#elif defined(LVALUE_RACED)
    co_await race(number(), task);
#elif defined(LVALUE_TIMED)
    co_await withTimeout(std::chrono::seconds(1), task);
#elif defined(LVALUE_SHIELDED)
    co_await shield(task);
#elif defined(LVALUE_PENDING)
    auto pending = gather(number());
    co_await race(std::move(task), pending);
#else
    co_await gather(std::move(task), number());
#endif

#if defined(CLOSURE_GROUP)
    // coroutine-rules: fine because this is what must be refused
    co_await withTaskGroup([text](TaskGroup &) { return take(text); });
#elif defined(CLOSURE_CLEANUP)
    // coroutine-rules: fine because this is what must be refused
    co_await withCleanup(number, [text] { return take(text); });
#elif defined(CLOSURE_BODY)
    // coroutine-rules: fine because this is what must be refused
    co_await withCleanup([text] { return take(text); }, nothing);
#else
    co_await withTaskGroup([&](TaskGroup &) { return take(text); });
    co_await withCleanup([&] { return take(text); }, [&] { return take(text); });
    auto named = [text] { return take(text); };
    co_await withCleanup(std::ref(named), nothing);
#endif
}

void spawns(TaskScope &scope, const QString &text)
{
    auto task = number();
#ifdef LVALUE_SPAWNED
    scope.spawn(task);
#else
    scope.spawn(std::move(task));
#endif
    scope.spawn([text] { return take(text); });
}

Task<> spawnsInGroup(TaskGroup group)
{
    auto task = number();
#ifdef LVALUE_SPAWNED_IN_GROUP
    group.spawn(task);
#else
    group.spawn(std::move(task));
#endif
    co_return;
}
