// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "allocations.h"
#include "synctest.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/sync/nestablelock.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/timeout.h>

using namespace Words;

class TestNestableLock : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_NLOCK_01()
    {
        NestableLock lock;
        const auto nested = [&]() -> Task<> {
            NestableLock::Guard first = co_await lock.lock();
            NestableLock::Guard second = co_await lock.lock();
            NestableLock::Guard third = co_await lock.lock();
            log << "inside";
            first.release();
            third.release();
            log << (lock.isLocked() ? "locked" : "free");
            second.release();
            log << (lock.isLocked() ? "locked" : "free");
        };
        QVERIFY(scope->spawn(nested).isFinished());
        QCOMPARE(logged(), "inside, locked, free");
        QVERIFY(isFree(lock.lock()));
    }

    void AD_NLOCK_02()
    {
        NestableLock lock;
        const auto nested = [&]() -> Task<> {
            const NestableLock::Guard outer = co_await lock.lock();
            {
                const NestableLock::Guard inner = co_await lock.lock();
                co_await a.wait();
            }
            log << "inner left";
            co_await b.wait();
        };
        scope->spawn(nested);
        hold(lock.lock(), "A", c);
        open(a);
        QCOMPARE(logged(), "inner left");
        open(b);
        QCOMPARE(logged(), "A");
    }

    void AD_NLOCK_03_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *how : {"group", "gather", "scope", "prime", "grandchild"})
            QTest::newRow(how) << how;
    }
    void AD_NLOCK_03()
    {
        QFETCH(const QString, how);
        NestableLock lock;
        const auto child = [&](QString name) { return holder(log, lock.lock(), name, a); };
        const auto viaGather = [&]() -> Task<> { co_await gather(child("child"), toTask(b.wait())); };
        const auto grandchild = [&]() -> Task<> { co_await gather(viaGather(), toTask(b.wait())); };
        const auto viaGroup = [&]() -> Task<> {
            const auto body = [&](TaskGroup &group) -> Task<> {
                group.spawn(child("child"));
                co_await b.wait();
            };
            co_await withTaskGroup(body);
        };
        const auto parent = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await lock.lock();
            if (how == "group") {
                co_await viaGroup();
            } else if (how == "gather") {
                co_await viaGather();
            } else if (how == "grandchild") {
                co_await grandchild();
            } else if (how == "scope") {
                scope->spawn(child("child"));
                co_await b.wait();
            } else {
                auto primed = prime(child("child"));
                co_await std::move(primed);
                co_await b.wait();
            }
            log << "parent left";
        };
        scope->spawn(parent);
        QCOMPARE(logged(), "child");
        hold(lock.lock(), "A", c);
        open(a);
        QCOMPARE(logged(), "child left");
        open(b);
        QCOMPARE(logged(), "parent left, A");
    }

    void AD_NLOCK_05()
    {
        NestableLock lock;
        const auto parent = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await lock.lock();
            co_await gather(holder(log, lock.lock(), "B", b), holder(log, lock.lock(), "C", c));
        };
        scope->spawn(parent);
        QCOMPARE(logged(), "B, C");
        hold(lock.lock(), "A", a);
        open(b);
        QCOMPARE(logged(), "B left");
        open(c);
        QCOMPARE(logged(), "C left, A");
    }

    void AD_NLOCK_06()
    {
        NestableLock lock;
        const auto child = [&]() -> Task<> {
            co_await a.wait();
            log << "asks";
            const NestableLock::Guard guard = co_await lock.lock();
            log << "child";
        };
        const auto parent = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await lock.lock();
            scope->spawn(child);
        };
        scope->spawn(parent);
        hold(lock.lock(), "A", b);
        QCOMPARE(logged(), "A");
        open(a);
        QCOMPARE(logged(), "asks");
        open(b);
        QCOMPARE(logged(), "A left, child");
    }

    void aTaskStartedBeforeTheHoldWaits()
    {
        NestableLock lock;
        const auto child = [&]() -> Task<> {
            co_await a.wait();
            const NestableLock::Guard guard = co_await lock.lock();
            log << "child";
        };
        const auto parent = [&]() -> Task<> {
            const auto body = [&](TaskGroup &group) -> Task<> {
                group.spawn(child());
                const NestableLock::Guard guard = co_await lock.lock();
                co_await b.wait();
                log << "parent leaves";
            };
            co_await withTaskGroup(body);
        };
        scope->spawn(parent);
        open(a);
        QCOMPARE(logged(), "");
        open(b);
        QCOMPARE(logged(), "parent leaves, child");
    }

    void AD_NLOCK_07()
    {
        NestableLock lock;
        const auto parent = [&]() -> Task<> {
            NestableLock::Guard guard = co_await lock.lock();
            scope->spawn(holder(log, lock.lock(), "child", b));
            co_await c.wait();
            guard.release();
            log << "parent left";
            co_await waitForever();
        };
        scope->spawn(parent);
        hold(lock.lock(), "A", a);
        QCOMPARE(logged(), "child");
        open(c);
        QCOMPARE(logged(), "parent left");
        open(b);
        QCOMPARE(logged(), "child left, A");
    }

    void AD_NLOCK_09()
    {
        NestableLock lock;
        const auto level2 = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await lock.lock();
            throw E();
        };
        const auto level1 = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await lock.lock();
            try {
                co_await level2();
            } catch (const E &) {
                log << "caught";
            }
            co_await b.wait();
        };
        scope->spawn(level1);
        hold(lock.lock(), "A", a);
        settle();
        QCOMPARE(logged(), "caught");
        open(b);
        QCOMPARE(logged(), "A");
    }

    void AD_NLOCK_10()
    {
        NestableLock lock;
        NestableLock::Guard owner = run(lock.lock());
        hold(lock.lock(), "A", a);
        hold(lock.lock(), "B", b);
        hold(lock.lock(), "C", c);
        owner.release();
        settle();
        QCOMPARE(logged(), "A");
        open(a);
        QCOMPARE(logged(), "A left, B");
        open(b);
        QCOMPARE(logged(), "B left, C");
    }

    void AD_NLOCK_N1()
    {
        NestableLock lock;
        NestableLock::Guard owner = run(lock.lock());
        auto A = hold(lock.lock(), "A", a);
        owner.release();
        A.cancel();
        settle();
        QCOMPARE(logged(), "A");
        QVERIFY(A.isCancelled());
        QVERIFY(isFree(lock.lock()));
    }

    void AD_NLOCK_N1_destroyed()
    {
        NestableLock lock;
        NestableLock::Guard owner = run(lock.lock());
        holdInOther(lock.lock(), "A", a);
        hold(lock.lock(), "B", b);
        owner.release();
        other.reset();
        settle();
        QCOMPARE(logged(), "B");
    }

    void AD_NLOCK_N2()
    {
        NestableLock lock;
        const auto inside = [&]() -> Task<int> {
            const NestableLock::Guard guard = co_await lock.lock();
            co_return co_await slow(a, b);
        };
        const auto parent = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await lock.lock();
            co_await gather(inside(), inside());
        };
        auto P = scope->spawn(parent);
        hold(lock.lock(), "A", c);
        cancel(P);
        QVERIFY(!P.isFinished());
        QCOMPARE(logged(), "");
        open(b);
        QVERIFY(P.isCancelled());
        QCOMPARE(logged(), "A");
    }

    void AD_NLOCK_N3()
    {
        auto lock = std::make_unique<NestableLock>();
        const auto nested = [&]() -> Task<> {
            NestableLock::Guard outer = co_await lock->lock();
            NestableLock::Guard inner = co_await lock->lock();
            co_await b.wait();
            log << (outer.isHeld() || inner.isHeld() ? "held" : "not held");
            inner.release();
            outer.release();
        };
        scope->spawn(nested);
        hold(lock->lock(), "A", a);
        lock.reset();
        settle();
        QCOMPARE(logged(), "A destroyed");
        open(b);
        QCOMPARE(logged(), "not held");
    }

    void AD_NLOCK_N3_afterTheHandOver()
    {
        auto lock = std::make_unique<NestableLock>();
        NestableLock::Guard owner = run(lock->lock());
        hold(lock->lock(), "A", a);
        owner.release();
        lock.reset();
        settle();
        QCOMPARE(logged(), "A");
    }

    void AD_NLOCK_N4()
    {
        NestableLock lock;
        const auto parent = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await lock.lock();
            co_await shield(holder(log, lock.lock(), "child", b));
        };
        auto P = scope->spawn(parent);
        hold(lock.lock(), "A", a);
        QCOMPARE(logged(), "child");
        cancel(P);
        QVERIFY(P.isCancelled());
        QCOMPARE(logged(), "");
        open(b);
        QCOMPARE(logged(), "child left, A");
    }

    void aGuardTakenByAChildMakesTheCallerHolder()
    {
        NestableLock lock;
        const auto body = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await withTimeout(1h, lock.lock());
            const NestableLock::Guard inner = co_await lock.lock();
            log << "self";
            co_await gather(holder(log, lock.lock(), "child", a), toTask(b.wait()));
        };
        NestableLock::Guard owner = run(lock.lock());
        scope->spawn(body);
        owner.release();
        settle();
        QCOMPARE(logged(), "self, child");
        hold(lock.lock(), "A", c);
        settle();
        QCOMPARE(logged(), "");
    }

    void aHoldTakenInsideATaskLocalIsKnownOutside()
    {
        NestableLock lock;
        TaskLocal<int> local{0};
        const auto takes = [&]() -> Task<NestableLock::Guard> { co_return co_await lock.lock(); };
        const auto body = [&]() -> Task<> {
            const NestableLock::Guard guard = co_await local.with(1, takes);
            const NestableLock::Guard inner = co_await lock.lock();
            log << "inside";
        };
        QVERIFY(scope->spawn(body).isFinished());
        QCOMPARE(logged(), "inside");
        QVERIFY(isFree(lock.lock()));
    }

    void aHoldTakenInsideATaskLocalIsInheritedOutside()
    {
        NestableLock lock;
        NestableLock brief;
        TaskLocal<int> local{0};
        NestableLock::Guard guard;
        const auto takes = [&]() -> Task<> {
            const NestableLock::Guard shortly = co_await brief.lock();
            guard = co_await lock.lock();
        };
        const auto nested = [&]() -> Task<> { co_await local.with(2, takes); };
        const auto body = [&]() -> Task<> {
            co_await local.with(1, nested);
            co_await gather(holder(log, lock.lock(), "child", a), toTask(b.wait()));
            log << QString::number(local.get());
            guard.release();
        };
        scope->spawn(body);
        QCOMPARE(logged(), "child");
        a.set();
        open(b);
        QCOMPARE(logged(), "child left, 0");
        QVERIFY(isFree(lock.lock()));
        QVERIFY(isFree(brief.lock()));
    }

    void aLaterHoldOfTheSameTaskIsAnotherOne()
    {
        NestableLock lock;
        const auto child = [&]() -> Task<> {
            co_await a.wait();
            const NestableLock::Guard guard = co_await lock.lock();
            log << "child";
        };
        const auto parent = [&]() -> Task<> {
            NestableLock::Guard guard = co_await lock.lock();
            scope->spawn(child);
            guard.release();
            guard = co_await lock.lock();
            co_await b.wait();
            log << "parent leaves";
        };
        scope->spawn(parent);
        open(a);
        QCOMPARE(logged(), "");
        open(b);
        QCOMPARE(logged(), "parent leaves, child");
    }

    void lockAfterLockNeedsNoMoreAndMoreMemory()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        std::vector<std::unique_ptr<NestableLock>> locks;
        for (int i = 0; i < 2'000; ++i)
            locks.push_back(std::make_unique<NestableLock>());
        std::vector<qint64> made;
        const auto handOverHand = [&]() -> Task<> {
            NestableLock::Guard guard = co_await locks.front()->lock();
            for (const auto &lock : locks) {
                const AllocationCount count;
                NestableLock::Guard next = co_await lock->lock();
                guard = std::move(next);
                made.push_back(count.bytes());
            }
        };
        QVERIFY(scope->spawn(handOverHand).isFinished());
        QCOMPARE(made.size(), locks.size());
        QCOMPARE(made.back(), made[10]);
    }
};

QTEST_GUILESS_MAIN(TestNestableLock)
#include "tst_nestablelock.moc"
