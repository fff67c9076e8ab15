// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/taskpool.h>

#include <functional>
#include <memory>

using namespace Words;

namespace {

/// Awaits \a gate; when it is cancelled there it calls \a cleanUp and waits for \a end.
Task<int> cleansUp(Event &gate, Event &end, std::function<void()> cleanUp)
{
    const InstanceCounter alive;
    const Outcome<> outcome = co_await attempt(gate.wait());
    if (outcome.isCancelled()) {
        cleanUp();
        co_await end.wait();
        co_await unwind();
    }
    co_return 1;
}

Task<int> logsNumber(EventLog &log, int number)
{
    log << show(number);
    co_return number;
}

} // namespace

class TestTaskPool : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        begin();
        pool.emplace();
    }
    void cleanup()
    {
        scope.reset();
        pool.reset();
        QCOMPARE(end(), QString());
    }

    void AD_POOL_01()
    {
        pool->spawn(val(a, 1, &p));
        pool->spawn(val(b, 2, &q));
        QVERIFY(!p.entered && !q.entered);
        start(pool->run());
        QVERIFY(p.entered && q.entered);
        open(a);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "void");
    }

    void AD_POOL_02()
    {
        start(pool->run());
        QCOMPARE(result(), "void");
    }

    void AD_POOL_03()
    {
        pool->spawn(val(a, 1, &p));
        const auto first = scope->spawn(shown(pool->run()));
        start(pool->run());
        QCOMPARE(result(), "throws logic_error");
        QCOMPARE(p.requests, 0);
        open(a);
        QCOMPARE(text(first), "void");
        start(pool->run());
        QCOMPARE(result(), "throws logic_error");
    }

    void AD_POOL_05()
    {
        auto run = pool->run();
        H = pool->spawn(val(a, 1, &p));
        QVERIFY(!p.entered);
        start(std::move(run));
        QVERIFY(p.entered);
        pool->spawn(val(b, 2, &q));
        QVERIFY(q.entered);
        open(a);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "void");
        QCOMPARE(text(H), "1");
        QVERIFY_THROWS_EXCEPTION(std::logic_error, pool->spawn(now(1, &r)));
        QVERIFY(!r.entered);
    }

    void AD_POOL_07()
    {
        pool->spawn(err(a));
        pool->spawn(dirty(b, "F"));
        start(pool->run());
        open(a);
        QCOMPARE(result(), "throws group [E, F]");
    }

    void AD_POOL_08()
    {
        pool->spawn(err(a));
        pool->spawn(err(b, "F"));
        start(pool->run());
        b.set();
        open(a);
        QCOMPARE(result(), "throws group [F, E]");
    }

    void AD_POOL_25()
    {
        pool->spawn(err(a));
        pool->spawn(cleansUp(b, h, [this] { H = pool->spawn(never(&p)); }));
        start(pool->run());
        open(a);
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 1);
        QCOMPARE(text(H), "cancelled");
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_POOL_28()
    {
        {
            const InstanceCounter counted;
            const auto task = [](InstanceCounter, Probe &probe) -> Task<> {
                probe.entered = true;
                co_return;
            };
            pool->spawn(task(counted, p));
            {
                const auto run = pool->run();
            }
            QVERIFY(InstanceCounter::count() > 1);
            pool.reset();
            QCOMPARE(InstanceCounter::count(), 1);
        }
        QVERIFY(!p.entered);
    }

    void AD_POOL_29()
    {
        const auto first = pool->spawn(now(1));
        const auto second = pool->spawn(after(a, now(2)));
        pool->spawn(calling([this] { a.set(); }));
        run(pool->run());
        QCOMPARE(text(first), "1");
        QCOMPARE(text(second), "2");
    }

    void AD_POOL_36()
    {
        H = pool->spawn(slow(a, h, &p));
        pool->spawn(val(b, 1, &q));
        start(pool->run());
        cancel(H);
        open(h);
        QCOMPARE(text(H), "cancelled");
        QCOMPARE(result(), "pending");
        open(b);
        QVERIFY(q.passed);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 0);
        QCOMPARE(result(), "void");
    }

    void AD_POOL_38()
    {
        H = pool->spawn(slow(a, h, &p));
        pool->spawn(err(b));
        start(pool->run());
        cancel(H);
        QCOMPARE(p.requests, 1);
        open(b);
        QCOMPARE(p.requests, 2);
        QCOMPARE(text(H), "cancelled");
        QCOMPARE(result(), "throws E");
    }

    void AD_POOL_41()
    {
        QStringList expected;
        for (int i = 0; i < 10; ++i) {
            pool->spawn(logsNumber(log, i));
            expected << show(i);
        }
        expected << QStringLiteral("void");
        start(pool->run());
        QCOMPARE(log.take(), expected);
    }

    void AD_POOL_43()
    {
        H = pool->spawn(slow(a, h, &p));
        pool->spawn(never(&q));
        start(pool->run());
        pool->cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "void");
    }

    void AD_POOL_43_byChild()
    {
        pool->spawn(slow(a, h, &p));
        pool->spawn(after(b, calling([this] { pool->cancel(); })));
        start(pool->run());
        open(b);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "void");
    }

    void AD_POOL_43_byAChildsFirstSegment()
    {
        pool->spawn(calling([this] { pool->cancel(); }));
        pool->spawn(slow(a, h, &p));
        start(pool->run());
        settle();
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "void");
    }

    void runnerDestroyedByAChildsFirstSegment()
    {
        std::optional<TaskScope> inner(std::in_place);
        pool->spawn(after(g, now(1)));
        g.set();
        pool->spawn(callingThenWaiting(log, [&] { inner.reset(); }));
        H = pool->spawn(val(a, 1, &q));
        start(H);
        inner->spawn(pool->run());
        settle();
        QVERIFY(!inner);
        QVERIFY(!q.entered);
        QCOMPARE(result(), "behind, throws Cancelled");
        QCOMPARE(text(H), "cancelled");
    }

    void TASKS_POOL_N1()
    {
        H = pool->spawn(val(a, 1, &p));
        H.cancel();
        auto other = pool->spawn(now(1, &q));
        other.cancel();
        QVERIFY(!H.isFinished());
        start(pool->run());
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QVERIFY(!p.passed);
        QCOMPARE(text(H), "cancelled");
        QCOMPARE(text(other), "1");
        QCOMPARE(result(), "void");
    }

    void TASKS_POOL_N2()
    {
        H = pool->spawn(never(&p));
        pool->spawn(never(&q));
        pool->cancel();
        start(pool->run());
        QVERIFY(p.entered && q.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(text(H), "cancelled");
        QCOMPARE(result(), "void");
    }

    void TASKS_POOL_N3()
    {
        H = pool->spawn(never(&p));
        pool->spawn(slow(a, h, &q));
        start(pool->run());
        const int before = InstanceCounter::count();
        pool.reset();
        QVERIFY(InstanceCounter::count() <= before - 2);
        QCOMPARE(text(H), "cancelled");
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
        QCOMPARE(p.requests + q.requests, 0);
    }

    void TASKS_POOL_N5()
    {
        pool->spawn(never(&q));
        H = pool->spawn(after(g, callingThenWaiting(log, [this] {
            const int before = InstanceCounter::count();
            pool.reset();
            log << (InstanceCounter::count() < before ? "other gone" : "other alive");
        })));
        start(pool->run());
        open(g);
        QCOMPARE(result(), "other gone, behind, throws ObjectDestroyed");
        QCOMPARE(q.requests, 0);
        QCOMPARE(text(H), "cancelled");
    }

    void TASKS_POOL_N6()
    {
        pool->spawn(dirty(a, "F"));
        start(pool->run());
        pool->cancel();
        settle();
        QCOMPARE(result(), "throws F");
    }

private:
    std::optional<TaskPool> pool;
};

QTEST_MAIN(TestTaskPool)
#include "tst_taskpool.moc"
