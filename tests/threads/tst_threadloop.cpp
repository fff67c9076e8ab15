// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "remote.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/taskgroup.h>

#include <QPointer>

#include <functional>
#include <random>

using namespace Words;

class TestThreadLoop : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        W.emplace("W");
        scope.emplace();
    }
    void cleanup()
    {
        scope.reset();
        W.reset();
        for (ThreadsafeEvent *const gate : {&a, &b, &h})
            gate->clear();
        log.take();
        QCOMPARE(leftBehind(), QString());
    }

    void AD_TM_01()
    {
        QThread *thread = nullptr;
        QThread *after = nullptr;
        const auto body = [&]() -> Task<> {
            thread = co_await W->run([]() -> Task<QThread *> { co_return QThread::currentThread(); });
            after = QThread::currentThread();
        };
        run(body());
        QCOMPARE(thread, W->thread());
        QCOMPARE(thread->objectName(), "W");
        QVERIFY(thread != QThread::currentThread());
        QCOMPARE(after, QThread::currentThread());
    }

    void AD_TM_02()
    {
        const auto first = [&]() -> Task<> {
            a.set();
            co_await b.wait();
        };
        const auto second = [&]() -> Task<> {
            co_await a.wait();
            b.set();
        };
        ThreadTask<> one = W->spawn(first);
        ThreadTask<> two = W->spawn(second);
        QCOMPARE(run(textOf(std::move(one))), "value");
        QCOMPARE(run(textOf(std::move(two))), "value");
    }

    void AD_TM_03()
    {
        RemoteProbe probe;
        scope->spawn(caller(log, W->run(failing(a))));
        const auto other = scope->spawn(W->run(remote(b, probe, 2)));
        a.set();
        until([&] { return !log.events().isEmpty(); });
        QCOMPARE(log.take(), QStringList("throws broken"));
        QVERIFY(!other.isFinished());
        b.set();
        until([&] { return other.isFinished(); });
        QCOMPARE(text(other), "2");
        QCOMPARE(run(W->run([] { return now(3); })), 3);
    }

    void AD_TM_04()
    {
        RemoteProbe probe;
        auto H = scope->spawn(W->run(slow(a, h, probe)));
        until([&] { return probe.entered.load(); });
        H.cancel();
        until([&] { return probe.requests == 1; });
        barrier();
        QVERIFY(!H.isFinished());
        H.cancel();
        until([&] { return H.isFinished(); });
        QCOMPARE(probe.requests.load(), 2);
        QVERIFY(H.isCancelled());
    }

    void AD_TM_05()
    {
        RemoteProbe probe;
        auto H = scope->spawn(caller(log, W->run(absorb(a, h, 1, probe))));
        until([&] { return probe.entered.load(); });
        H.cancel();
        until([&] { return probe.requests == 1; });
        h.set();
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList({"1", "kept"}));
    }

    void AD_TM_06()
    {
        RemoteProbe probe;
        auto H = scope->spawn(caller(log, W->run(dirty(a, probe))));
        until([&] { return probe.entered.load(); });
        H.cancel();
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList({"throws dirty", "kept"}));
    }

    void AD_TM_07()
    {
        RemoteProbe probe;
        auto H = scope->spawn(W->run(remote(a, probe)));
        H.cancel();
        until([&] { return H.isFinished(); });
        QVERIFY(probe.entered);
        QCOMPARE(probe.requests.load(), 1);
        QVERIFY(H.isCancelled());
    }

    void AD_TM_08()
    {
        RemoteProbe probe;
        scope->spawn(caller(log, W->run(slow(a, h, probe))));
        until([&] { return probe.entered.load(); });
        const auto closing = scope->spawn(W->close());
        until([&] { return probe.requests == 1; });
        settle();
        QVERIFY(!closing.isFinished());
        h.set();
        until([&] { return closing.isFinished(); });
        settle();
        QVERIFY(closing.outcome().isSuccess());
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
    }

    void AD_TM_09()
    {
        QSet<QString> seen;
        RemoteProbe probe;
        for (int i = 0; i < 1'000; ++i) {
            End end;
            W.emplace();
            TaskScope both;
            both.spawn(noting(end, W->run(remote(a, probe))));
            both.spawn(W->close());
            waitForEnd(both);
            seen << end.text();
        }
        seen.subtract({"throws Cancelled", "throws logic_error"});
        QCOMPARE(seen, QSet<QString>());
    }

    void AD_TM_10()
    {
        run(W->close());
        bool isCalled = false;
        const auto function = [&]() -> Task<> {
            isCalled = true;
            co_return;
        };
        QCOMPARE(textOfCall([&] { auto task = W->spawn(function); }), "throws logic_error");
        QCOMPARE(run(textOf(W->run(function))), "throws logic_error");
        QCOMPARE(textOfCall([&] { W->runSync(function); }), "throws logic_error");
        QVERIFY(!isCalled);
        run(W->close());
    }

    void AD_TM_11()
    {
        std::optional<ThreadLoop> V("V");
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<bool> entered = false;
        RemoteProbe probe;
        const std::thread::id idOfW = threadId();
        const auto body = [&]() -> Task<> { co_await W->run(waiting(destroyedIn, entered)); };
        ThreadTask<> task = V->spawn(body);
        const auto other = scope->spawn(W->run(remote(b, probe, 2)));
        until([&] { return entered && probe.entered; });
        V.reset();
        QVERIFY(destroyedIn == idOfW);
        b.set();
        until([&] { return other.isFinished(); });
        QCOMPARE(text(other), "2");
        QCOMPARE(run(textOf(std::move(task))), "throws Cancelled");
    }

    void AD_TM_12()
    {
        QCOMPARE(W->runSync([] { return now(5); }), 5);
        QCOMPARE(textOfCall([&] { return W->runSync(failingAtOnce()); }), "throws broken");
        bool isCalled = false;
        const auto function = [&]() -> Task<> {
            isCalled = true;
            co_return;
        };
        const auto inTask = [&]() -> Task<QString> {
            co_return textOfCall([&] { W->runSync(function); });
        };
        QCOMPARE(run(inTask()), "throws logic_error");
        QString onItself;
        callerOf(*W).call([&] { onItself = textOfCall([&] { W->runSync(function); }); });
        QCOMPARE(onItself, "throws logic_error");
        QVERIFY(!isCalled);
        QCOMPARE(textOfCall([&] {
                     return W->runSync([]() -> Task<int> {
                         co_await unwind();
                         co_return 1;
                     });
                 }),
                 "throws Cancelled");
    }

    void AD_TM_13()
    {
        std::atomic<int> right = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i) {
                threads.emplace_back([&, i] {
                    for (int k = 0; k < 100; ++k)
                        right += W->runSync(now(100 * i + k)) == 100 * i + k;
                });
            }
        }
        QCOMPARE(right.load(), 800);
    }

    void AD_TM_14_data()
    {
        QTest::addColumn<bool>("isClosed");
        QTest::newRow("close()") << true;
        QTest::newRow("destructor") << false;
    }
    void AD_TM_14()
    {
        QFETCH(const bool, isClosed);
        for (int i = 0; i < 20; ++i) {
            W.emplace();
            std::atomic<bool> hasEnded = false;
            W->runSync([&]() -> Task<> {
                noteThreadEnd(hasEnded);
                co_return;
            });
            if (isClosed)
                run(W->close());
            else
                W.reset();
            QVERIFY(hasEnded);
        }
    }

    void AD_TM_15()
    {
        std::atomic<bool> hasEnded = false;
        bool hadEnded = false;
        PlainThread plain([&] {
            {
                ThreadLoop loop("plain");
                ThreadTask<> task = loop.spawn([&]() -> Task<> {
                    noteThreadEnd(hasEnded);
                    a.set();
                    co_await waitForever();
                });
                a.waitSync();
            }
            hadEnded = hasEnded;
        });
        QCOMPARE(plain.text(), "value");
        QVERIFY(hadEnded);
    }

    void AD_TM_N1()
    {
        SharedLog deaths;
        std::atomic<int> waits = 0;
        std::atomic<int> foreign = 0;
        const std::thread::id id = threadId();
        const auto note = [&](const QString &name) {
            foreign += std::this_thread::get_id() != id;
            deaths.add(name);
        };
        const auto inCleanup = [&]() -> Task<> {
            auto body = [&] { return deep(note, waits, "c", 4); };
            auto cleanUp = [&]() -> Task<> {
                deaths.add("cleaned up");
                co_return;
            };
            co_await withCleanup(body, cleanUp);
        };
        End ends[3];
        scope->spawn(noting(ends[0], W->run(deep(note, waits, "a", 4))));
        scope->spawn(noting(ends[1], W->run(deep(note, waits, "b", 4))));
        scope->spawn(noting(ends[2], W->run(inCleanup)));
        until([&] { return waits == 3; });
        W.reset();
        QCOMPARE(deaths.take(), "c1, c2, c3, c4, b1, b2, b3, b4, a1, a2, a3, a4");
        QCOMPARE(foreign.load(), 0);
        settle();
        for (End &end : ends)
            QCOMPARE(end.text(), "throws Cancelled");
    }

    void AD_TM_N2()
    {
        SharedLog events;
        std::atomic<bool> hasEnded = false;
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            noteThreadEnd(hasEnded);
            co_await a.wait();
            W.reset();
            events.add("deleted");
            co_await b.wait();
            events.add("never");
        };
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<bool> entered = false;
        ThreadTask<> task = W->spawn(body);
        ThreadTask<int> other = W->spawn(waiting(destroyedIn, entered));
        const std::thread::id id = threadId();
        a.set();
        until([&] { return hasEnded.load(); });
        QVERIFY(destroyedIn == id);
        QCOMPARE(run(textOf(std::move(task))), "throws Cancelled");
        QCOMPARE(run(textOf(std::move(other))), "throws Cancelled");
        QCOMPARE(events.take(), "deleted");
    }

    void AD_TM_N3()
    {
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<bool> entered = false;
        {
            ThreadTask<int> task = W->spawn(waiting(destroyedIn, entered));
            until([&] { return entered.load(); });
        }
        QVERIFY(destroyedIn == threadId());
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(W->runSync(now(2)), 2);
    }

    void destroyedBeforeItBegan()
    {
        std::atomic<std::thread::id> closureDestroyedIn;
        const auto body = [](const NotesDestruction &) -> Task<> { co_return; };
        const LoopCaller caller = callerOf(*W);
        std::binary_semaphore isBlocked(0);
        std::binary_semaphore goOn(0);
        const auto blocker = LoopCaller(caller).post([&] {
            isBlocked.release();
            goOn.acquire();
        });
        isBlocked.acquire();
        std::optional<ThreadTask<>> task(
            W->spawn([note = NotesDestruction(closureDestroyedIn), body] { return body(note); }));
        PlainThread releaser([&] { goOn.release(); });
        task.reset();
        QVERIFY(closureDestroyedIn == threadId());
    }

    void AD_TM_N4()
    {
        RemoteProbe probe;
        ThreadTask<int> task = W->spawn(slow(a, h, probe));
        const auto H = scope->spawn([&]() -> Task<> {
            const InstanceCounter alive;
            const QString result = co_await textOfAwaiting(task);
            log << result;
        });
        until([&] { return probe.entered.load(); });
        PlainThread([&] { task.cancel(); });
        until([&] { return probe.requests == 1; });
        barrier();
        QVERIFY(!H.isFinished());
        h.set();
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
    }

    void AD_TM_N5()
    {
        const auto throwing = []() -> Task<int> { throw E("early"); };
        auto function = [&]() -> Task<int> {
            if (W)
                return Task<int>(); // not a coroutine: awaiting that is a logic_error
            return throwing();
        };
        QCOMPARE(textOfCall([&] { return W->runSync(throwsBeforeTask); }), "throws early");
        QCOMPARE(run(textOf(W->run(throwsBeforeTask))), "throws early");
        QCOMPARE(textOfCall([&] { return W->runSync(function); }), "throws logic_error");
        QCOMPARE(W->runSync(now(1)), 1);
    }

    void AD_TM_N6()
    {
        ThreadTask<int> task = W->spawn(now(1));
        const auto twice = [&]() -> Task<QString> {
            const int first = co_await task;
            const QString second = co_await textOfAwaiting(task);
            co_return QString::number(first) + second;
        };
        QCOMPARE(run(twice()), "1throws logic_error");
        ThreadTask<int> other = W->spawn(now(1));
        ThreadTask<int> moved = std::move(other);
        QCOMPARE(run(textOfAwaiting(other)), "throws logic_error");
        QCOMPARE(run(textOfAwaiting(moved)), "1");
        ThreadTask<int> none;
        none.cancel();
        QCOMPARE(run(textOfAwaiting(none)), "throws logic_error");
        none = W->spawn(now(4));
        QCOMPARE(run(textOfAwaiting(none)), "4");
    }

    void anErrorNobodyAwaitsIsReported()
    {
        QStringList errors;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &task) {
            errors << task.name + ' ' + text(error);
        });
        {
            ThreadTask<int> task = W->spawn(failingAtOnce());
            barrier();
        }
        settle();
        setUnhandledErrorHandler({});
        QCOMPARE(errors, QStringList("W broken"));
    }

    void AD_TTG_02_data()
    {
        QTest::addColumn<bool>("isClosed");
        QTest::newRow("close()") << true;
        QTest::newRow("destructor") << false;
    }
    void AD_TTG_02()
    {
        QFETCH(const bool, isClosed);
        RemoteProbe first;
        RemoteProbe second;
        ThreadTask<int> one = W->spawn(slow(a, h, first));
        ThreadTask<int> two = W->spawn(slow(a, h, second));
        if (isClosed) {
            const auto closing = scope->spawn(W->close());
            until([&] { return first.requests == 1 && second.requests == 1; });
            settle();
            QVERIFY(!closing.isFinished());
            h.set();
            until([&] { return closing.isFinished(); });
        } else {
            until([&] { return first.entered && second.entered; });
            W.reset();
        }
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(run(textOf(std::move(one))), "throws Cancelled");
        QCOMPARE(run(textOf(std::move(two))), "throws Cancelled");
    }

    void AD_TTG_03()
    {
        RemoteProbe probe;
        ThreadTask<int> other = W->spawn(remote(a, probe, 2));
        ThreadTask<int> first = W->spawn(now(1));
        QCOMPARE(run(textOf(std::move(first))), "1");
        QCOMPARE(W->runSync(now(3)), 3);
        a.set();
        QCOMPARE(run(textOf(std::move(other))), "2");
    }

    void AD_TTG_04()
    {
        RemoteProbe probe;
        const auto body = [&]() -> Task<> {
            auto members = [&](TaskGroup &group) -> Task<> {
                group.spawn(failing(a));
                group.spawn(remote(b, probe));
                co_return;
            };
            co_await withTaskGroup(members);
        };
        scope->spawn(caller(log, W->run(body)));
        until([&] { return probe.entered.load(); });
        a.set();
        until([&] { return !log.events().isEmpty(); });
        QCOMPARE(log.take(), QStringList("throws broken"));
        QCOMPARE(probe.requests.load(), 1);
    }

    void AD_TTG_06()
    {
        std::atomic<bool> hasEnded = false;
        W->runSync([&]() -> Task<> {
            noteThreadEnd(hasEnded);
            co_return;
        });
        RemoteProbe first;
        RemoteProbe second;
        LoopCaller caller = callerOf(*W);
        ThreadTask<int> one = W->spawn(slow(a, h, first));
        ThreadTask<int> two = W->spawn(slow(a, h, second));
        auto H = scope->spawn(Words::caller(log, W->close()));
        until([&] { return first.requests == 1 && second.requests == 1; });
        cancel(H);
        settleAll(caller);
        QVERIFY(first.requests == 1 && second.requests == 1);
        QCOMPARE(log.take(), QStringList());
        cancel(H);
        until([&] { return H.isFinished(); });
        QVERIFY(first.requests == 2 && second.requests == 2);
        QVERIFY(hasEnded);
        QCOMPARE(log.take(), QStringList({"value", "kept"}));
        QCOMPARE(run(textOf(std::move(one))), "throws Cancelled");
        QCOMPARE(run(textOf(std::move(two))), "throws Cancelled");
    }

    void AD_TTG_07()
    {
        const auto ticker = [&]() -> Task<> {
            for (int i = 0; i < 5; ++i)
                co_await sleepFor(2ms);
            a.set();
        };
        ThreadTask<> task = W->spawn(ticker);
        a.waitSync();
        QCOMPARE(run(textOf(std::move(task))), "value");
    }

    void AD_TTG_08()
    {
        std::atomic<bool> isCalled = false;
        const auto body = [&]() -> Task<QString> {
            const Outcome<> outcome = co_await attempt(a.wait());
            const auto function = [&]() -> Task<> {
                isCalled = true;
                co_return;
            };
            co_return text(outcome) + ' ' + textOfCall([&] { auto task = W->spawn(function); });
        };
        ThreadTask<QString> task = W->spawn(body);
        barrier();
        run(W->close());
        QCOMPARE(run(textOf(std::move(task))), "cancelled throws logic_error");
        QVERIFY(!isCalled);
    }

    void AD_TTG_N1()
    {
        std::atomic<std::thread::id> frameDestroyedIn;
        std::atomic<std::thread::id> closureDestroyedIn;
        ThreadTask<std::unique_ptr<int>> task
            = W->spawn([note = NotesDestruction(closureDestroyedIn), &frameDestroyedIn] {
                  return giveNumber(frameDestroyedIn);
              });
        const std::unique_ptr<int> number = run(std::move(task));
        QCOMPARE(*number, 7);
        QVERIFY(frameDestroyedIn == threadId());
        QVERIFY(closureDestroyedIn == threadId());
    }

    void AD_TTG_N2()
    {
        const auto body = [&]() -> Task<int> {
            auto inner = [] { return now(4); };
            co_return co_await W->run(inner);
        };
        QCOMPARE(W->runSync(body), 4);
    }

    void closingItFromWithin()
    {
        const auto body = [&]() -> Task<QString> { co_return co_await textOf(W->close()); };
        QCOMPARE(W->runSync(body), "throws logic_error");
    }

    void destroyedOnItsOwnThread()
    {
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<bool> entered = false;
        const auto body = [&]() -> Task<> {
            std::optional<ThreadTask<int>> task(W->spawn(waiting(destroyedIn, entered)));
            while (!entered)
                co_await yieldNow();
            task.reset();
        };
        W->runSync(body);
        QVERIFY(destroyedIn == threadId());
    }

    void awaitedOnAnotherThreadThanItWasMadeOn()
    {
        ThreadLoop V("V");
        RemoteProbe probe;
        ThreadTask<int> task = W->spawn(remote(a, probe, 6));
        const auto body = [&]() -> Task<int> { co_return co_await std::move(task); };
        ThreadTask<int> outer = V.spawn(body);
        a.set();
        QCOMPARE(run(textOf(std::move(outer))), "6");
    }

    // Law L13: each of two threads destroys a task of the other, at the same time.
    void destroyingEachOthersTasks()
    {
        for (int round = 0; round < 50; ++round) {
            ThreadLoop V("V");
            std::atomic<std::thread::id> inV;
            std::atomic<std::thread::id> inW;
            std::atomic<bool> entered[2] = {false, false};
            std::optional<ThreadTask<int>> onV(V.spawn(waiting(inV, entered[0])));
            std::optional<ThreadTask<int>> onW(W->spawn(waiting(inW, entered[1])));
            std::atomic<int> there = 0;
            const auto destroy = [&there](std::optional<ThreadTask<int>> &task) -> Task<> {
                ++there;
                while (there < 2)
                    std::this_thread::yield();
                task.reset();
                co_return;
            };
            until([&] { return entered[0] && entered[1]; });
            ThreadTask<> one = V.spawn([&] { return destroy(onW); });
            ThreadTask<> two = W->spawn([&] { return destroy(onV); });
            QCOMPARE(run(textOf(std::move(one))), "value");
            QCOMPARE(run(textOf(std::move(two))), "value");
            QVERIFY(inW == threadId());
        }
    }

    // Law L13, and L14: what is to be destroyed runs, and blocks to destroy the other.
    void destroyingEachOthersRunningTasks_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<QString>("what");
        for (const int count : {2, 3}) {
            for (const char *const what : {"tasks", "threads", "loops", "a loop and tasks"})
                QTest::addRow("%d, %s", count, what) << count << what;
        }
    }
    void destroyingEachOthersRunningTasks()
    {
        QFETCH(const int, count);
        QFETCH(const QString, what);
        for (int round = 0; round < 20; ++round) {
            std::optional<ThreadLoop> loops[3];
            std::optional<ThreadTask<>> tasks[3];
            std::atomic<int> there = 0;
            const auto body = [&](int victim) -> Task<> {
                const InstanceCounter alive;
                co_await a.wait();
                ++there;
                while (there < count)
                    std::this_thread::yield();
                if (what == "loops" || (victim == 0 && what == "a loop and tasks"))
                    loops[victim].reset();
                else
                    tasks[victim].reset();
                ++there;
                co_await waitForever();
            };
            for (int i = 0; i < count; ++i) {
                auto task = body((i + 1) % count);
                if (what == "threads")
                    tasks[i].emplace(run(launchInThreadLoop(std::move(task))));
                else
                    tasks[i].emplace(loops[i].emplace().spawn(std::move(task)));
            }
            a.set();
            while (there < 2 * count || InstanceCounter::count() > 0)
                std::this_thread::yield();
            a.clear();
        }
    }

    void tasksThatOwnEachOther_data()
    {
        QTest::addColumn<int>("count");
        QTest::newRow("2") << 2;
        QTest::newRow("3") << 3;
    }
    void tasksThatOwnEachOther()
    {
        QFETCH(const int, count);
        for (int round = 0; round < 20; ++round) {
            std::optional<ThreadLoop> loops[3];
            std::optional<ThreadTask<>> tasks[3];
            std::atomic<int> there = 0;
            const auto body = [&](int owned) -> Task<> {
                const InstanceCounter alive;
                const OnDestruction atTheEnd([&, owned] { tasks[owned].reset(); });
                ++there;
                co_await waitForever();
            };
            for (int i = 0; i < count; ++i)
                tasks[i].emplace(loops[i].emplace().spawn(body((i + 1) % count)));
            until([&] { return there == count; });
            loops[0].reset();
            QCOMPARE(InstanceCounter::count(), 0);
        }
    }

    // Whatever the order, each destructor returns, and no frame is left.
    void tasksThatDestroyEachOtherAtRandom()
    {
        using Place = std::optional<ThreadTask<>>;
        constexpr std::size_t count = 9;
        std::mutex mutex; // guards the places
        Place places[count];
        std::atomic<bool> isOver = false;
        std::atomic<int> destroyed = 0;
        std::atomic<unsigned> seed = 2026;
        ThreadLoop loops[3];
        const auto exchange = [&](std::size_t index, Place with) {
            const std::scoped_lock lock(mutex);
            places[index].swap(with);
            return with;
        };
        std::function<Task<>()> body = [&]() -> Task<> {
            const InstanceCounter alive;
            std::mt19937 random(++seed);
            const OnDestruction atTheEnd([&] {
                if (random() % 3 == 0)
                    destroyed += exchange(random() % count, {}).has_value();
            });
            while (!isOver) {
                Place next;
                if (random() % 2)
                    next.emplace(loops[random() % 3].spawn([&] { return body(); }));
                Place victim = exchange(random() % count, std::move(next));
                destroyed += victim.has_value();
                victim.reset();
                if (random() % 4)
                    co_await yieldNow();
            }
        };
        for (std::size_t i = 0; i < count; ++i)
            exchange(i, loops[i % 3].spawn([&] { return body(); }));
        for (int round = 0; round < 2'000 || destroyed < 2'000; ++round) {
            Place next(loops[static_cast<std::size_t>(round) % 3].spawn([&] { return body(); }));
            exchange(static_cast<std::size_t>(round) % count, std::move(next)).reset();
        }
        isOver = true;
        for (std::size_t i = 0; i < count; ++i)
            exchange(i, {}).reset();
        for (ThreadLoop &loop : loops)
            run(loop.close());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void aNestedEventLoopDoesNotLendItsLocals()
    {
        TaskLocal<int> local(1);
        QEventLoop *nested = nullptr;
        const auto modal = [&]() -> Task<> {
            QEventLoop eventLoop;
            nested = &eventLoop;
            a.set();
            eventLoop.exec();
            co_return;
        };
        ThreadTask<> outer = W->spawn([&] { return local.with(5, modal); });
        a.waitSync();
        const auto inner = [&]() -> Task<int> {
            nested->quit();
            co_return local.get();
        };
        const auto caller = [&] { return W->run(inner); };
        QCOMPARE(run(local.with(3, caller)), 3);
        run(std::move(outer));
    }

    // What the waiter gets is all there is of it: no copy dies later, in the other thread.
    void aValueThatCannotBeMoved()
    {
        std::atomic<int> alive = 0;
        const auto give = [&]() -> Task<Copied> { co_return Copied(alive); };
        for (int i = 0; i < 20; ++i) {
            const Copied value = W->runSync(give);
            QCOMPARE(alive.load(), 1);
        }
        QCOMPARE(alive.load(), 0);
        std::optional<ThreadTask<Copied>> task(W->spawn(give));
        barrier();
        task.reset();
        QCOMPARE(alive.load(), 0);
    }

    void virtualClockStandsStill()
    {
        const VirtualClock clock;
        std::atomic<bool> isReleased = false;
        scope->spawn([&]() -> Task<> {
            auto blocking = [&]() -> Task<> {
                while (!isReleased)
                    std::this_thread::yield();
                co_return;
            };
            co_await W->run(blocking);
            log << "returned";
        });
        scope->spawn([&]() -> Task<> {
            co_await sleepFor(1h);
            log << "slept";
        });
        QTimer::singleShot(20, [&] { isReleased = true; });
        waitForEnd(*scope);
        QCOMPARE(log.take(), QStringList({"returned", "slept"}));
    }

private:
    /// Has no move; takes its time to die in another thread than this.
    class Copied
    {
    public:
        explicit Copied(std::atomic<int> &alive)
            : m_alive(alive)
        {
            ++m_alive;
        }
        Copied(const Copied &other)
            : Copied(other.m_alive)
        {
        }
        ~Copied()
        {
            if (QThread::currentThread() != qApp->thread())
                QThread::msleep(2);
            --m_alive;
        }

    private:
        std::atomic<int> &m_alive;
    };

    static Task<int> throwsBeforeTask()
    {
        if (InstanceCounter::count() >= 0)
            throw E("early");
        return now(1);
    }

    static Task<std::unique_ptr<int>> giveNumber(std::atomic<std::thread::id> &destroyedIn)
    {
        const NotesDestruction note(destroyedIn);
        co_return std::make_unique<int>(7);
    }

    template<typename Note>
    static Task<> deep(const Note &note, std::atomic<int> &waits, QString name, int depth)
    {
        const InstanceCounter alive;
        const OnDestruction atTheEnd([&] { note(name + QString::number(depth)); });
        if (depth > 1) {
            co_await deep(note, waits, name, depth - 1);
        } else {
            ++waits;
            co_await waitForever();
        }
    }

    std::thread::id threadId()
    {
        std::thread::id id;
        callerOf(*W).call([&] { id = std::this_thread::get_id(); });
        return id;
    }

    /// Lets happen what is ready on both threads.
    void barrier()
    {
        LoopCaller caller = callerOf(*W);
        settleAll(caller);
    }

    std::optional<ThreadLoop> W;
    std::optional<TaskScope> scope;
    ThreadsafeEvent a, b, h;
    EventLog log;
};

QTEST_GUILESS_MAIN(TestThreadLoop)
#include "tst_threadloop.moc"
