// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "allocations.h"
#include "synctest.h"

#include <CoDrive/sync/condition.h>

using namespace Words;

class TestCondition : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        begin();
        lock = std::make_unique<Lock>();
        condition = std::make_unique<Condition>(*lock);
    }
    void cleanup()
    {
        QCOMPARE(end(), QString());
        condition.reset();
        lock.reset();
    }

    void SYNC_COND_N1()
    {
        scope->spawn(waiter("A", a));
        scope->spawn(waiter("B", b));
        const auto owner = [&]() -> Task<> {
            const Lock::Guard guard = co_await lock->lock();
            condition->notifyAll();
            co_await c.wait();
        };
        scope->spawn(owner);
        settle();
        QCOMPARE(logged(), "");
        open(c);
        QCOMPARE(logged(), "A owns");
        open(a);
        QCOMPARE(logged(), "A left, B owns");
        open(b);
        QCOMPARE(logged(), "B left");
        QVERIFY(isFree(lock->lock()));
    }

    void SYNC_COND_N2()
    {
        scope->spawn(waiter("A", a));
        scope->spawn(waiter("B", b));
        condition->notifyOne();
        settle();
        open(a);
        QCOMPARE(logged(), "A owns, A left");
        condition->notifyOne();
        settle();
        QCOMPARE(logged(), "B owns");
    }

    void SYNC_COND_N3()
    {
        condition->notifyOne();
        condition->notifyAll();
        scope->spawn(waiter("A", a));
        settle();
        QCOMPARE(logged(), "");
    }

    void SYNC_COND_N4()
    {
        scope->spawn(waiter("A", a));
        QVERIFY(isFree(lock->lock()));
        hold(lock->lock(), "C", c);
        QCOMPARE(logged(), "C");
    }

    void SYNC_COND_N6_data()
    {
        QTest::addColumn<bool>("all");
        QTest::newRow("notifyOne") << false;
        QTest::newRow("notifyAll") << true;
    }
    void SYNC_COND_N6()
    {
        QFETCH(const bool, all);
        auto A = scope->spawn(waiter("A", a));
        scope->spawn(waiter("B", b));
        Lock::Guard owner = run(lock->lock());
        hold(lock->lock(), "C", c);
        if (all)
            condition->notifyAll();
        else
            condition->notifyOne();
        cancel(A);
        QVERIFY(A.isCancelled());
        QCOMPARE(logged(), "A left empty");
        owner.release();
        settle();
        QCOMPARE(logged(), "C");
        open(c);
        QCOMPARE(logged(), "C left, B owns");
    }

    void SYNC_COND_N7()
    {
        auto A = scope->spawn(waiter("A", a));
        condition->notifyOne();
        A.cancel();
        settle();
        QCOMPARE(logged(), "A owns");
        QVERIFY(A.isCancelled());
        QVERIFY(isFree(lock->lock()));
    }

    void SYNC_COND_N8_data()
    {
        QTest::addColumn<bool>("isLockFree");
        QTest::newRow("the lock was handed to it") << true;
        QTest::newRow("it waited for the lock") << false;
    }
    void SYNC_COND_N8()
    {
        QFETCH(const bool, isLockFree);
        other->spawn(waiter("A", a));
        scope->spawn(waiter("B", b));
        Lock::Guard owner;
        if (!isLockFree)
            owner = run(lock->lock());
        condition->notifyOne();
        other.reset();
        owner.release();
        QCOMPARE(InstanceCounter::count(), 1);
        QCOMPARE(logged(), "A left empty");
        settle();
        QCOMPARE(logged(), "B owns");
        open(b);
        QVERIFY(isFree(lock->lock()));
    }

    void SYNC_COND_N8_withoutAnotherWaiter()
    {
        other->spawn(waiter("A", a));
        condition->notifyOne();
        QVERIFY(lock->isLocked());
        other.reset();
        QCOMPARE(logged(), "A left empty");
        QVERIFY(isFree(lock->lock()));
        scope->spawn(waiter("B", b));
        settle();
        QCOMPARE(logged(), "");
    }

    void SYNC_COND_N8_theConditionIsGone()
    {
        other->spawn(waiter("A", a));
        condition->notifyOne();
        condition.reset();
        other.reset();
        QVERIFY(isFree(lock->lock()));
    }

    void SYNC_COND_N9_holdsAlready()
    {
        int calls = 0;
        const auto body = [&]() -> Task<> {
            Lock::Guard guard = co_await lock->lock();
            const auto predicate = [&] {
                ++calls;
                return lock->isLocked();
            };
            co_await condition->wait(guard, predicate);
            log << (guard.isHeld() ? "owns" : "empty");
        };
        QVERIFY(scope->spawn(body).isFinished());
        QCOMPARE(logged(), "owns");
        QCOMPARE(calls, 1);
    }

    void SYNC_COND_N9_goesOnWaiting()
    {
        bool isTrue = false;
        bool wasOwned = true;
        int calls = 0;
        const auto body = [&]() -> Task<> {
            Lock::Guard guard = co_await lock->lock();
            co_await condition->wait(guard, [&] {
                ++calls;
                wasOwned = wasOwned && guard.isHeld() && lock->isLocked();
                return isTrue;
            });
            log << (guard.isHeld() ? "owns" : "empty");
        };
        auto A = scope->spawn(body);
        QCOMPARE(calls, 1);
        condition->notifyOne();
        settle();
        QCOMPARE(calls, 2);
        QVERIFY(!A.isFinished());
        QVERIFY(isFree(lock->lock()));
        isTrue = true;
        settle();
        QCOMPARE(calls, 2);
        condition->notifyAll();
        settle();
        QCOMPARE(calls, 3);
        QVERIFY(wasOwned);
        QCOMPARE(logged(), "owns");
    }

    void SYNC_COND_N9_throws()
    {
        bool throws = false;
        const auto body = [&]() -> Task<> {
            Lock::Guard guard = co_await lock->lock();
            try {
                co_await condition->wait(guard, [&] {
                    if (throws)
                        throw E();
                    return false;
                });
            } catch (const E &e) {
                log << e.what() << (guard.isHeld() ? "owns" : "empty");
            }
            co_await a.wait();
        };
        scope->spawn(body);
        throws = true;
        condition->notifyOne();
        settle();
        QCOMPARE(logged(), "E, owns");
        open(a);
        QVERIFY(isFree(lock->lock()));
    }

    void SYNC_COND_N9_thePredicateDestroysTheCondition()
    {
        const auto body = [&]() -> Task<> {
            Lock::Guard guard = co_await lock->lock();
            try {
                co_await condition->wait(guard, [&] {
                    condition.reset();
                    return false;
                });
            } catch (const ObjectDestroyed &) {
                log << "destroyed" << (guard.isHeld() ? "owns" : "empty");
            }
        };
        QVERIFY(scope->spawn(body).isFinished());
        QCOMPARE(logged(), "destroyed, empty");
    }

    void SYNC_COND_N10()
    {
        const auto body = [&]() -> Task<> {
            Lock::Guard guard = co_await lock->lock();
            const Outcome<> outcome = co_await attempt(condition->wait(guard));
            log << text(outcome) << (guard.isHeld() ? "owns" : "empty");
            co_await a.wait();
        };
        auto A = scope->spawn(body);
        cancel(A);
        QCOMPARE(logged(), "cancelled, empty");
        QVERIFY(!A.isFinished());
        QVERIFY(isFree(lock->lock()));
    }

    void SYNC_COND_N11_data()
    {
        QTest::addColumn<bool>("isEmpty");
        QTest::addColumn<bool>("hasPredicate");
        QTest::newRow("empty") << true << false;
        QTest::newRow("of another lock") << false << false;
        QTest::newRow("empty, with a predicate") << true << true;
        QTest::newRow("of another lock, with a predicate") << false << true;
    }
    void SYNC_COND_N11()
    {
        QFETCH(const bool, isEmpty);
        QFETCH(const bool, hasPredicate);
        Lock another;
        Lock::Guard guard;
        if (!isEmpty)
            guard = run(another.lock());
        const auto body = [&]() -> Task<> {
            if (hasPredicate)
                co_await condition->wait(guard, [] { return true; });
            else
                co_await condition->wait(guard);
        };
        QVERIFY_THROWS_EXCEPTION(std::logic_error, run(body()));
        QCOMPARE(guard.isHeld(), !isEmpty);
        QCOMPARE(another.isLocked(), !isEmpty);
        QVERIFY(!lock->isLocked());
    }

    void SYNC_COND_N12_data()
    {
        QTest::addColumn<bool>("isLock");
        QTest::newRow("the condition") << false;
        QTest::newRow("the lock") << true;
    }
    void SYNC_COND_N12()
    {
        QFETCH(const bool, isLock);
        scope->spawn(waiter("A", a));
        scope->spawn(waiter("B", b));
        if (isLock)
            lock.reset();
        else
            condition.reset();
        QCOMPARE(logged(), "");
        settle();
        const QString name = isLock ? "CoDrive::Lock" : "CoDrive::Condition";
        QCOMPARE(logged().count(name), 2);
        QCOMPARE(InstanceCounter::count(), 0);
        if (isLock) {
            condition->notifyOne();
            condition->notifyAll();
        } else {
            QVERIFY(isFree(lock->lock()));
        }
    }

    void SYNC_COND_N12_afterTheNotification_data() { SYNC_COND_N12_data(); }
    void SYNC_COND_N12_afterTheNotification()
    {
        QFETCH(const bool, isLock);
        scope->spawn(waiter("A", a));
        condition->notifyOne();
        if (isLock)
            lock.reset();
        else
            condition.reset();
        settle();
        if (isLock)
            QVERIFY(logged().contains("A destroyed"));
        else
            QCOMPARE(logged(), "A owns");
    }

    void SYNC_COND_N12_whileItWaitsForTheLock()
    {
        scope->spawn(waiter("A", a));
        Lock::Guard owner = run(lock->lock());
        condition->notifyOne();
        lock.reset();
        settle();
        QVERIFY(logged().contains("A destroyed"));
        QVERIFY(!owner.isHeld());
    }

    void SYNC_COND_N12_withAPredicate()
    {
        const auto body = [&]() -> Task<> {
            Lock::Guard guard = co_await lock->lock();
            try {
                co_await condition->wait(guard, [] { return false; });
            } catch (const ObjectDestroyed &e) {
                log << e.what() << (guard.isHeld() ? "owns" : "empty");
            }
        };
        scope->spawn(body);
        condition->notifyOne();
        condition.reset();
        settle();
        QVERIFY(logged().endsWith("empty"));
        QVERIFY(isFree(lock->lock()));
    }

    void waitingAndWakingAllocateNothing()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        qint64 made = -1;
        int turns = 0;
        const auto play = [&]() -> Task<> {
            Lock::Guard guard = co_await lock->lock();
            std::optional<AllocationCount> count;
            for (int i = 0; i < 1'000; ++i) {
                ++turns;
                condition->notifyOne();
                co_await condition->wait(guard);
                if (!count)
                    count.emplace();
            }
            condition->notifyOne();
            made = count->made();
        };
        scope->spawn(play);
        scope->spawn(play);
        settle();
        QCOMPARE(turns, 2'000);
        QCOMPARE(made, 0);
    }

private:
    /// Waits once, and holds the lock until \a gate opens.
    Task<> waiter(QString name, Event &gate)
    {
        const InstanceCounter alive;
        Lock::Guard guard = co_await lock->lock();
        const OnDestruction leaves([&] {
            if (!guard.isHeld())
                log << name + " left empty";
        });
        try {
            co_await condition->wait(guard);
        } catch (const ObjectDestroyed &e) {
            log << name + " destroyed: " + e.what();
            co_return;
        }
        log << name + (guard.isHeld() ? " owns" : " is empty");
        co_await gate.wait();
        log << name + " left";
    }

    std::unique_ptr<Lock> lock;
    std::unique_ptr<Condition> condition;
};

QTEST_GUILESS_MAIN(TestCondition)
#include "tst_condition.moc"
