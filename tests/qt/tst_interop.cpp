// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/interop.h>

#include "sender.h"
#include "words.h"

#include <qcorotask.h>

#include <QFuture>
#include <QTimer>

#include <atomic>
#include <memory>

using namespace Words;
using namespace std::chrono_literals;

namespace {

/// The unhandled errors while it lives.
class Unhandled
{
public:
    Unhandled()
    {
        setUnhandledErrorHandler(
            [this](std::exception_ptr error, const TaskInfo &) { m_log << text(error); });
    }
    Unhandled(const Unhandled &) = delete;
    Unhandled &operator=(const Unhandled &) = delete;
    ~Unhandled() { setUnhandledErrorHandler({}); }

    QStringList take() { return m_log.take(); }

private:
    EventLog m_log;
};

template<typename T>
QString end(QFuture<T> future)
{
    if (!future.isFinished())
        return QStringLiteral("pending");
    try {
        future.waitForFinished();
        if (future.isCanceled() && future.resultCount() == 0)
            return QStringLiteral("cancelled");
        if constexpr (std::is_void_v<T>)
            return QStringLiteral("value");
        else
            return text(Outcome<T>::success(future.result()));
    } catch (...) {
        return QStringLiteral("throws ") + text(std::current_exception());
    }
}

Task<std::unique_ptr<int>> moveOnly(Event &gate)
{
    co_await gate.wait();
    co_return std::make_unique<int>(5);
}

Task<int> throwsCancelled(TaskHandle<int> handle)
{
    const InstanceCounter alive;
    const int value = co_await handle;
    co_return value;
}

template<typename A>
QCoro::Task<> reader(EventLog &log, A awaitable)
{
    QString result;
    try {
        const int value = co_await std::move(awaitable);
        result = QString::number(value);
    } catch (...) {
        result = QStringLiteral("throws ") + text(std::current_exception());
    }
    log << result;
}

Task<> opens(Event &gate)
{
    co_await yieldNow();
    gate.set();
}

} // namespace

