// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "allocations.h"
#include "threadstest.h"

#include <CoDrive/threads/latch.h>
#include <CoDrive/threads/threadsafecondition.h>
#include <CoDrive/threads/threadsafeevent.h>
#include <CoDrive/threads/threadsafelock.h>
#include <CoDrive/threads/threadsafestate.h>

#include <random>

using namespace Words;

using Guard = ThreadsafeLock::Guard;

class TestThreadsafeLock : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup()
    {
        log.take();
        for (ThreadsafeEvent *const gate : {&a, &b, &c})
            gate->clear();
        QCOMPARE(leftBehind(), QString());
    }

    void AD_LOCK_01()
    {
        ThreadsafeLock lock;
        TaskScope scope;
        {
            const Guard guard = lock.lockSync();
            QVERIFY(guard.isHeld());
            QVERIFY(lock.isLocked());
        }
        QVERIFY(!lock.isLocked());
        scope.spawn(owner(lock, "A", a));
        QCOMPARE(log.take(), "A");
    }

    void AD_LOCK_02()
    {
        constexpr int rounds = 1'000;
        ThreadsafeLock lock;
        int number = 0;
        const auto body = [&]() -> Task<> {
            for (int i = 0; i < rounds; ++i) {
                const Guard guard = co_await lock.lock();
                ++number;
            }
        };
        {
            End ends[4];
            LoopThread loops[4];
            std::vector<std::unique_ptr<PlainThread>> threads;
            for (int i = 0; i < 4; ++i) {
                auto task = body();
                loops[i].spawn(noting(ends[i], std::move(task)));
                threads.push_back(std::make_unique<PlainThread>([&] {
                    for (int k = 0; k < rounds; ++k) {
                        const Guard guard = lock.lockSync();
                        ++number;
                    }
                }));
            }
            for (End &end : ends) {
                while (end.text() != "value")
                    std::this_thread::yield();
            }
        }
        const Guard guard = lock.lockSync();
        QCOMPARE(number, 8 * rounds);
    }

    void AD_LOCK_03()
    {
        ThreadsafeLock lock;
        LoopThread W;
        LoopThread V;
        TaskScope scope;
        Guard guard = lock.lockSync();
        W.spawn(owner(lock, "A", a));
        V.spawn(owner(lock, "B", b));
        scope.spawn(owner(lock, "C", c));
        guard.release();
        QVERIFY(!guard.isHeld());
        settleAll(W, V);
        QCOMPARE(log.take(), "A");
        a.set();
        settleAll(W, V);
        QCOMPARE(log.take(), "A left, B");
        b.set();
        settleAll(W, V);
        QCOMPARE(log.take(), "B left, C");
        c.set();
        settleAll(W, V);
        QVERIFY(!lock.isLocked());
    }

    void AD_LOCK_04()
    {
        ThreadsafeLock lock;
        TaskScope scope;
        Guard guard = lock.lockSync();
        PlainThread plain([&] { syncOwner(lock, "plain", a); });
        untilWaiting(lock, 1);
        scope.spawn(owner(lock, "task", b));
        guard.release();
        settle();
        a.set();
        QCOMPARE(plain.text(), "value");
        settle();
        QCOMPARE(log.take(), "plain, plain left, task");
        b.set();
        settle();
    }

    void AD_LOCK_05()
    {
        ThreadsafeLock lock;
        Guard guard = lock.lockSync();
        PlainThread first([&] { syncOwner(lock, "1", a); });
        untilWaiting(lock, 1);
        PlainThread second([&] { syncOwner(lock, "2", b); });
        untilWaiting(lock, 2);
        PlainThread third([&] { syncOwner(lock, "3", c); });
        untilWaiting(lock, 3);
        guard.release();
        QCOMPARE(waitingAt(*lock.core()), 2);
        a.set();
        QCOMPARE(first.text(), "value");
        QCOMPARE(waitingAt(*lock.core()), 1);
        b.set();
        QCOMPARE(second.text(), "value");
        c.set();
        QCOMPARE(third.text(), "value");
        QCOMPARE(log.take(), "1, 1 left, 2, 2 left, 3, 3 left");
    }

    void AD_LOCK_07()
    {
        ThreadsafeLock lock;
        TaskScope scope;
        Guard guard = lock.lockSync();
        auto A = scope.spawn(owner(lock, "A", a));
        scope.spawn(owner(lock, "B", b));
        guard.release();
        A.cancel();
        settle();
        QCOMPARE(log.take(), "A, B");
        QVERIFY(A.isCancelled());
        b.set();
        settle();
    }

    void AD_LOCK_08()
    {
        ThreadsafeLock lock;
        LoopThread D;
        TaskScope scope;
        Guard guard = lock.lockSync();
        D.spawn(owner(lock, "dead", a));
        scope.spawn(owner(lock, "B", b));
        D.quit();
        guard.release();
        settle();
        QCOMPARE(log.take(), "B");
        b.set();
        settle();
        D.destroyScope();
        QVERIFY(!lock.isLocked());
    }

    void AD_LOCK_09_data()
    {
        QTest::addColumn<bool>("isWoken");
        QTest::newRow("in the inbox") << false;
        QTest::newRow("on the ready list") << true;
    }
    void AD_LOCK_09()
    {
        QFETCH(const bool, isWoken);
        ThreadsafeLock lock;
        LoopThread D;
        TaskScope scope;
        Guard guard = lock.lockSync();
        D.spawn(owner(lock, "dead", a));
        scope.spawn(owner(lock, "B", b));
        const auto release = [&] { guard.release(); };
        if (isWoken)
            D.quitWhenReady(release);
        else
            D.quitAfter(release);
        settle();
        QCOMPARE(log.take(), "B");
        b.set();
        settle();
        D.destroyScope();
        QVERIFY(!lock.isLocked());
    }

    void AD_LOCK_10()
    {
        ThreadsafeLock lock;
        TaskScope scope;
        std::optional<Guard> guard(lock.lockSync());
        scope.spawn(owner(lock, "A", a));
        PlainThread([moved = std::make_shared<Guard>(std::move(*guard))]() mutable { moved.reset(); });
        QVERIFY(!guard->isHeld());
        settle();
        QCOMPARE(log.take(), "A");
        a.set();
        settle();
    }

    void AD_LOCK_12()
    {
        ThreadsafeLock lock;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const Guard guard = co_await lock.lock();
            log.add("owner");
            const Guard again = co_await lock.lock();
            log.add("never");
        };
        auto h = scope.spawn(body);
        settle();
        QCOMPARE(log.take(), "owner");
        cancel(h);
        QVERIFY(h.isCancelled());
        QVERIFY(!lock.isLocked());
    }

    void AD_LOCK_13()
    {
        ThreadsafeLock lock;
        Event go;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            Guard guard = co_await lock.lock();
            co_await go.wait();
            guard.release();
            guard = co_await lock.lock();
            log.add("owner again");
        };
        scope.spawn(body);
        scope.spawn(owner(lock, "A", a));
        open(go);
        QCOMPARE(log.take(), "A");
        a.set();
        settle();
        QCOMPARE(log.take(), "A left, owner again");
    }

    void AD_LOCK_15()
    {
        ThreadsafeLock lock;
        Event go;
        TaskScope scope;
        TaskHandle<> h;
        const auto body = [&]() -> Task<> {
            co_await go.wait();
            h.cancel();
            const Guard guard = co_await lock.lock();
            log.add(guard.isHeld() ? "owner" : "not owner");
            co_await yieldNow();
            log.add("never");
        };
        h = scope.spawn(body);
        open(go);
        QCOMPARE(log.take(), "owner");
        QVERIFY(h.isCancelled());
        QVERIFY(!lock.isLocked());
    }

    void AD_LOCK_N1()
    {
        ThreadsafeLock lock;
        std::optional<TaskScope> scope(std::in_place);
        TaskScope other;
        Guard guard = lock.lockSync();
        scope->spawn(owner(lock, "A", a));
        other.spawn(owner(lock, "B", b));
        guard.release();
        scope.reset();
        settle();
        QCOMPARE(log.take(), "B");
        b.set();
        settle();
    }

    void AD_LOCK_N3()
    {
        ThreadsafeLock lock;
        Event go;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            Guard guard = co_await lock.lock();
            co_await go.wait();
            guard.release();
            log.add("behind");
            co_await yieldNow();
        };
        scope.spawn(body);
        scope.spawn(owner(lock, "A", a));
        open(go);
        QCOMPARE(log.take(), "behind, A");
        a.set();
        settle();
    }

    void AD_LOCK_N4()
    {
        ThreadsafeLock lock;
        const auto body = [&]() -> Task<QString> {
            co_return textOfCall([&] { const Guard guard = lock.lockSync(); });
        };
        QCOMPARE(run(body()), "throws logic_error");
        QVERIFY(!lock.isLocked());
    }

    void destroyedLock()
    {
        auto lock = std::make_unique<ThreadsafeLock>();
        TaskScope scope;
        EventLog ends;
        Guard guard = lock->lockSync();
        scope.spawn(caller(ends, lock->lock()));
        PlainThread plain([&waiting = *lock] { const Guard held = waiting.lockSync(); });
        untilWaiting(*lock, 2);
        lock.reset();
        settle();
        QCOMPARE(ends.take(), QStringList("throws ObjectDestroyed"));
        QCOMPARE(plain.text(), "throws ObjectDestroyed");
        guard.release();
        QVERIFY(!guard.isHeld());
    }

    void assignedGuard()
    {
        ThreadsafeLock first;
        ThreadsafeLock second;
        Guard guard = first.lockSync();
        guard = second.lockSync();
        QVERIFY(!first.isLocked());
        QVERIFY(second.isLocked());
        guard = Guard();
        QVERIFY(!second.isLocked());
    }

    void AD_LOCK_N5()
    {
        constexpr quint32 seed = 20'26;
        ThreadsafeLock lock;
        int inside = 0;
        std::atomic<int> most = 0;
        const auto use = [&] {
            if (++inside > most)
                most = inside;
            std::this_thread::yield();
            --inside;
        };
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            for (;;) {
                const Guard guard = co_await lock.lock();
                use();
                co_await yieldNow();
            }
        };
        std::atomic<bool> isOver = false;
        {
            std::vector<std::unique_ptr<PlainThread>> threads;
            for (int i = 0; i < 4; ++i) {
                threads.push_back(std::make_unique<PlainThread>([&] {
                    while (!isOver) {
                        const Guard guard = lock.lockSync();
                        use();
                    }
                }));
            }
            LoopThread loops[4];
            std::mt19937 random(seed);
            for (int round = 0; round < 300; ++round) {
                LoopThread &loop = loops[random() % 4];
                const auto choice = random() % 4;
                loop.call([&] {
                    if (choice == 0)
                        loop.scope().cancel();
                    for (int i = 0; choice > 1 && i < 3; ++i) {
                        auto task = body();
                        auto h = loop.scope().spawn(std::move(task));
                        if (choice == 3)
                            h.cancel();
                    }
                });
                if (choice == 1)
                    loop.renewScope();
            }
            isOver = true;
        }
        QCOMPARE(most.load(), 1);
        const Guard guard = lock.lockSync();
        QVERIFY(guard.isHeld());
    }

    // Law L15, of all that is shared between threads.
    void wakingAllocatesNothing()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        ThreadsafeLock lock;
        ThreadsafeCondition condition(lock);
        ThreadsafeState<int> state(0);
        Latch latch;
        const auto waitForNotice = [&]() -> Task<> {
            Guard guard = co_await lock.lock();
            co_await condition.wait(guard);
        };
        constexpr int tasks = 5;
        End ends[tasks];
        LoopThread W;
        auto notice = waitForNotice();
        W.spawn(noting(ends[0], std::move(notice)));
        Guard guard = lock.lockSync();
        const auto take = [&]() -> Task<> { const Guard taken = co_await lock.lock(); };
        auto taking = take();
        W.spawn(noting(ends[1], std::move(taking)));
        W.spawn(noting(ends[2], state.waitUntil([](int value) { return value == 1; })));
        W.spawn(noting(ends[3], latch.waitSet()));
        W.spawn(noting(ends[4], a.wait()));
        PlainThread plain([&] { latch.waitSetSync(); });
        untilWaiting(latch, 2);
        const AllocationCount count;
        condition.notifyOne();
        guard.release();
        state.set(1);
        latch.set();
        a.set();
        QCOMPARE(count.made(), 0);
        settleAll(W);
        QCOMPARE(plain.text(), "value");
        for (int i = 0; i < tasks; ++i)
            QVERIFY(ends[i].text() != "waits");
    }

private:
    Task<> owner(ThreadsafeLock &lock, QString name, ThreadsafeEvent &gate)
    {
        const InstanceCounter alive;
        const Guard guard = co_await lock.lock();
        log.add(name);
        co_await gate.wait();
        log.add(name + " left");
    }

    void syncOwner(ThreadsafeLock &lock, const QString &name, ThreadsafeEvent &gate)
    {
        const Guard guard = lock.lockSync();
        log.add(name);
        gate.waitSync();
        log.add(name + " left");
    }

    SharedLog log;
    ThreadsafeEvent a, b, c;
};

QTEST_GUILESS_MAIN(TestThreadsafeLock)
#include "tst_threadsafelock.moc"
