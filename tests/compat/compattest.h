// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What all tests of this room do with each thing that can be awaited: a table of rows, and for each row it is
// awaited, cancelled while it waits, and, where the awaiter is our own, destroyed while it waits.

#include <CoDrive/tasks/shield.h>

#include "words.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace Words {

/// Who waits, which decides what a cancellation does.
enum class Awaiter {
    Own, ///< one of ours: the waiter leaves at once
    QCoro, ///< QCoro's, without a coroutine: the waiter leaves at once
    QCoroTask, ///< a QCoro::Task: it is waited for, unless there is a shield
    QCoroTaskAtOnce, ///< one that may have ended when it is awaited
};

/// The value as a text; "void", "nothing" for a pointer or optional without a value.
template<typename T>
QString textOfValue(T &value)
{
    if constexpr (std::is_same_v<T, bool>)
        return value ? QStringLiteral("true") : QStringLiteral("false");
    else if constexpr (std::is_arithmetic_v<T>)
        return QString::number(value);
    else if constexpr (std::is_convertible_v<T &, QString>)
        return value;
    else if constexpr (std::is_pointer_v<T>)
        return value ? QStringLiteral("object") : QStringLiteral("nothing");
    else if constexpr (requires { value.has_value(); })
        return value ? textOfValue(*value) : QStringLiteral("nothing");
    else if constexpr (requires { value.arguments(); })
        return value.arguments().value(0).toString();
    else if constexpr (requires { value.argumentAt(0); })
        return value.argumentAt(0).toString();
    else
        return QStringLiteral("value");
}

/// Awaits what \a start gives, logs what that gave, and "kept" for a request that came meanwhile.
template<typename Start>
Task<> tells(EventLog &log, Start start)
{
    const InstanceCounter alive;
    QString result;
    try {
        using T = AwaitResult<decltype(start())>;
        if constexpr (std::is_void_v<T>) {
            co_await start();
            result = QStringLiteral("void");
        } else {
            T value = co_await start();
            result = textOfValue(value);
        }
    } catch (...) {
        result = QStringLiteral("throws ") + text(std::current_exception());
    }
    log << result;
    if (currentTask().cancelRequested)
        log << QStringLiteral("kept");
}

/// The same behind a shield.
template<typename Start>
Task<> tellsShielded(EventLog &log, Start start)
{
    return tells(log, [start] { return shield(start()); });
}

/// One await, ready to begin, with all that takes part in it.
struct Wait
{
    std::function<Task<>(EventLog &)> plain;
    std::function<Task<>(EventLog &)> shielded;
    QString gives;
    std::function<void()> complete; ///< brings the end about; none: it ends by itself
    std::function<bool()> isOver; ///< whether what \a complete began is done; none: when it returns
    std::function<QString()> afterCancelling; ///< a cancellation may do more than to end the waiter
    QString leaves; ///< what afterCancelling tells then
    std::function<void()> destroy; ///< the object that is waited for
    QString throws; ///< what the waiter gets then
};

/// \param start gives what is awaited; it holds what takes part in the wait
template<typename Start>
Wait waitFor(Start start, const QString &gives, std::function<void()> complete = {})
{
    Wait wait;
    wait.plain = [start](EventLog &log) { return tells(log, start); };
    wait.shielded = [start](EventLog &log) { return tellsShielded(log, start); };
    wait.gives = gives;
    wait.complete = std::move(complete);
    return wait;
}

/// Whether \a signal has been emitted since; what is connected to it has got it, at the latest, once all is
/// settled.
template<typename Object, typename Signal>
std::function<bool()> emitted(Object *sender, Signal signal)
{
    const auto isEmitted = std::make_shared<bool>(false);
    QObject::connect(sender, signal, sender, [isEmitted] { *isEmitted = true; });
    return [isEmitted] { return *isEmitted; };
}

struct Row
{
    const char *name;
    Awaiter awaiter;
    std::function<Wait()> make;
};

class CompatTest : public QObject
{
    Q_OBJECT

protected:
    explicit CompatTest(std::vector<Row> rows)
        : m_rows(std::move(rows))
    {}

    // For tests with rows of our own awaiters: `destroyed_data` and `destroyed` call these.
    void addOwnRows() { addRows({Awaiter::Own}); }
    void destroyObject()
    {
        const Wait wait = makeWait();
        EventLog log;
        TaskScope scope;
        scope.spawn(wait.plain(log));
        wait.destroy();
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList(wait.throws));
    }

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        setUnhandledErrorHandler(
            [this](std::exception_ptr error, const TaskInfo &) { m_unhandled << text(error); });
    }
    void cleanup()
    {
        setUnhandledErrorHandler({});
        QCOMPARE(leftBehind(), QString());
        QCOMPARE(m_unhandled.take(), QStringList());
    }

    void awaited_data()
    {
        addRows({Awaiter::Own, Awaiter::QCoro, Awaiter::QCoroTask, Awaiter::QCoroTaskAtOnce});
    }
    void awaited()
    {
        const Wait wait = makeWait();
        EventLog log;
        TaskScope scope;
        scope.spawn(wait.plain(log));
        if (wait.complete) {
            QCOMPARE(log.take(), QStringList());
            wait.complete();
        }
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList(wait.gives));
    }

    void cancelled_data() { addRows({Awaiter::Own, Awaiter::QCoro, Awaiter::QCoroTask}); }
    void cancelled()
    {
        const Wait wait = makeWait();
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(row().awaiter == Awaiter::QCoroTask ? wait.shielded(log) : wait.plain(log));
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(InstanceCounter::count(), 0);
        if (wait.afterCancelling)
            QTRY_COMPARE(wait.afterCancelling(), wait.leaves);
        end(wait);
        QCOMPARE(log.take(), QStringList());
    }

    void waitedFor_data() { addRows({Awaiter::QCoroTask}); }
    void waitedFor()
    {
        const Wait wait = makeWait();
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(wait.plain(log));
        handle.cancel();
        if (wait.complete) {
            settle();
            QVERIFY(!handle.isFinished());
            wait.complete();
        }
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({wait.gives, QStringLiteral("kept")}));
    }

private:
    void addRows(std::initializer_list<Awaiter> awaiters)
    {
        QTest::addColumn<qsizetype>("index");
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            if (std::find(awaiters.begin(), awaiters.end(), m_rows[i].awaiter) != awaiters.end())
                QTest::newRow(m_rows[i].name) << static_cast<qsizetype>(i);
        }
    }
    const Row &row() const
    {
        QFETCH(const qsizetype, index);
        return m_rows[static_cast<std::size_t>(index)];
    }
    Wait makeWait() const { return row().make(); }
    /// Lets what was left running end.
    static void end(const Wait &wait)
    {
        if (wait.complete)
            wait.complete();
        if (wait.isOver)
            QTRY_VERIFY(wait.isOver());
        settle();
        QTRY_COMPARE(dumpTasks(), QString());
    }

    std::vector<Row> m_rows;
    EventLog m_unhandled;
};

} // namespace Words
