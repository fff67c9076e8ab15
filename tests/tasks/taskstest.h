// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What the tests of this room share: a scope, gates and probes that are fresh in every test, and a caller C whose fate
// is one text.
//
//     start(gather(err(a), slow(b, h, &p)));
//     open(a);
//     QCOMPARE(p.requests, 1);
//     QCOMPARE(result(), "pending");
//     open(h);
//     QCOMPARE(result(), "throws E");

#include "words.h"

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/tasks/race.h>

#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace Words {

// Results as texts.

inline QString show(int value)
{
    return QString::number(value);
}
inline QString show(bool value)
{
    return value ? QStringLiteral("true") : QStringLiteral("false");
}
inline QString show(const QString &value)
{
    return value;
}
inline QString show(std::monostate)
{
    return QStringLiteral("-");
}
inline QString show(const std::unique_ptr<int> &value)
{
    return QStringLiteral("*%1").arg(*value);
}
inline QString show(const InstanceCounter &)
{
    return QStringLiteral("counted");
}
template<typename T>
QString show(const Outcome<T> &outcome)
{
    return text(outcome);
}
template<typename T>
QString show(const std::optional<T> &value)
{
    return value ? show(*value) : QStringLiteral("empty");
}
template<typename T>
QString show(const std::vector<T> &values)
{
    QStringList texts;
    for (const T &value : values)
        texts << show(value);
    return QStringLiteral("[%1]").arg(texts.join(QStringLiteral(", ")));
}
template<typename... T>
QString show(const std::tuple<T...> &values)
{
    QStringList texts;
    std::apply([&](const T &...value) { ((texts << show(value)), ...); }, values);
    return QStringLiteral("(%1)").arg(texts.join(QStringLiteral(", ")));
}
template<typename... T>
QString show(const std::variant<T...> &value)
{
    const QString shown = std::visit([](const auto &held) { return show(held); }, value);
    return QStringLiteral("%1: %2").arg(value.index()).arg(shown);
}
template<typename T>
QString show(const RaceResult<T> &result)
{
    if constexpr (std::is_void_v<T>)
        return QString::number(result.index);
    else
        return QStringLiteral("%1: %2").arg(result.index).arg(show(result.value));
}

/// Awaits \a awaitable and gives the result as a text.
template<typename A>
Task<QString> shown(A awaitable)
{
    const InstanceCounter alive;
    QString result;
    if constexpr (std::is_void_v<AwaitResult<A>>) {
        co_await std::move(awaitable);
        result = QStringLiteral("void");
    } else {
        const auto value = co_await std::move(awaitable);
        result = show(value);
    }
    co_return result;
}

/// Makes a request to the running task, as its own handle does.
inline void requestSelf()
{
    CoDrive::detail::Loop::currentTask()->request();
}

/// Awaits \a awaitable with a request pending.
template<typename A>
Task<AwaitResult<A>> withRequestPending(A awaitable)
{
    const InstanceCounter alive;
    requestSelf();
    co_return co_await std::move(awaitable);
}

/// Awaits \a awaitable when \a gate has opened.
template<typename A>
Task<AwaitResult<A>> after(Event &gate, A awaitable)
{
    const InstanceCounter alive;
    co_await gate.wait();
    co_return co_await std::move(awaitable);
}

/// Calls \a function, gives 0 without suspending.
template<typename Function>
Task<int> calling(Function function)
{
    const InstanceCounter alive;
    function();
    co_return 0;
}

/// Calls \a function and throws an E, without suspending.
template<typename Function>
Task<int> callingErr(Function function)
{
    const InstanceCounter alive;
    function();
    throw E();
    co_return 0;
}

/// Calls \a function, logs "behind", waits, logs "passed".
template<typename Function>
Task<int> callingThenWaiting(EventLog &log, Function function)
{
    const InstanceCounter alive;
    function();
    log << QStringLiteral("behind");
    co_await waitForever();
    log << QStringLiteral("passed");
    co_return 0;
}

/// Ends as cancelled when \a gate opens, without a request.
inline Task<int> unwinding(Event &gate)
{
    const InstanceCounter alive;
    co_await gate.wait();
    co_await unwind();
    co_return 0;
}

template<typename T, typename... Tasks>
std::vector<Task<T>> vectorOf(Task<T> first, Tasks... others)
{
    std::vector<Task<T>> tasks;
    tasks.push_back(std::move(first));
    (tasks.push_back(std::move(others)), ...);
    return tasks;
}

/// Base of the test classes; init() calls begin(), cleanup() verifies end().
class TasksTest
{
protected:
    void begin()
    {
        failOnWarnings();
        scope.emplace();
    }

    /// What the test left behind: nothing, one hopes.
    QString end()
    {
        scope.reset();
        settle();
        C = {};
        H = {};
        setUnhandledErrorHandler({});
        for (Event *const gate : {&a, &b, &c, &d, &g, &h, &h1, &h2, &k})
            gate->clear();
        p = q = r = Probe();
        log.take();
        unhandled.clear();
        return leftBehind();
    }

    /// Starts C, which awaits \a awaitable.
    template<typename A>
    void start(A awaitable)
    {
        C = scope->spawn(caller(log, shown(std::move(awaitable))), QStringLiteral("C"));
    }

    /// Starts C with a request pending.
    template<typename A>
    void startRequested(A awaitable)
    {
        C = scope->spawn(caller(log, withRequestPending(shown(std::move(awaitable)))));
    }

    /// What the call gave or threw, and whether a request showed afterwards ("kept"); "cancelled", "pending".
    QString result()
    {
        if (!log.events().isEmpty())
            return log.take().join(QStringLiteral(", "));
        return C.isCancelled() ? QStringLiteral("cancelled") : QStringLiteral("pending");
    }

    /// Collects the errors that reach the unhandled-error handler.
    void collectUnhandled()
    {
        setUnhandledErrorHandler([this](const std::exception_ptr &error, const TaskInfo &) {
            unhandled << text(error);
        });
    }

    EventLog log;
    QStringList unhandled;
    Event a, b, c, d, g, h, h1, h2, k;
    Probe p, q, r;
    TaskHandle<> C;
    TaskHandle<int> H;
    std::optional<TaskScope> scope;
};

} // namespace Words
