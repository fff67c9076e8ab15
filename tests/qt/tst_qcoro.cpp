// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/bridge.h>
#include <CoDrive/qt/signal.h>
#include <CoDrive/sync/lock.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/timeout.h>

#include "sender.h"
#include "words.h"

#include <qcorotask.h>

#include <QEventLoop>
#include <QTimer>

#include <memory>
#include <optional>

using namespace Words;
using namespace std::chrono_literals;

namespace {

/// A gate for QCoro coroutines: knows nothing of CoDrive.
class QGate
{
public:
    auto operator co_await() noexcept { return Awaiter(*this); }
    void open()
    {
        isOpen = true;
        for (const std::coroutine_handle<> waiter : std::exchange(m_waiters, {}))
            waiter.resume();
    }
    bool isOpen = false;

private:
    class Awaiter
    {
    public:
        explicit Awaiter(QGate &gate) noexcept
            : m_gate(gate)
        {
        }
        bool await_ready() const noexcept { return m_gate.isOpen; }
        void await_suspend(std::coroutine_handle<> waiter) { m_gate.m_waiters.push_back(waiter); }
        void await_resume() const noexcept { }

    private:
        QGate &m_gate;
    };

    std::vector<std::coroutine_handle<>> m_waiters;
};

template<typename T>
QCoro::Task<T> qval(QGate &gate, T value)
{
    const InstanceCounter alive;
    co_await gate;
    co_return value;
}

QCoro::Task<> qpass(QGate &gate)
{
    const InstanceCounter alive;
    co_await gate;
}

QCoro::Task<std::unique_ptr<int>> qmove(QGate &gate)
{
    co_await gate;
    co_return std::make_unique<int>(5);
}

QCoro::Task<int> qerr(QGate &gate)
{
    const InstanceCounter alive;
    co_await gate;
    throw E();
}

QCoro::Task<int> qnowErr()
{
    throw E();
    co_return 0;
}

QCoro::Task<int> qnow(int value)
{
    co_return value;
}

QCoro::Task<int> qval(Task<int> task)
{
    const InstanceCounter alive;
    const int value = co_await std::move(task);
    co_return value;
}

void open(QGate &gate)
{
    gate.open();
    settle();
}

using Words::open;

template<typename Start>
QCoro::Task<> reads(EventLog &log, Start start)
{
    const InstanceCounter alive;
    QString result;
    try {
        auto awaitable = start();
        using T = AwaitResult<decltype(awaitable)>;
        if constexpr (std::is_void_v<T>) {
            co_await std::move(awaitable);
            result = QStringLiteral("value");
        } else {
            auto outcome = Outcome<T>::success(co_await std::move(awaitable));
            result = text(outcome);
        }
    } catch (...) {
        result = QStringLiteral("throws ") + text(std::current_exception());
    }
    log << result;
}

} // namespace

class TestQCoro : public QObject
{
    Q_OBJECT

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

