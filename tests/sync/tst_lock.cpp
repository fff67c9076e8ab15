// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "allocations.h"
#include "synctest.h"

#include <CoDrive/sync/lock.h>

using namespace Words;

class TestLock : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void SYNC_LOCK_N1()
    {
        Lock lock;
        QVERIFY(!lock.isLocked());
        hold(lock.lock(), "A", a);
        QCOMPARE(logged(), "A");
        QVERIFY(lock.isLocked());
        open(a);
        QVERIFY(!lock.isLocked());
        QVERIFY(isFree(lock.lock()));
    }

    void SYNC_LOCK_N2()
    {
        Lock lock;
        Lock::Guard owner = run(lock.lock());
        QVERIFY(owner.isHeld());
        hold(lock.lock(), "A", a);
        hold(lock.lock(), "B", b);
        hold(lock.lock(), "C", c);
        settle();
        QCOMPARE(logged(), "");
        owner.release();
        QVERIFY(!owner.isHeld());
        settle();
        QCOMPARE(logged(), "A");
        open(a);
        QCOMPARE(logged(), "A left, B");
        open(b);
        QCOMPARE(logged(), "B left, C");
        open(c);
        QCOMPARE(logged(), "C left");
        QVERIFY(isFree(lock.lock()));
    }

    void SYNC_LOCK_N3()
    {
        Lock lock;
        const auto owner = [&]() -> Task<> {
            Lock::Guard guard = co_await lock.lock();
            co_await d.wait();
            guard.release();
            guard = co_await lock.lock();
            log << "owner";
        };
        scope->spawn(owner);
        hold(lock.lock(), "A", a);
        open(d);
        QCOMPARE(logged(), "A");
        open(a);
        QCOMPARE(logged(), "A left, owner");
    }

    void SYNC_LOCK_N4_data()
    {
        QTest::addColumn<QString>("how");
        QTest::newRow("ends") << "ends";
        QTest::newRow("throws") << "throws";
        QTest::newRow("is cancelled") << "is cancelled";
    }
    void SYNC_LOCK_N4()
    {
        QFETCH(const QString, how);
        Lock lock;
        QString caught;
        const auto guarded = [&]() -> Task<> {
            const Lock::Guard guard = co_await lock.lock();
            co_await d.wait();
            if (how == "throws")
                throw E();
        };
        const auto owner = [&]() -> Task<> {
            try {
                co_await guarded();
                co_await waitForever();
            } catch (const E &e) {
                caught = e.what();
            }
        };
        auto O = scope->spawn(owner);
        hold(lock.lock(), "A", a);
        if (how == "is cancelled")
            cancel(O);
        else
            open(d);
        QCOMPARE(logged(), "A");
        QCOMPARE(caught, how == "throws" ? "E" : "");
        QCOMPARE(O.isCancelled(), how == "is cancelled");
    }

    // CORE-L7-N2 is the same case.
    void SYNC_LOCK_N6()
    {
        Lock lock;
        Lock::Guard owner = run(lock.lock());
        auto A = hold(lock.lock(), "A", a);
        hold(lock.lock(), "B", b);
        owner.release();
        A.cancel();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A, B");
        QVERIFY(A.isCancelled());
    }

    void aCancelledWaiterLeavesAtOnce()
    {
        Lock lock;
        Lock::Guard owner = run(lock.lock());
        auto A = hold(lock.lock(), "A", a);
        hold(lock.lock(), "B", b);
        cancel(A);
        QVERIFY(A.isCancelled());
        owner.release();
        settle();
        QCOMPARE(logged(), "B");
    }

    void SYNC_LOCK_N7()
    {
        Lock lock;
        Lock::Guard owner = run(lock.lock());
        holdInOther(lock.lock(), "A", a);
        hold(lock.lock(), "B", b);
        owner.release();
        other.reset();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "B");
    }

    void SYNC_LOCK_N7_withoutAnotherWaiter()
    {
        Lock lock;
        Lock::Guard owner = run(lock.lock());
        holdInOther(lock.lock(), "A", a);
        owner.release();
        QVERIFY(lock.isLocked());
        other.reset();
        QVERIFY(isFree(lock.lock()));
    }

    void SYNC_LOCK_N9()
    {
        Lock lock;
        Lock::Guard moved;
        const auto owner = [&]() -> Task<> {
            Lock::Guard guard = co_await lock.lock();
            moved = std::move(guard);
        };
        auto O = scope->spawn(owner);
        QVERIFY(O.isFinished());
        hold(lock.lock(), "A", a);
        settle();
        QCOMPARE(logged(), "");
        QVERIFY(moved.isHeld());
        moved = Lock::Guard();
        settle();
        QCOMPARE(logged(), "A");
    }

    void aGuardAssignedOverReleasesItsLock()
    {
        Lock first;
        Lock second;
        Lock::Guard guard = run(first.lock());
        guard = run(second.lock());
        QVERIFY(!first.isLocked());
        QVERIFY(second.isLocked());
        Lock::Guard &same = guard;
        guard = std::move(same);
        QVERIFY(second.isLocked());
        QVERIFY(guard.isHeld());
    }

    void SYNC_LOCK_N10()
    {
        auto lock = std::make_unique<Lock>();
        Lock::Guard owner = run(lock->lock());
        hold(lock->lock(), "A", a);
        hold(lock->lock(), "B", b);
        lock.reset();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A destroyed, B destroyed");
        QVERIFY(!owner.isHeld());
        owner.release();
        owner = Lock::Guard();
    }

    void SYNC_LOCK_N10_afterTheHandOver()
    {
        auto lock = std::make_unique<Lock>();
        Lock::Guard owner = run(lock->lock());
        hold(lock->lock(), "A", a);
        owner.release();
        lock.reset();
        settle();
        QCOMPARE(logged(), "A");
    }

    void SYNC_LOCK_N11()
    {
        Lock lock;
        const auto owner = [&]() -> Task<> {
            Lock::Guard guard = co_await lock.lock();
            co_await d.wait();
            guard.release();
            log << "behind";
            co_await yieldNow();
        };
        scope->spawn(owner);
        hold(lock.lock(), "A", a);
        open(d);
        QCOMPARE(logged(), "behind, A");
    }

    void SYNC_LOCK_N12()
    {
        Lock lock;
        Lock::Guard owner = run(lock.lock());
        const auto body = [&]() -> Task<> {
            const Outcome<Lock::Guard> outcome = co_await attempt(lock.lock());
            log << text(outcome);
            co_await d.wait();
        };
        auto A = scope->spawn(body);
        cancel(A);
        QCOMPARE(logged(), "cancelled");
        QVERIFY(!A.isFinished());
        owner.release();
        QVERIFY(isFree(lock.lock()));
    }

    void SYNC_LOCK_N13()
    {
        Lock lock;
        TaskHandle<> A;
        const auto body = [&]() -> Task<> {
            co_await d.wait();
            A.cancel();
            const Lock::Guard guard = co_await lock.lock();
            log << (guard.isHeld() ? "owner" : "not owner");
            co_await yieldNow();
            log << "passed";
        };
        A = scope->spawn(body);
        open(d);
        QCOMPARE(logged(), "owner");
        QVERIFY(A.isCancelled());
        QVERIFY(isFree(lock.lock()));
    }

    void waitingAndWakingAllocateNothing()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        Lock lock;
        Lock::Guard owner = run(lock.lock());
        qint64 made = -1;
        int rounds = 0;
        // Each hands the lock to the other, and queues behind it.
        const auto play = [&]() -> Task<> {
            std::optional<AllocationCount> count;
            for (int i = 0; i < 1'000; ++i) {
                const Lock::Guard guard = co_await lock.lock();
                ++rounds;
                if (!count)
                    count.emplace();
                made = count->made();
            }
        };
        scope->spawn(play);
        scope->spawn(play);
        owner.release();
        settle();
        QCOMPARE(rounds, 2'000);
        QCOMPARE(made, 0);
    }
};

QTEST_GUILESS_MAIN(TestLock)
#include "tst_lock.moc"
