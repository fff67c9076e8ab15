// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <thread>

using namespace Words;

namespace {

Task<> logsAt(EventLog &log, const VirtualClock &clock, std::chrono::milliseconds duration, QString name)
{
    co_await sleepFor(duration);
    log << QStringLiteral("%1 %2").arg(name).arg(clock.now() / 1ms);
}

} // namespace

class TestVirtualClock : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void aDayIsOverAtOnce()
    {
        QElapsedTimer wall;
        wall.start();
        const VirtualClock clock;
        QCOMPARE(clock.now(), 0ns);
        run(sleepFor(24h));
        QCOMPARE(clock.now(), 24h);
        QVERIFY(wall.elapsed() < 10'000);
    }

    void deadlinesFireInOrderOfArming()
    {
        const VirtualClock clock;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsAt(log, clock, 20ms, "A"));
        scope.spawn(logsAt(log, clock, 10ms, "B"));
        scope.spawn(logsAt(log, clock, 20ms, "C"));
        scope.spawn(logsAt(log, clock, 10ms, "D"));
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"B 10", "D 10", "A 20", "C 20"}));
    }

    void settlingStandsStill()
    {
        const VirtualClock clock;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsAt(log, clock, 10ms, "A"));
        settle();
        settle();
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(clock.now(), 0ns);
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("A 10"));
    }

    void advancing()
    {
        VirtualClock clock;
        EventLog log;
        TaskScope scope;
        const auto twice = [&]() -> Task<> {
            co_await logsAt(log, clock, 10ms, "first");
            co_await logsAt(log, clock, 10ms, "second");
            co_await logsAt(log, clock, 10ms, "third");
        };
        scope.spawn(twice());
        clock.advance(25ms);
        QCOMPARE(log.take(), QStringList({"first 10", "second 20"}));
        QCOMPARE(clock.now(), 25ms);
        clock.advance(0ms);
        QCOMPARE(log.take(), QStringList());
        clock.advance(5ms);
        QCOMPARE(log.take(), QStringList("third 30"));
        QCOMPARE(scope.count(), 0);
    }

    void timeStandsStillWhileSomethingIsReady()
    {
        const VirtualClock clock;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsAt(log, clock, 10ms, "sleeper"));
        const auto busy = [&]() -> Task<> {
            for (int i = 0; i < 100; ++i)
                co_await yieldNow();
            log << QStringLiteral("busy %1").arg(clock.now() / 1ms);
        };
        scope.spawn(busy());
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"busy 0", "sleeper 10"}));
    }

    void timeStandsStillWhileOthersWork()
    {
        VirtualClock clock;
        auto &loop = CoDrive::detail::Loop::current();
        EventLog log;
        TaskScope scope;
        scope.spawn(logsAt(log, clock, 10ms, "sleeper"));
        loop.beginBusyElsewhere();
        QTimer::singleShot(5, [&] {
            log << QStringLiteral("elsewhere %1").arg(clock.now() / 1ms);
            loop.endBusyElsewhere();
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"elsewhere 0", "sleeper 10"}));
    }

    void timersOfQtKeepRealTime()
    {
        const VirtualClock clock;
        bool hasFired = false;
        QTimer::singleShot(1, [&] { hasFired = true; });
        run(sleepFor(24h));
        QCOMPARE(clock.now(), 24h);
        QTRY_VERIFY(hasFired);
    }

    void otherThreadsKeepRealTime()
    {
        const VirtualClock clock;
        std::chrono::nanoseconds taken{};
        std::thread thread([&] {
            const auto start = std::chrono::steady_clock::now();
            run(sleepFor(5ms));
            taken = std::chrono::steady_clock::now() - start;
        });
        thread.join();
        QVERIFY(taken >= 5ms);
        QCOMPARE(clock.now(), 0ns);
    }

    void realTimeIsBackAfterwards()
    {
        EventLog log;
        TaskScope scope;
        {
            VirtualClock clock;
            scope.spawn(logsAt(log, clock, 1h, "never"));
            clock.advance(1min);
            QVERIFY(!CoDrive::detail::Loop::current().isTimerArmed());
            scope.cancel();
            settle();
        }
        const auto start = std::chrono::steady_clock::now();
        run(sleepFor(3ms));
        QVERIFY(std::chrono::steady_clock::now() - start >= 3ms);
        QCOMPARE(log.take(), QStringList());
    }

    void insideANestedLoop()
    {
        const VirtualClock clock;
        EventLog log;
        TaskScope scope;
        const auto modal = [&]() -> Task<> {
            co_await sleepFor(1h);
            run(logsAt(log, clock, 60min, "inner"));
            log << QStringLiteral("outer %1").arg(clock.now() / 1h);
        };
        scope.spawn(modal());
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"inner 7200000", "outer 2"}));
    }

    void manySleepersInOrder()
    {
        const VirtualClock clock;
        int last = 0;
        bool isInOrder = true;
        const auto sleeps = [&](int number) -> Task<> {
            co_await sleepFor(std::chrono::seconds(number));
            isInOrder = isInOrder && number == last + 1 && clock.now() == std::chrono::seconds(number);
            last = number;
        };
        TaskScope scope;
        for (int i = 1'000; i > 0; --i)
            scope.spawn(sleeps(i));
        waitForEnd(scope);
        QCOMPARE(last, 1'000);
        QVERIFY(isInOrder);
    }
};

QTEST_GUILESS_MAIN(TestVirtualClock)
#include "tst_virtualclock.moc"