    void QT_QCOROTASK_N1()
    {
        QGate g;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, qval(g, 5)));
        scope.spawn(caller(log, qpass(g)));
        scope.spawn(caller(log, qnow(6)));
        QCOMPARE(log.take(), QStringList("6"));
        std::unique_ptr<int> moved;
        scope.spawn([&]() -> Task<> { moved = co_await qmove(g); });
        QCoro::Task<int> lvalue = qval(g, 7);
        scope.spawn([&]() -> Task<> {
            const int value = co_await lvalue;
            log << QString::number(value);
        });
        g.open();
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList({"5", "value", "7"}));
        QCOMPARE(*moved, 5);
    }

    void QT_QCOROTASK_N2()
    {
        QGate g;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, qnowErr()));
        QCOMPARE(log.take(), QStringList("throws E"));
        scope.spawn(caller(log, qerr(g)));
        open(g);
        QCOMPARE(log.take(), QStringList("throws E"));
    }

    void QT_QCOROTASK_N3()
    {
        QGate g;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, qval(g, 5)));
        cancel(handle);
        QVERIFY(!handle.isFinished());
        open(g);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
        QVERIFY(handle.isCancelled());
    }

    void requestPendingWhenTheWaitBegins_data()
    {
        QTest::addColumn<bool>("fails");
        QTest::newRow("value: dropped") << false;
        QTest::newRow("error: thrown") << true;
    }

    void requestPendingWhenTheWaitBegins()
    {
        QFETCH(const bool, fails);
        QGate g;
        EventLog log;
        TaskScope scope;
        TaskHandle<> handle;
        Event start;
        handle = scope.spawn([&]() -> Task<> {
            co_await start.wait();
            handle.cancel();
            QString result;
            try {
                if (fails)
                    co_await qerr(g);
                else
                    co_await qval(g, 5);
                result = QStringLiteral("value");
            } catch (const E &) {
                result = QStringLiteral("throws E");
            }
            log << result;
        });
        open(start);
        QVERIFY(!handle.isFinished());
        open(g);
        QVERIFY(handle.isFinished());
        QCOMPARE(handle.isCancelled(), !fails);
        QCOMPARE(log.take(), fails ? QStringList("throws E") : QStringList());
    }

    void QT_QCOROTASK_N4()
    {
        QGate g;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, qerr(g)));
        cancel(handle);
        open(g);
        QCOMPARE(log.take(), QStringList({"throws E", "kept"}));
    }

    void QT_QCOROTASK_N5()
    {
        QGate g;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, qval(g, 5)));
        g.open();
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
    }

    void QT_QCOROTASK_N6()
    {
        QGate g;
        EventLog log;
        TaskScope scope;
        auto value = scope.spawn(caller(log, shield(qval(g, 5))));
        auto error = scope.spawn(caller(log, shield(qerr(g))));
        cancel(value);
        cancel(error);
        QVERIFY(value.isCancelled());
        QVERIFY(error.isCancelled());
        QVERIFY(InstanceCounter::count() > 0);
        open(g);
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(m_unhandled.take(), QStringList("E"));
    }

    void QT_QCOROTASK_N7()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression("tasks were left running"));
        QGate g;
        QTimer::singleShot(20, this, [&] { g.open(); });
        EventLog log;
        run([&]() -> Task<> {
            TaskScope scope;
            auto handle = scope.spawn(caller(log, shield(qval(g, 5))));
            handle.cancel();
            co_await scope.join();
            log << (g.isOpen ? "open" : "shut");
        });
        QCOMPARE(log.take(), QStringList("shut"));
        QVERIFY(g.isOpen);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QT_QCOROTASK_N8()
    {
        Event g;
        Probe probe;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, qval(val(g, 5, &probe))));
        cancel(handle);
        QVERIFY(!handle.isFinished());
        open(g);
        QCOMPARE(probe.requests, 0);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
    }

    void QT_QCOROTASK_N9()
    {
        QGate g;
        EventLog log;
        {
            TaskScope scope;
            scope.spawn(caller(log, qval(g, 5)));
            scope.spawn(caller(log, qerr(g)));
            QCOMPARE(InstanceCounter::count(), 4);
        }
        QCOMPARE(InstanceCounter::count(), 2);
        open(g);
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(m_unhandled.take(), QStringList("E"));
    }

    void QT_QCOROTASK_N9_endedBefore()
    {
        QGate g;
        EventLog log;
        {
            TaskScope scope;
            scope.spawn(caller(log, qerr(g)));
            g.open();
        }
        settle();
        QCOMPARE(m_unhandled.take(), QStringList("E"));
    }

    void QT_QCOROTASK_N10()
    {
        QGate a;
        QGate b;
        TaskScope scope;
        const auto both = scope.spawn(gather(qval(a, 1), qval(b, 2)));
        open(b);
        open(a);
        QCOMPARE(both.outcome().value(), std::tuple(1, 2));

        QGate g;
        const auto timed = scope.spawn(withTimeout(10ms, qval(g, 5)));
        QTest::qWait(30);
        QVERIFY(!timed.isFinished());
        open(g);
        QCOMPARE(text(timed), "5");
    }

    void QT_QCOROTASK_N11()
    {
        int sum = 0;
        run([&]() -> Task<> {
            for (int i = 0; i < 1000000; ++i) {
                const int value = co_await qnow(1);
                sum += value;
            }
        });
        QCOMPARE(sum, 1000000);
    }

    void QT_INQCORO_N1()
    {
        Event g;
        EventLog log;
        QThread *resumedOn = nullptr;
        int fromLvalue = 0;
        const auto lvalue = [&]() -> QCoro::Task<> {
            Task<int> task = val(g, 5);
            fromLvalue = co_await task;
            resumedOn = QThread::currentThread();
        };
        const auto moveOnly = [&]() -> Task<std::unique_ptr<int>> {
            co_await g.wait();
            co_return std::make_unique<int>(7);
        };
        int fromMoveOnly = 0;
        const auto moves = [&]() -> QCoro::Task<> {
            const std::unique_ptr<int> value = co_await moveOnly();
            fromMoveOnly = *value;
        };
        const QCoro::Task<> first = lvalue();
        const QCoro::Task<> second = reads(log, [&] { return val(g, 6); });
        const QCoro::Task<> third = reads(log, [&] { return pass(g); });
        const QCoro::Task<> fourth = reads(log, [&] { return now(8); });
        const QCoro::Task<> fifth = moves();
        QCOMPARE(log.take(), QStringList("8"));
        g.set();
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList({"6", "value"}));
        QCOMPARE(fromLvalue, 5);
        QCOMPARE(fromMoveOnly, 7);
        QCOMPARE(resumedOn, QThread::currentThread());
    }

    void QT_INQCORO_N2()
    {
        Event g;
        EventLog log;
        const QCoro::Task<> first = reads(log, [&] { return nowErr(); });
        QCOMPARE(log.take(), QStringList("throws E"));
        const QCoro::Task<> second = reads(log, [&] { return err(g); });
        open(g);
        QCOMPARE(log.take(), QStringList("throws E"));
    }

    void QT_INQCORO_N3()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(val(g, 5));
        auto direct = scope.spawn(val(g, 5));
        const QCoro::Task<> first = reads(log, [&] { return toTask(handle); });
        const QCoro::Task<> second = reads(log, [&] { return direct; });
        cancel(handle);
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
        open(g);
        QCOMPARE(log.take(), QStringList("5"));
        QCOMPARE(text(direct), "5");
    }

    void QT_INQCORO_N4()
    {
        S s;
        Event g;
        EventLog log;
        const auto work = [&]() -> Task<int> {
            co_await sleepFor(1ms);
            const auto first = co_await race(pass(g), nextSignal(&s, &S::one));
            log << QString::number(first.index());
            log << (currentTask().id ? "in a task" : "in none");
            co_return co_await nextSignal(&s, &S::one);
        };
        const QCoro::Task<> reading = reads(log, work);
        QTRY_VERIFY(s.isConnected());
        Q_EMIT s.one(1);
        settle();
        Q_EMIT s.one(2);
        settle();
        QCOMPARE(log.take(), QStringList({"1", "in a task", "2"}));
    }

    void QT_INQCORO_N5()
    {
        Event g;
        EventLog log;
        {
            const QCoro::Task<> task = reads(log, [&] { return val(g, 5); });
        }
        open(g);
        QCOMPARE(log.take(), QStringList("5"));
    }

    void QT_INQCORO_N6()
    {
        Event g;
        S s;
        EventLog log;
        TaskScope scope;
        connect(&s, &S::none, this, [&] {
            QCoro::waitFor(reads(log, [&] { return val(g, 5); }));
            log << "waited";
        });
        scope.spawn([&]() -> Task<> {
            co_await yieldNow();
            Q_EMIT s.none();
        });
        scope.spawn([&]() -> Task<> {
            co_await sleepFor(5ms);
            g.set();
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"5", "waited"}));
    }

    void QT_INQCORO_N7()
    {
        S s;
        Event g;
        EventLog log;
        const QCoro::Task<> first = reads(log, [&] { return toTask(nextSignal(&s, &S::one)); });
        const QCoro::Task<> second = reads(log, [&] { return nextSignal(&s, &S::one); });
        const QCoro::Task<> third = reads(log, [&] { return g.wait(); });
        Q_EMIT s.one(5);
        open(g);
        QCOMPARE(log.take(), QStringList({"5", "5", "value"}));
        QVERIFY(!s.isConnected());

        Lock lock;
        std::optional<Lock::Guard> guard;
        const auto locks = [&]() -> QCoro::Task<> { guard = co_await toTask(lock.lock()); };
        const QCoro::Task<> locking = locks();
        QVERIFY(guard);
        const QCoro::Task<> blocked = reads(log, [&] { return toTask(lock.lock()); });
        settle();
        QCOMPARE(log.take(), QStringList());
        guard.reset();
        settle();
        QCOMPARE(log.take(), QStringList("value"));
    }

    void QT_INQCORO_N8()
    {
        EventLog log;
        const auto twice = [&]() -> QCoro::Task<> {
            Task<int> task = now(5);
            const int first = co_await task;
            log << QString::number(first);
            try {
                co_await task;
            } catch (const std::logic_error &) {
                log << "logic_error";
            }
        };
        const QCoro::Task<> first = twice();
        const QCoro::Task<> second = reads(log, [] { return Task<int>(); });
        QCOMPARE(log.take(), QStringList({"5", "logic_error", "throws logic_error"}));
    }

    void combinatorInQCoro()
    {
        Event g;
        EventLog log;
        const auto both = [&]() -> QCoro::Task<> {
            const auto values = co_await gather(val(g, 5), now(6));
            log << QString::number(std::get<0>(values)) << QString::number(std::get<1>(values));
            const Outcome<int> outcome = co_await attempt(nowErr());
            log << text(outcome);
        };
        const QCoro::Task<> task = both();
        open(g);
        QCOMPARE(log.take(), QStringList({"5", "6", "throws E"}));
    }

private:
    EventLog m_unhandled;
};

QTEST_GUILESS_MAIN(TestQCoro)
#include "tst_qcoro.moc"
