// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The words of the acceptance cases: gates, val, err, slow, absorb, dirty, and texts for how things ended.
//
//     Event a, h;
//     Probe seen;
//     TaskScope scope;
//     auto caller = scope.spawn(slow(a, h, &seen));
//     cancel(caller);
//     QCOMPARE(seen.requests, 1);
//     open(h);
//     QCOMPARE(text(caller), "cancelled");
//
// Every frame of these functions holds an InstanceCounter, so that its count tells whether all have died.

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/outcome.h>
#include <CoDrive/core/run.h>
#include <CoDrive/core/sleep.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>
#include <CoDrive/core/taskinfo.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/sync/event.h>
#include <CoDrive/tasks/taskscope.h>
#include <CoDrive/testing/coroutinetest.h>
#include <CoDrive/testing/eventlog.h>
#include <CoDrive/testing/instancecounter.h>
#include <CoDrive/testing/settle.h>
#include <CoDrive/testing/virtualclock.h>

#include <QRegularExpression>
#include <QString>
#include <QTest>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

namespace Words {

using namespace CoDrive;
using namespace std::chrono_literals;

/// U of the cases: a unit of the virtual clock.
inline constexpr std::chrono::milliseconds U{50};

/// An error with a name.
class E : public std::runtime_error
{
public:
    explicit E(const char *name = "E")
        : std::runtime_error(name)
    {
    }
};

/// What a child tells of itself.
struct Probe
{
    bool entered = false;
    bool passed = false; ///< a statement behind its last suspension ran
    int requests = 0; ///< seen
};

/// Opens a gate, and lets happen what follows.
inline void open(Event &gate)
{
    gate.set();
    settle();
}

/// Makes one request, and lets happen what follows.
template<typename T>
void cancel(TaskHandle<T> handle, const QString &reason = {})
{
    handle.cancel(reason);
    settle();
}

/// Runs the loop until \a scope has no task left.
inline void waitForEnd(TaskScope &scope)
{
    run(scope.join());
}

namespace detail {

/// Waits at \a gate and notes a request in \a probe; one that met the wait unwinds.
inline Task<> observe(Event &gate, Probe &probe)
{
    const Outcome<> outcome = co_await attempt(gate.wait());
    if (outcome.isCancelled()) {
        ++probe.requests;
        co_await unwind();
    }
    if (currentTask().cancelRequested)
        ++probe.requests;
}

inline void enter(Probe *probe)
{
    if (probe)
        probe->entered = true;
}

inline void pass(Probe *probe)
{
    if (probe)
        probe->passed = true;
}

/// True: the wait was ended by a request.
inline Task<bool> wasRequestedAt(Event &gate, Probe *probe)
{
    const Outcome<> outcome = co_await attempt(gate.wait());
    if (probe && (outcome.isCancelled() || currentTask().cancelRequested))
        ++probe->requests;
    co_return outcome.isCancelled();
}

} // namespace detail

/// Awaits \a gate, gives \a value.
template<typename T>
Task<T> val(Event &gate, T value, Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    if (probe)
        co_await detail::observe(gate, *probe);
    else
        co_await gate.wait();
    detail::pass(probe);
    co_return value;
}

/// Awaits \a gate, gives nothing.
inline Task<> pass(Event &gate, Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    if (probe)
        co_await detail::observe(gate, *probe);
    else
        co_await gate.wait();
    detail::pass(probe);
}

/// Awaits \a gate, throws an E.
inline Task<int> err(Event &gate, const char *name = "E", Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    if (probe)
        co_await detail::observe(gate, *probe);
    else
        co_await gate.wait();
    detail::pass(probe);
    throw E(name);
}

/// Gives \a value without suspending.
template<typename T>
Task<T> now(T value, Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    detail::pass(probe);
    co_return value;
}

/// Throws an E without suspending.
inline Task<int> nowErr(const char *name = "E", Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    throw E(name);
    co_return 0;
}

/// waitForever() with a result.
inline Task<int> never(Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    Event shut;
    if (probe)
        co_await detail::observe(shut, *probe);
    else
        co_await waitForever();
    detail::pass(probe);
    co_return 0;
}

/// Awaits \a gate; a request that meets it there sends it on to \a cleanUp, after which it ends as
/// cancelled.
inline Task<int> slow(Event &gate, Event &cleanUp, Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    const bool wasRequested = co_await detail::wasRequestedAt(gate, probe);
    if (wasRequested) {
        co_await detail::wasRequestedAt(cleanUp, probe);
        co_await unwind();
    }
    detail::pass(probe);
    co_return 1;
}

/// Awaits \a gate; a request that meets it there sends it on to \a cleanUp; gives \a value.
template<typename T = int>
Task<T> absorb(Event &gate, Event &cleanUp, T value, Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    const bool wasRequested = co_await detail::wasRequestedAt(gate, probe);
    if (wasRequested) {
        const bool wasRequestedAgain = co_await detail::wasRequestedAt(cleanUp, probe);
        if (wasRequestedAgain)
            co_await unwind();
    }
    detail::pass(probe);
    co_return value;
}

/// Awaits \a gate; a request that meets it there makes it throw an E at once.
inline Task<int> dirty(Event &gate, const char *name = "E", Probe *probe = nullptr)
{
    const InstanceCounter alive;
    detail::enter(probe);
    const bool wasRequested = co_await detail::wasRequestedAt(gate, probe);
    if (wasRequested)
        throw E(name);
    detail::pass(probe);
    co_return 0;
}

/// The name of an error: of an E its own, "Cancelled", "group [A, B]", else its what().
inline QString text(const std::exception_ptr &error)
{
    if (!error)
        return QStringLiteral("null");
    try {
        std::rethrow_exception(error);
    } catch (const ExceptionGroup &group) {
        QStringList members;
        for (const std::exception_ptr &member : group.exceptions())
            members << text(member);
        return QStringLiteral("group [%1]").arg(members.join(QStringLiteral(", ")));
    } catch (const Cancelled &) {
        return QStringLiteral("Cancelled");
    } catch (const ObjectDestroyed &) {
        return QStringLiteral("ObjectDestroyed");
    } catch (const LeftoverTasks &) {
        return QStringLiteral("LeftoverTasks");
    } catch (const std::logic_error &) {
        return QStringLiteral("logic_error");
    } catch (const std::bad_alloc &) {
        return QStringLiteral("bad_alloc");
    } catch (const std::exception &e) {
        return QString::fromUtf8(e.what());
    } catch (...) {
        return QStringLiteral("unknown exception");
    }
}

/// How something ended: the value if it is a number or text ("value" else; of an outcome in an outcome the inner one),
/// "throws E", "cancelled", "pending".
template<typename T>
QString text(const Outcome<T> &outcome)
{
    if (outcome.isPending())
        return QStringLiteral("pending");
    if (outcome.isCancelled())
        return QStringLiteral("cancelled");
    if (outcome.isFailure())
        return QStringLiteral("throws ") + text(outcome.error());
    if constexpr (!std::is_void_v<T>) {
        if constexpr (std::is_arithmetic_v<T>)
            return QString::number(outcome.value());
        else if constexpr (std::is_convertible_v<const T &, QString>)
            return outcome.value();
        else if constexpr (std::derived_from<T, CoDrive::detail::OutcomeBase>)
            return text(outcome.value());
    }
    return QStringLiteral("value");
}

template<typename T>
QString text(const TaskHandle<T> &handle)
{
    return text(handle.outcome());
}

namespace detail {

/// A handle keeps its value.
template<typename A>
decltype(auto) toAwait(A &awaitable)
{
    if constexpr (std::copy_constructible<A>)
        return static_cast<A &>(awaitable);
    else
        return static_cast<A &&>(awaitable);
}

} // namespace detail

/// What awaiting \a awaitable gives, as a text; a cancellation of the awaiting task passes.
template<typename A>
Task<QString> textOf(A awaitable)
{
    QString result;
    try {
        if constexpr (std::is_void_v<AwaitResult<A>>) {
            co_await detail::toAwait(awaitable);
            result = QStringLiteral("value");
        } else {
            using Result = Outcome<AwaitResult<A>>;
            const Result outcome = Result::success(co_await detail::toAwait(awaitable));
            result = text(outcome);
        }
    } catch (...) {
        result = QStringLiteral("throws ") + text(std::current_exception());
    }
    co_return result;
}

/// Awaits \a awaitable, logs what it gave, then waits: a request that was kept shows as "kept".
template<typename A>
Task<> caller(EventLog &log, A awaitable)
{
    const InstanceCounter alive;
    const QString result = co_await textOf(std::move(awaitable));
    log << result;
    const Outcome<> next = co_await attempt(waitForever());
    if (next.isCancelled())
        log << QStringLiteral("kept");
    co_await unwind();
}

/// Runs a function when it dies.
template<typename Function>
class OnDestruction
{
public:
    explicit OnDestruction(Function function)
        : m_function(std::move(function))
    {
    }
    OnDestruction(OnDestruction &&) = delete;
    ~OnDestruction() { m_function(); }

private:
    Function m_function;
};

/// Logs its name when it dies.
class LogsDestruction
{
public:
    LogsDestruction(EventLog &log, const QString &name)
        : m_log(log)
        , m_name(name)
    {
    }
    LogsDestruction(LogsDestruction &&) = delete;
    ~LogsDestruction() { m_log << m_name; }

private:
    EventLog &m_log;
    QString m_name;
};

/// To be called in init(): a warning that no test awaits fails it.
inline void failOnWarnings()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".")));
}

/// What is left when all is settled: frames, tasks, deadlines, the Qt timer. To be verified in cleanup().
inline QString leftBehind()
{
    settle();
    QStringList left;
    if (InstanceCounter::count() != 0)
        left << QStringLiteral("%1 frames").arg(InstanceCounter::count());
    if (const CoDrive::detail::Loop *const loop = CoDrive::detail::Loop::existing()) {
        auto &own = CoDrive::detail::Loop::current();
        if (loop->hasReady())
            left << QStringLiteral("ready tasks");
        if (!own.timers().isEmpty())
            left << QStringLiteral("deadlines");
        if (loop->isTimerArmed())
            left << QStringLiteral("an armed timer");
    }
    const QString tasks = dumpTasks();
    if (!tasks.isEmpty())
        left << tasks;
    return left.join(QStringLiteral(", "));
}

} // namespace Words