class TestInterop : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void QT_TOFUTURE_N1()
    {
        Event gate;
        Probe probe;
        QFuture<int> future = toFuture(val(gate, 5, &probe));
        QVERIFY(probe.entered);
        QVERIFY(future.isRunning());
        QFuture<void> voidFuture = toFuture(pass(gate));
        QFuture<std::unique_ptr<int>> moving = toFuture(moveOnly(gate));
        QCOMPARE(end(future), "pending");
        open(gate);
        QCOMPARE(end(future), "5");
        QCOMPARE(end(voidFuture), "value");
        QVERIFY(moving.isFinished());
        QCOMPARE(*moving.takeResult(), 5);
        QCOMPARE(end(toFuture(now(5))), "5");
        QCOMPARE(end(toFuture(gate.wait())), "value");
    }

    void QT_TOFUTURE_N2()
    {
        Event gate;
        QFuture<int> future = toFuture(err(gate));
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, future));
        open(gate);
        QCOMPARE(end(future), "throws E");
        QCOMPARE(log.take(), QStringList("throws E"));
        QCOMPARE(end(toFuture(nowErr())), "throws E");
    }

    void QT_TOFUTURE_N3_data()
    {
        QTest::addColumn<bool>("elsewhere");
        QTest::newRow("cancelled on the own thread") << false;
        QTest::newRow("cancelled on another thread") << true;
    }

    void QT_TOFUTURE_N3()
    {
        QFETCH(const bool, elsewhere);
        Event g;
        Event h;
        Probe probe;
        QFuture<int> future = toFuture(slow(g, h, &probe));
        Worker t;
        if (elsewhere)
            t.run([future]() mutable { future.cancel(); });
        else
            future.cancel();
        QCOMPARE(probe.requests, 0);
        QVERIFY(future.isCanceled());
        settle();
        QCOMPARE(probe.requests, 1);
        QVERIFY(!future.isFinished());
        QVERIFY(InstanceCounter::count() > 0);
        open(h);
        QCOMPARE(probe.requests, 1);
        QCOMPARE(end(future), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QT_TOFUTURE_N5()
    {
        Event g;
        Event h;
        QFuture<int> future = toFuture(absorb(g, h, 1));
        future.cancel();
        settle();
        QCOMPARE(end(future), "pending");
        open(h);
        QCOMPARE(end(future), "cancelled");
        QCOMPARE(future.resultCount(), 0);
    }

    void QT_TOFUTURE_N6()
    {
        Unhandled unhandled;
        Event g;
        QFuture<int> future = toFuture(dirty(g));
        future.cancel();
        settle();
        QCOMPARE(end(future), "cancelled");
        QCOMPARE(unhandled.take(), QStringList("E"));
    }

    void QT_TOFUTURE_N7()
    {
        Event g;
        TaskScope scope;
        auto handle = scope.spawn(val(g, 5));
        QFuture<int> future = toFuture(throwsCancelled(handle));
        cancel(handle);
        QCOMPARE(end(future), "throws Cancelled");
    }

    void taskThatUnwindsItself()
    {
        QFuture<void> future = toFuture(unwind());
        QCOMPARE(end(future), "cancelled");
    }

    void QT_TOFUTURE_N8()
    {
        Event g;
        Probe probe;
        (void)toFuture(val(g, 5, &probe));
        settle();
        QVERIFY(InstanceCounter::count() > 0);
        open(g);
        QVERIFY(probe.passed);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QT_TOFUTURE_N9()
    {
        Event g;
        int result = 0;
        const QFuture<void> then = toFuture(val(g, 5)).then(this, [&](int value) { result = value; });
        open(g);
        QCOMPARE(result, 5);
    }

    void continuationInTheSameCall()
    {
        Event g;
        Event h;
        EventLog log;
        TaskScope scope;
        const QFuture<void> then = toFuture(val(g, 5)).then([&](int value) {
            log << QString::number(value);
            scope.spawn(caller(log, val(h, 6)));
            h.set();
        });
        open(g);
        QCOMPARE(log.take(), QStringList({"5", "6"}));
    }

    void QT_TOFUTURE_N10()
    {
        Event g;
        QFuture<int> future = toFuture(val(g, 5));
        open(g);
        future.cancel();
        settle();
        QCOMPARE(future.result(), 5);
    }

    void endAndCancellationTogether()
    {
        Event g;
        QFuture<int> future = toFuture(val(g, 5));
        g.set();
        future.cancel();
        settle();
        QCOMPARE(end(future), "cancelled");
    }

    void QT_TOFUTURE_N11()
    {
        std::unique_ptr<Event> gate;
        QFuture<int> future;
        {
            Worker t;
            t.run([&] {
                gate = std::make_unique<Event>();
                future = toFuture(val(*gate, 5));
            });
            QVERIFY(!future.isFinished());
        }
        QCOMPARE(end(future), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void futureOfAFuture()
    {
        QPromise<int> promise;
        promise.start();
        QFuture<int> future = toFuture(promise.future());
        future.cancel();
        settle();
        QVERIFY(promise.isCanceled());
        QCOMPARE(end(future), "cancelled");
    }

    void invalidTask()
    {
        Task<int> none;
        bool hasThrown = false;
        try {
            (void)toFuture(std::move(none));
        } catch (const std::logic_error &) {
            hasThrown = true;
        }
        QVERIFY(hasThrown);
    }

    void QT_TOQCORO_N1()
    {
        Event g;
        Probe probe;
        EventLog log;
        QCoro::Task<int> task = toQCoro(val(g, 5, &probe));
        QVERIFY(probe.entered);
        QCoro::Task<> first = reader(log, std::move(task));
        QCoro::Task<> second = reader(log, toQCoro(err(g)));
        QCoro::Task<> third = reader(log, toQCoro(now(7)));
        QCOMPARE(log.take(), QStringList("7"));
        open(g);
        QCOMPARE(log.take(), QStringList({"5", "throws E"}));
    }

    void QT_TOQCORO_N2()
    {
        Event g;
        Probe probe;
        {
            const QCoro::Task<int> task = toQCoro(val(g, 5, &probe));
        }
        open(g);
        QVERIFY(probe.passed);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QT_TOQCORO_N3()
    {
        Event g;
        QTimer::singleShot(1, this, [&] { g.set(); });
        QCOMPARE(QCoro::waitFor(toQCoro(val(g, 5))), 5);
    }

    void QT_TOQCORO_N4()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(val(g, 5));
        const QCoro::Task<> task = reader(log, toQCoro(handle));
        cancel(handle);
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
    }

    void QT_TOQCORO_N5()
    {
        Event g;
        QObject object;
        auto gone = std::make_unique<QObject>();
        EventLog log;
        QCoro::connect(toQCoro(val(g, 5)), &object, [&](int value) { log << QString::number(value); });
        QCoro::connect(toQCoro(val(g, 6)), gone.get(),
                       [&](int value) { log << QString::number(value); });
        gone.reset();
        open(g);
        QCOMPARE(log.take(), QStringList("5"));
    }

    void noLeftovers()
    {
        Event g;
        QFuture<void> opened;
        QFuture<int> future;
        run([&]() -> Task<> {
            future = toFuture(val(g, 5));
            co_return;
        });
        QCOMPARE(end(future), "pending");
        opened = toFuture(opens(g));
        settle();
        QCOMPARE(end(future), "5");
        QCOMPARE(end(opened), "value");
    }
};

QTEST_GUILESS_MAIN(TestInterop)
#include "tst_interop.moc"
