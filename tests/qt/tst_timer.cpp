// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/timer.h>

#include "sender.h"
#include "words.h"

#include <QElapsedTimer>
#include <QTimer>

#include <memory>

using namespace Words;
using namespace std::chrono_literals;

namespace {

Task<> tick(EventLog &log, QTimer &timer, QString name)
{
    const InstanceCounter alive;
    co_await timer;
    log << name;
}

class Timer : public QTimer
{
public:
    bool isConnected() const { return isSignalConnected(QMetaMethod::fromSignal(&QTimer::timeout)); }
};

} // namespace

class TestTimer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void QT_TIMER_N1()
    {
        Timer timer;
        timer.setSingleShot(true);
        timer.start(1);
        EventLog log;
        TaskScope scope;
        scope.spawn(tick(log, timer, "reference"));
        scope.spawn([&]() -> Task<> {
            co_await &timer;
            log << "pointer";
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"reference", "pointer"}));
        QVERIFY(!timer.isActive());
        QVERIFY(!timer.isConnected());
    }

    void QT_TIMER_N1_slotWithAnEventLoop()
    {
        // It runs before the waiter's turn, and the timer is not active any more.
        QTimer timer;
        timer.setSingleShot(true);
        connect(&timer, &QTimer::timeout, this, [] { settle(); });
        timer.start(1);
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, &timer));
        QTRY_COMPARE(log.events(), QStringList("value"));
    }

    void QT_TIMER_N2()
    {
        QTimer timer;
        timer.start(2);
        int ticks = 0;
        connect(&timer, &QTimer::timeout, this, [&] { ++ticks; });
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            for (int i = 0; i < 3; ++i) {
                co_await timer;
                log << QString::number(ticks);
            }
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"1", "2", "3"}));
        QVERIFY(timer.isActive());
    }

    void QT_TIMER_N3()
    {
        QTimer timer;
        timer.start(1);
        int ticks = 0;
        connect(&timer, &QTimer::timeout, this, [&] {
            ++ticks;
            timer.stop();
        });
        EventLog log;
        TaskScope scope;
        scope.spawn(tick(log, timer, "a"));
        scope.spawn(tick(log, timer, "b"));
        waitForEnd(scope);
        QCOMPARE(ticks, 1);
        QCOMPARE(log.take(), QStringList({"a", "b"}));
    }

    void QT_TIMER_N5()
    {
        QTimer timer;
        timer.setObjectName("poll");
        timer.start(1h);
        QString what;
        TaskScope scope;
        const auto handle = scope.spawn([&]() -> Task<> {
            try {
                co_await timer;
            } catch (const TimerStopped &e) {
                what = e.what();
            }
        });
        timer.stop();
        QVERIFY(!handle.isFinished());
        settle();
        QVERIFY(handle.isFinished());
        QVERIFY2(what.contains("poll"), qPrintable(what));
    }

    void QT_TIMER_N6_data()
    {
        QTest::addColumn<int>("how");
        QTest::newRow("start") << 0;
        QTest::newRow("stop and start") << 1;
        QTest::newRow("setInterval") << 2;
    }

    void QT_TIMER_N6()
    {
        QFETCH(const int, how);
        QTimer timer;
        timer.start(1h);
        EventLog log;
        TaskScope scope;
        scope.spawn(tick(log, timer, "tick"));
        if (how == 0)
            timer.start(30);
        if (how == 1) {
            timer.stop();
            timer.start(30);
        }
        if (how == 2)
            timer.setInterval(30);
        settle();
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(scope.count(), 1);
        QElapsedTimer elapsed;
        elapsed.start();
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("tick"));
        QVERIFY(elapsed.elapsed() < 10000);
    }

    void QT_TIMER_N7()
    {
        QTimer timer;
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            try {
                co_await timer;
            } catch (const TimerStopped &) {
                log << "TimerStopped";
            }
        });
        QCOMPARE(log.take(), QStringList("TimerStopped"));
    }

    void QT_TIMER_N9()
    {
        Timer timer;
        timer.start(1h);
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(tick(log, timer, "tick"));
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QVERIFY(timer.isActive());
        QVERIFY(!timer.isConnected());

        auto stopped = scope.spawn(tick(log, timer, "tick"));
        stopped.cancel();
        timer.stop();
        settle();
        QVERIFY(stopped.isCancelled());
        QCOMPARE(log.take(), QStringList());
    }

    void QT_TIMER_N10_data()
    {
        QTest::addColumn<bool>("before");
        QTest::newRow("slot connected before the await") << true;
        QTest::newRow("slot connected after the await") << false;
    }

    void QT_TIMER_N10()
    {
        QFETCH(const bool, before);
        QTimer timer;
        timer.setSingleShot(true);
        timer.start(1);
        EventLog log;
        TaskScope scope;
        TaskHandle<> handle;
        const auto cancelIt = [&] { handle.cancel(); };
        if (before)
            connect(&timer, &QTimer::timeout, this, cancelIt);
        handle = scope.spawn(caller(log, &timer));
        if (!before)
            connect(&timer, &QTimer::timeout, this, cancelIt);
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"value", "kept"}));
        QVERIFY(handle.isCancelled());
    }

    void QT_TIMER_N11_data() { QT_TIMER_N10_data(); }

    void QT_TIMER_N11()
    {
        QFETCH(const bool, before);
        EventLog log;
        {
            QTimer timer;
            timer.start(1);
            auto scope = std::make_unique<TaskScope>();
            const auto destroy = [&] { scope.reset(); };
            if (before)
                connect(&timer, &QTimer::timeout, this, destroy);
            scope->spawn(tick(log, timer, "tick"));
            if (!before)
                connect(&timer, &QTimer::timeout, this, destroy);
            QTRY_VERIFY(!scope);
            settle();
            QCOMPARE(log.take(), QStringList());
        }
        auto *const timer = new QTimer;
        timer->start(1);
        TaskScope scope;
        if (before)
            connect(timer, &QTimer::timeout, timer, &QObject::deleteLater);
        scope.spawn(tick(log, *timer, "tick"));
        if (!before)
            connect(timer, &QTimer::timeout, timer, &QObject::deleteLater);
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("tick"));
        settle();
    }

    void QT_TIMER_N12()
    {
        Worker t;
        QTimer timer;
        timer.moveToThread(t.thread());
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, &timer));
        QCOMPARE(log.take(), QStringList("throws logic_error"));
        t.end();
    }

    void nullTimer()
    {
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, static_cast<QTimer *>(nullptr)));
        QCOMPARE(log.take(), QStringList("throws logic_error"));
    }

    void destroyedWhileAwaited()
    {
        auto timer = std::make_unique<QTimer>();
        timer->start(1h);
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            try {
                co_await timer.get();
            } catch (const SenderDestroyed &e) {
                log << e.what();
            }
        });
        timer.reset();
        settle();
        QCOMPARE(log.take(), QStringList("QTimer was destroyed while it was awaited"));
    }

    void disconnectedWhileAwaited()
    {
        // As in timer.disconnect(), which is meant for the slots of the one who calls it.
        auto timer = std::make_unique<QTimer>();
        auto ticking = std::make_unique<QTimer>();
        timer->start(1h);
        ticking->start(1);
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, timer.get()));
        auto left = scope.spawn(caller(log, timer.get()));
        scope.spawn(tick(log, *ticking, "tick"));
        timer->disconnect();
        ticking->disconnect();
        QTRY_COMPARE(log.events(), QStringList("tick"));
        left.cancel();
        timer.reset();
        ticking.reset();
        settle();
        QVERIFY(left.isCancelled());
        QCOMPARE(log.take(), QStringList({"tick", "throws ObjectDestroyed"}));
    }

    void firedByHand()
    {
        QTimer timer;
        timer.start(1h);
        EventLog log;
        TaskScope scope;
        scope.spawn(tick(log, timer, "tick"));
        QMetaObject::invokeMethod(&timer, "timeout");
        settle();
        QCOMPARE(log.take(), QStringList("tick"));
    }

    void derivedTimer()
    {
        Timer timer;
        timer.start(1);
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            co_await timer;
            co_await &timer;
            log << "ticks";
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("ticks"));
    }
};

QTEST_GUILESS_MAIN(TestTimer)
#include "tst_timer.moc"
