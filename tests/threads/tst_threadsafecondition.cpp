// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "threadstest.h"

#include <CoDrive/threads/threadsafecondition.h>
#include <CoDrive/threads/threadsafeevent.h>

using namespace Words;

using Guard = ThreadsafeLock::Guard;

class TestThreadsafeCondition : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        lock.emplace();
        condition.emplace(*lock);
        scope.emplace();
        other.emplace();
    }
    void cleanup()
    {
        scope.reset();
        other.reset();
        QVERIFY(!lock->isLocked());
        condition.reset();
        lock.reset();
        log.take();
        for (ThreadsafeEvent *const gate : {&a, &b, &c})
            gate->clear();
        QCOMPARE(leftBehind(), QString());
    }

    void AD_COND_01()
    {
        LoopThread W;
        LoopThread V;
        W.spawn(waiter("W", a));
        V.spawn(waiter("V", b));
        PlainThread plain([&] {
            Guard guard = lock->lockSync();
            condition->waitSync(guard);
            log.add(guard.isHeld() ? "plain owns" : "plain");
        });
        untilNotified(3);
        {
            const Guard guard = lock->lockSync();
            condition->notifyAll();
            settleAll(W, V);
            QCOMPARE(log.take(), "");
        }
        settleAll(W, V);
        QCOMPARE(log.take(), "W owns");
        a.set();
        settleAll(W, V);
        QCOMPARE(log.take(), "W left, V owns");
        b.set();
        settleAll(W, V);
        QCOMPARE(plain.text(), "value");
        QCOMPARE(log.take(), "V left, plain owns");
    }

    void AD_COND_03()
    {
        constexpr int rounds = 10'000;
        int notified = 0;
        int noticed = 0;
        PlainThread notifier([&] {
            for (int i = 0; i < rounds;) {
                const Guard guard = lock->lockSync();
                if (notified == noticed) { // the waiter waits, or is about to
                    ++notified;
                    ++i;
                    condition->notifyOne();
                }
            }
        });
        const auto body = [&]() -> Task<> {
            Guard guard = co_await lock->lock();
            while (noticed < rounds) {
                while (notified == noticed)
                    co_await condition->wait(guard);
                noticed = notified;
            }
        };
        run(body());
        QCOMPARE(notifier.text(), "value");
        QCOMPARE(noticed, rounds);
    }

    void AD_COND_05()
    {
        auto h = scope->spawn(waiter("A", a));
        scope->spawn(owner("third", b));
        settle();
        cancel(h);
        QVERIFY(h.isCancelled());
        QCOMPARE(log.take(), "third owns");
        QVERIFY(lock->isLocked());
        b.set();
        settle();
        QVERIFY(!lock->isLocked());
    }

    void AD_COND_06()
    {
        auto A = scope->spawn(waiter("A", a));
        scope->spawn(waiter("B", b));
        scope->spawn(waiter("C", c));
        Guard guard = lock->lockSync();
        condition->notifyAll();
        cancel(A);
        QVERIFY(A.isCancelled());
        guard.release();
        b.set();
        c.set();
        settle();
        QCOMPARE(log.take(), "B owns, B left, C owns, C left");
    }

    void AD_COND_08_data()
    {
        QTest::addColumn<bool>("isAll");
        QTest::newRow("notifyAll") << true;
        QTest::newRow("notifyOne") << false;
    }
    void AD_COND_08()
    {
        QFETCH(const bool, isAll);
        LoopThread D;
        D.spawn(waiter("dead", a));
        scope->spawn(waiter("live", b));
        D.quit();
        if (isAll)
            condition->notifyAll();
        else
            condition->notifyOne();
        settle();
        QCOMPARE(log.take(), "live owns");
        b.set();
        settle();
    }

    void aDeadWaiterThatHadTheLock()
    {
        LoopThread D;
        D.spawn(waiter("dead", a));
        scope->spawn(waiter("live", b));
        D.quitAfter([&] { condition->notifyOne(); });
        settle();
        QCOMPARE(log.take(), "live owns");
        b.set();
        settle();
    }

    void AD_COND_09()
    {
        ThreadsafeLock another;
        Guard empty;
        Guard foreign = another.lockSync();
        QCOMPARE(run(textOf(condition->wait(empty))), "throws logic_error");
        QCOMPARE(run(textOf(condition->wait(foreign))), "throws logic_error");
        QVERIFY(foreign.isHeld());
        QCOMPARE(textOfCall([&] { condition->waitSync(empty); }), "throws logic_error");
        QCOMPARE(textOfCall([&] { condition->waitSync(foreign); }), "throws logic_error");
        QVERIFY(foreign.isHeld());
        QVERIFY(another.isLocked());
    }

    void AD_COND_10()
    {
        auto h = scope->spawn(waiter("A", a));
        condition->notifyOne();
        h.cancel();
        settle();
        QCOMPARE(log.take(), "A owns");
        QVERIFY(h.isCancelled());
        QVERIFY(!lock->isLocked());
    }

    void AD_COND_N1()
    {
        auto A = scope->spawn(waiter("A", a));
        scope->spawn(waiter("B", b));
        Guard guard = lock->lockSync();
        condition->notifyOne();
        cancel(A);
        QVERIFY(A.isCancelled());
        guard.release();
        settle();
        QCOMPARE(log.take(), "B owns");
        b.set();
        settle();
    }

    void AD_COND_N2_data()
    {
        QTest::addColumn<bool>("isLockFree");
        QTest::newRow("before it got the lock") << false;
        QTest::newRow("before it resumed with it") << true;
    }
    void AD_COND_N2()
    {
        QFETCH(const bool, isLockFree);
        scope->spawn(waiter("A", a));
        other->spawn(waiter("B", b));
        Guard guard;
        if (!isLockFree)
            guard = lock->lockSync();
        condition->notifyOne();
        scope.reset();
        guard.release();
        settle();
        QCOMPARE(log.take(), "B owns");
        b.set();
        settle();
    }

    void aNotificationTakenIsNotPassedOn()
    {
        scope->spawn(waiter("A", a));
        other->spawn(waiter("B", b));
        condition->notifyOne();
        settle();
        scope.reset();
        settle();
        QCOMPARE(log.take(), "A owns");
    }

    void AD_COND_N3()
    {
        const auto body = [&]() -> Task<> {
            Guard guard = co_await lock->lock();
            const Outcome<> outcome = co_await attempt(condition->wait(guard));
            log.add(text(outcome) + (guard.isHeld() ? " owns" : " empty"));
        };
        auto h = scope->spawn(body);
        const Guard third = lock->lockSync();
        cancel(h);
        QCOMPARE(log.take(), "cancelled empty");
        QVERIFY(lock->isLocked());
    }

    void AD_COND_N4()
    {
        End w;
        LoopThread W;
        EventLog ends;
        const auto body = [&]() -> Task<bool> {
            Guard guard = co_await lock->lock();
            bool isHeld = true;
            try {
                co_await condition->wait(guard);
            } catch (const ObjectDestroyed &) {
                isHeld = guard.isHeld();
            }
            co_return isHeld;
        };
        auto task = body();
        W.spawn(noting(w, std::move(task)));
        PlainThread plain([&waiting = *condition, this] {
            Guard guard = lock->lockSync();
            const QString result = textOfCall([&] { waiting.waitSync(guard); });
            return result + (guard.isHeld() ? " owns" : " empty");
        });
        untilNotified(2);
        condition.reset();
        settleAll(W);
        QCOMPARE(w.text(), "0");
        QCOMPARE(plain.text(), "throws ObjectDestroyed empty");
    }

    void destroyedBeforeTheWaitBegan()
    {
        const auto body = [&]() -> Task<QString> {
            Guard guard = co_await lock->lock();
            auto wait = condition->wait(guard);
            condition.reset();
            const QString result = co_await textOf(std::move(wait));
            co_return result + (guard.isHeld() ? " owns" : " empty");
        };
        QCOMPARE(run(body()), "throws ObjectDestroyed empty");
        QVERIFY(!lock->isLocked());
    }

    void notifiedWhenTheLockIsGone()
    {
        EventLog ends;
        const auto body = [&]() -> Task<> {
            Guard guard = co_await lock->lock();
            co_await condition->wait(guard);
        };
        auto first = body();
        auto second = body();
        scope->spawn(caller(ends, std::move(first)));
        scope->spawn(caller(ends, std::move(second)));
        {
            const Guard guard = lock->lockSync();
            condition->notifyOne();
            lock.reset();
            condition->notifyOne();
        }
        settle();
        QCOMPARE(ends.take(),
                 QStringList({"throws ObjectDestroyed", "throws ObjectDestroyed"}));
        lock.emplace();
    }

    void syncInsideATask()
    {
        const auto body = [&]() -> Task<QString> {
            Guard guard = co_await lock->lock();
            co_return textOfCall([&] { condition->waitSync(guard); })
                + (guard.isHeld() ? " owns" : " empty");
        };
        QCOMPARE(run(body()), "throws logic_error owns");
    }

private:
    Task<> waiter(QString name, ThreadsafeEvent &gate)
    {
        const InstanceCounter alive;
        Guard guard = co_await lock->lock();
        co_await condition->wait(guard);
        log.add(name + (guard.isHeld() ? " owns" : " goes on"));
        co_await gate.wait();
        log.add(name + " left");
    }

    Task<> owner(QString name, ThreadsafeEvent &gate)
    {
        const Guard guard = co_await lock->lock();
        log.add(name + " owns");
        co_await gate.wait();
    }

    /// Returns when so many wait for a notification.
    void untilNotified(int count)
    {
        for (;;) {
            {
                const std::scoped_lock guard(lock->core()->m_mutex);
                if (condition->core()->count() == count)
                    return;
            }
            std::this_thread::yield();
        }
    }

    SharedLog log;
    ThreadsafeEvent a, b, c;
    std::optional<ThreadsafeLock> lock;
    std::optional<ThreadsafeCondition> condition;
    std::optional<TaskScope> scope;
    std::optional<TaskScope> other;
};

QTEST_GUILESS_MAIN(TestThreadsafeCondition)
#include "tst_threadsafecondition.moc"
