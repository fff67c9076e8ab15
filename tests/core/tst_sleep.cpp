// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// ctest: RUN_SERIAL ON

#include "allocations.h"
#include "words.h"

#include <algorithm>
#include <random>
#include <thread>

using namespace Words;

namespace {

/// Whether times on the wall are worth judging: a plain build, which has no need to be slow.
bool canJudgeTime()
{
#if defined(CODRIVE_TEST_SANITIZED) || !defined(__OPTIMIZE__)
    return false;
#else
    return true;
#endif
}

Task<> logsAfter(EventLog &log, std::chrono::milliseconds duration, QString name)
{
    const InstanceCounter alive;
    co_await sleepFor(duration);
    log << name;
}

} // namespace

class TestSleep : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void AD_FOREVER_01()
    {
        VirtualClock clock;
        TaskScope scope;
        auto handle = scope.spawn(never());
        settle();
        clock.advance(24h);
        QVERIFY(!handle.isFinished());
    }

    void AD_FOREVER_02()
    {
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const Outcome<> outcome = co_await attempt(waitForever());
            log << text(outcome);
            co_await waitForever();
            log << "passed";
        };
        auto handle = scope.spawn(body);
        cancel(handle);
        QCOMPARE(log.take(), QStringList("cancelled"));
        QVERIFY(!handle.isFinished());
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QCOMPARE(log.take(), QStringList());
    }

    void AD_FOREVER_03()
    {
        QTimer::singleShot(2, [] { QCoreApplication::exit(); });
        QVERIFY_THROWS_EXCEPTION(Cancelled, run(never()));
    }

    void CORE_SLEEP_N3()
    {
        if (!canJudgeTime())
            QSKIP("times on the wall are judged in plain, optimised builds");
        // The machine may be busy with something else: one undisturbed turn out of some is asked for.
        std::chrono::nanoseconds latest{};
        for (int attempt = 0; attempt < 10; ++attempt) {
            latest = 0ns;
            bool isEarly = false;
            const auto sleeps = [&](std::chrono::milliseconds duration) -> Task<> {
                const auto end = std::chrono::steady_clock::now() + duration;
                co_await sleepFor(duration);
                const auto late = std::chrono::steady_clock::now() - end;
                isEarly = isEarly || late < 0ns;
                latest = std::max<std::chrono::nanoseconds>(latest, late);
            };
            TaskScope scope;
            for (int i = 0; i < 100; ++i)
                scope.spawn(sleeps(std::chrono::milliseconds(1 + i % 20)));
            waitForEnd(scope);
            QVERIFY(!isEarly);
            if (latest <= 2ms)
                break;
        }
        QVERIFY2(latest <= 2ms, qPrintable(QString::number(latest.count())));
    }

    void CORE_SLEEP_N5()
    {
        VirtualClock clock;
        TaskScope scope;
        std::vector<TaskHandle<>> handles;
        handles.push_back(scope.spawn(toTask(sleepFor(std::chrono::nanoseconds::max()))));
        handles.push_back(scope.spawn(toTask(sleepFor(std::chrono::hours::max()))));
        handles.push_back(scope.spawn(toTask(sleepFor(std::chrono::duration<double>(1e300)))));
        handles.push_back(scope.spawn(toTask(sleepUntil(std::chrono::steady_clock::time_point::max()))));
        settle();
        clock.advance(24h * 365);
        for (auto &handle : handles) {
            QVERIFY(!handle.isFinished());
            cancel(handle);
            QVERIFY(handle.isCancelled());
        }
        run(sleepFor(std::chrono::hours::min()));
        run(sleepFor(std::chrono::duration<double>(-1e300)));
        run(sleepUntil(std::chrono::steady_clock::time_point::min()));
        run(sleepUntil(std::chrono::steady_clock::time_point()));
    }

    void CORE_SLEEP_N5_inRealTime()
    {
        TaskScope scope;
        auto handle = scope.spawn(toTask(sleepFor(std::chrono::hours::max())));
        run(sleepFor(1ms));
        QVERIFY(!handle.isFinished());
        cancel(handle);
        QVERIFY(handle.isCancelled());
    }

    void CORE_SLEEP_N6()
    {
        EventLog log;
        TaskScope scope;
        auto doomed = std::make_unique<TaskScope>();
        auto &loop = CoDrive::detail::Loop::current();
        std::vector<TaskHandle<>> handles;
        for (int i = 0; i < 999; ++i) {
            auto &of = i % 2 == 0 ? scope : *doomed;
            handles.push_back(of.spawn(logsAfter(log, std::chrono::milliseconds(1 + i % 7), "never")));
        }
        auto last = scope.spawn(logsAfter(log, 5ms, "last"));
        QVERIFY(loop.isTimerArmed());
        for (auto &handle : handles)
            handle.cancel();
        doomed.reset();
        settle();
        QVERIFY(loop.timers().first());
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("last"));
        QVERIFY(loop.timers().isEmpty());
        QVERIFY(!loop.isTimerArmed());
    }

    void CORE_SLEEP_N6_destroyedOutsideTheLoop()
    {
        EventLog log;
        auto scope = std::make_unique<TaskScope>();
        scope->spawn(logsAfter(log, 1h, "never"));
        auto &loop = CoDrive::detail::Loop::current();
        QVERIFY(loop.isTimerArmed());
        scope.reset();
        QVERIFY(!loop.isTimerArmed());
    }

    void CORE_SLEEP_N7()
    {
        EventLog log;
        TaskScope scope;
        auto longer = scope.spawn(logsAfter(log, 1h, "long"));
        run(logsAfter(log, 2ms, "short"));
        QCOMPARE(log.take(), QStringList("short"));
        QVERIFY(!longer.isFinished());
    }

    void CORE_SLEEP_N8()
    {
        QStringList wrong;
        const auto sleeps = [&](std::thread::id id) -> Task<bool> {
            bool isRight = true;
            for (int i = 0; i < 5; ++i) {
                co_await sleepFor(1ms);
                isRight = isRight && std::this_thread::get_id() == id;
            }
            co_return isRight;
        };
        bool there = false;
        std::thread thread([&] { there = run(sleeps(std::this_thread::get_id())); });
        const bool here = run(sleeps(std::this_thread::get_id()));
        thread.join();
        QVERIFY(here);
        QVERIFY(there);
    }

    void CORE_SLEEP_N9()
    {
        // Both count on the steady clock, which the system's time does not move.
        static_assert(std::is_same_v<CoDrive::detail::TimePoint, std::chrono::steady_clock::time_point>);
        const auto start = std::chrono::steady_clock::now();
        run(sleepUntil(start + 2ms));
        QVERIFY(std::chrono::steady_clock::now() >= start + 2ms);
    }

    void CORE_SLEEP_N10()
    {
        if (!canJudgeTime())
            QSKIP("times on the wall are judged in plain, optimised builds");
        const auto sleeps = [](std::chrono::microseconds duration) -> Task<> { co_await sleepFor(duration); };
        std::mt19937 random(1);
        std::uniform_int_distribution<int> microseconds(100'000, 1'000'000);
        std::chrono::nanoseconds taken{};
        for (int attempt = 0; attempt < 5; ++attempt) {
            TaskScope scope;
            const auto start = std::chrono::steady_clock::now();
            for (int i = 0; i < 100'000; ++i)
                scope.spawn(sleeps(std::chrono::microseconds(microseconds(random))));
            waitForEnd(scope);
            taken = std::chrono::steady_clock::now() - start;
            if (taken <= 1150ms)
                break;
        }
        QVERIFY2(taken <= 1150ms, qPrintable(QString::number(taken.count() / 1'000'000)));
    }

    void deadlinesFireInOrder()
    {
        VirtualClock clock;
        EventLog log;
        TaskScope scope;
        std::mt19937 random(7);
        std::vector<std::pair<int, int>> expected;
        std::vector<TaskHandle<>> handles;
        for (int i = 0; i < 2'000; ++i) {
            const int milliseconds = 1 + static_cast<int>(random() % 100);
            handles.push_back(scope.spawn(logsAfter(log, std::chrono::milliseconds(milliseconds), QString::number(i))));
            expected.emplace_back(milliseconds, i);
        }
        // Leave the heap from everywhere.
        for (std::size_t i = 0; i < expected.size(); i += 3)
            handles[i].cancel();
        settle();
        std::erase_if(expected, [](const auto &entry) { return entry.second % 3 == 0; });
        std::sort(expected.begin(), expected.end()); // equal ones in the order of arming
        QStringList names;
        for (const auto &entry : expected)
            names << QString::number(entry.second);
        waitForEnd(scope);
        QCOMPARE(log.take(), names);
    }

    void zeroGivesOthersATurn()
    {
        VirtualClock clock;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsAfter(log, 0ms, "A"));
        scope.spawn(logsAfter(log, -5ms, "B"));
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList({"A", "B"}));
        QCOMPARE(clock.now(), 0ns);
    }
};

QTEST_GUILESS_MAIN(TestSleep)
#include "tst_sleep.moc"
