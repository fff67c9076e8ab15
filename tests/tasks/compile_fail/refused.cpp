// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Must compile as it stands, and must not with one of the macros below; see CMakeLists.txt.

#include "refused.h"

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

struct Transaction
{
    Task<int> enter();
    Task<> exit();
};

Task<> callsWrongly(TaskScope &scope, TaskPool &pool)
{
    auto task = number();
    Transaction transaction;
#if defined(PLAIN_GROUP)
    co_await withTaskGroup([](TaskGroup &) { });
#elif defined(PLAIN_VOLATILE_GROUP)
    co_await withVolatileTaskGroup([](TaskGroup &) { return 5; });
#elif defined(PLAIN_TASK_SCOPE)
    co_await withTaskScope([](TaskScope &) { });
#elif defined(PLAIN_CANCEL_SCOPE)
    co_await withCancelScope([](CancelScope) { return 5; });
#elif defined(PLAIN_BODY)
    co_await withCleanup([] { return 5; }, nothing);
#elif defined(PLAIN_CLEANUP)
    co_await withCleanup(number, [] { });
#elif defined(PLAIN_BESIDE)
    co_await contextualize(nothing(), [] { });
#elif defined(PLAIN_IN_CONTEXT)
    co_await withContext(Transaction(), [](int &) { });
#elif defined(PLAIN_GATHERED)
    co_await gather([] { return 5; }, number());
#elif defined(PLAIN_RACED)
    co_await race(number(), [] { });
#elif defined(PLAIN_SPAWNED)
    scope.spawn([] { });
#elif defined(PARAMETERS_GROUP)
    co_await withTaskGroup([]() -> Task<> { co_return; });
#elif defined(PARAMETERS_IN_CONTEXT)
    co_await withContext(Transaction(), [](QString) -> Task<> { co_return; });
#elif defined(NUMBER_SPAWNED)
    scope.spawn(5);
#elif defined(NUMBER_GATHERED)
    co_await gather(number(), 5);
#elif defined(LVALUE_POOLED)
    pool.spawn(task);
#elif defined(LVALUE_PRIMED)
    prime(task);
#elif defined(LVALUE_SUPPRESSED)
    co_await suppress<std::exception>(task);
#elif defined(LVALUE_DISCARDED)
    co_await discard(task);
#elif defined(LVALUE_CONTEXT)
    co_await withContext(transaction, [](int &) { return nothing(); });
#else
    co_await withTaskScope([](TaskScope &) { return nothing(); });
    co_await withCancelScope([](CancelScope) { return nothing(); });
    co_await contextualize(nothing(), nothing);
    co_await withContext(std::move(transaction), [](int &) { return nothing(); });
    co_await discard(std::move(task));
    co_await prime(number());
    pool.spawn(number());
    scope.spawn(nothing);
#endif
}
