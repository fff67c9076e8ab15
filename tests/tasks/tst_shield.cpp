// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/shield.h>

using namespace Words;

namespace {

/// A request of its own is used up before \a awaitable is awaited.
template<typename A>
Task<AwaitResult<A>> afterAbsorbing(A awaitable)
{
    const InstanceCounter alive;
    requestSelf();
    std::ignore = co_await attempt(checkpoint());
    co_return co_await std::move(awaitable);
}

Task<QString> twoShields(Event &first, Event &second, Probe &p, Probe &q)
{
    const InstanceCounter alive;
    const int one = co_await shieldWait(val(first, 1, &p));
    const Outcome<> between = co_await attempt(checkpoint());
    const int two = co_await shieldWait(val(second, 2, &q));
    co_return QStringLiteral("%1 %2 %3").arg(one).arg(text(between)).arg(two);
}

/// Awaits a shield, and leaves a detached task when it is cancelled.
Task<int> leavesBehind(Event &gate, Event &cleanUp)
{
    requestSelf();
    std::ignore = co_await attempt(shield(slow(gate, cleanUp)));
    co_return 5;
}

} // namespace

class TestShield : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_SHIELD_01()
    {
        start(shield(val(g, 1)));
        start(shield(err(g)));
        open(g);
        QCOMPARE(result(), "1, throws E");
        H = scope->spawn(never());
        start(shield(H));
        cancel(H);
        QCOMPARE(result(), "throws Cancelled");
    }

    void AD_SHIELD_02()
    {
        start(shield(val(g, 1, &p)));
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(p.requests, 0);
        QVERIFY(!p.passed);
        open(g);
        QVERIFY(p.passed);
        QCOMPARE(p.requests, 0);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_SHIELD_03()
    {
        collectUnhandled();
        start(shield(err(g)));
        cancel(C);
        QCOMPARE(result(), "cancelled");
        open(g);
        QCOMPARE(unhandled, QStringList("E"));
    }

    void AD_SHIELD_05()
    {
        H = scope->spawn(now(1));
        startRequested(shield(H));
        QCOMPARE(result(), "1, kept");
    }

    void AD_SHIELD_06()
    {
        start(shield(val(g, InstanceCounter())));
        g.set();
        C.cancel();
        settle();
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);

        g.clear();
        H = scope->spawn(val(g, 1));
        scope->spawn(after(g, calling([this] { C.cancel(); })));
        start(shield(H));
        open(g);
        QCOMPARE(result(), "1, kept");
    }

    void AD_SHIELD_07()
    {
        H = scope->spawn(val(g, 1));
        start(shield(H));
        const TaskHandle<> other = C;
        start(shield(H));
        cancel(other);
        QVERIFY(other.isCancelled());
        open(g);
        QCOMPARE(result(), "1");
    }

    void AD_SHIELD_08()
    {
        QTimer::singleShot(0, &m_context, [this] { h.set(); });
        try {
            run(leavesBehind(g, h), RunOptions{.leftovers = Leftovers::Throw});
            QFAIL("nothing was thrown");
        } catch (const LeftoverTasks &) {
        }
    }

    void TASKS_SHIELD_N1()
    {
        start(shield(never(&p)));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);

        scope.emplace();
        start(shield(val(g, 1, &q)));
        cancel(C);
        scope.reset();
        QVERIFY(InstanceCounter::count() > 0);
        open(g);
        QVERIFY(q.passed);
    }

    void TASKS_SHIELD_N2()
    {
        start(shield(val(g, 1)));
        cancel(C);
        QVERIFY2(dumpTasks().contains("detached"), qPrintable(dumpTasks()));
        open(g);
        QCOMPARE(dumpTasks(), QString());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void TASKS_SHIELD_N3()
    {
        startRequested(shield(val(g, 1, &p)));
        QVERIFY(p.entered);
        QCOMPARE(result(), "cancelled");
        open(g);
        QVERIFY(p.passed);
        QCOMPARE(p.requests, 0);
    }

    void TASKS_SHIELD_N4()
    {
        H = scope->spawn(never(&p));
        TaskScope other;
        TaskHandle<> waiter = other.spawn(caller(log, shield(H)));
        cancel(waiter);
        QVERIFY(waiter.isCancelled());
        QVERIFY(!H.isFinished());
        scope.reset();
        QVERIFY(H.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L10_N3()
    {
        start(shield(slow(a, h, &p)));
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(p.requests, 0);
        QVERIFY(InstanceCounter::count() > 0);
        open(a);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void shieldOfWhatEndsAtOnce()
    {
        start(shield(now(1)));
        start(shield(nowErr()));
        QCOMPARE(result(), "1, throws E");
        startRequested(shield(now(1)));
        QCOMPARE(result(), "1, kept");
    }

    void shieldOfWhatUnwindsItself()
    {
        start(shield(unwinding(a)));
        open(a);
        QCOMPARE(result(), "cancelled");
        start(shield(unwinding(a)));
        QCOMPARE(result(), "cancelled");
    }

    void shieldedTaskCancelsItsWaiter()
    {
        start(shield(after(g, gather(calling([this] { C.cancel(); }), val(a, 1, &p)))));
        open(g);
        QCOMPARE(result(), "cancelled");
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 0);
        open(a);
        QVERIFY(p.passed);
    }

    void waiterIsCancelledWhileTheShieldedTaskStarts()
    {
        start(after(g, shield(gather(calling([this] { C.cancel(); }), val(a, 1, &p)))));
        open(g);
        QCOMPARE(result(), "cancelled");
        open(a);
        QVERIFY(p.passed);
    }

    // What shield() left behind in a gather does not hold it up.
    void shieldInsideAGather()
    {
        start(gather(shield(val(a, 1, &p)), slow(b, h)));
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
        open(a);
        QVERIFY(p.passed);
    }

    void AD_SWAIT_01()
    {
        start(shieldWait(val(g, 1)));
        start(shieldWait(err(g)));
        open(g);
        QCOMPARE(result(), "1, throws E");
    }

    void AD_SWAIT_02()
    {
        start(shieldWait(val(g, 1, &p)));
        cancel(C);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "1, kept");
    }

    void AD_SWAIT_03()
    {
        start(shieldWait(err(g)));
        cancel(C);
        open(g);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_SWAIT_04()
    {
        start(shieldWait(slow(g, h, &p)));
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_SWAIT_05()
    {
        start(shieldWait(absorb(g, h, 1)));
        cancel(C);
        cancel(C);
        open(h);
        QCOMPARE(result(), "1, kept");
    }

    void AD_SWAIT_06()
    {
        start(shieldWait(slow(g, h, &p)));
        cancel(C);
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_SWAIT_07()
    {
        for (const int requests : {0, -3}) {
            p = Probe();
            start(shieldWait(val(g, 1, &p), requests));
            cancel(C);
            QCOMPARE(p.requests, 1);
            QCOMPARE(result(), "cancelled");
        }
    }

    void AD_SWAIT_08()
    {
        start(shieldWait(slow(g, h, &p), 3));
        for (int i = 0; i < 3; ++i)
            cancel(C);
        QCOMPARE(p.requests, 0);
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_SWAIT_09()
    {
        H = scope->spawn(never());
        for (const int requests : {0, 1, 5})
            start(shieldWait(H, requests));
        cancel(H);
        QCOMPARE(result(), "throws Cancelled, throws Cancelled, throws Cancelled");
    }

    void AD_SWAIT_10()
    {
        start(shieldWait(val(g, 1)));
        g.set();
        cancel(C);
        QCOMPARE(result(), "1, kept");
    }

    void AD_SCTX_02()
    {
        start(afterAbsorbing(shieldWait(val(g, 1, &p))));
        cancel(C);
        QCOMPARE(p.requests, 0);
        open(g);
        QCOMPARE(result(), "1, kept");
    }

    void AD_SCTX_03()
    {
        start(afterAbsorbing(shieldWait(val(g, 1, &p))));
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void AD_SCTX_07()
    {
        start(twoShields(a, b, p, q));
        cancel(C);
        open(a);
        cancel(C);
        QCOMPARE(p.requests, 0);
        QCOMPARE(q.requests, 0);
        open(b);
        QCOMPARE(result(), "1 cancelled 2, kept");
    }

    void AD_SHD_08()
    {
        startRequested(shieldWait(val(g, 1, &p)));
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 0);
        open(g);
        QCOMPARE(result(), "1, kept");
    }

    void TASKS_SWAIT_N1()
    {
        startRequested(shieldWait(now(1)));
        QCOMPARE(result(), "1, kept");
    }

    void TASKS_SWAIT_N2()
    {
        start(shieldWait(slow(g, h, &p)));
        cancel(C);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
    }

    void nestedShieldWaits()
    {
        start(shieldWait(shieldWait(val(g, 1, &p))));
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 0);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void twoRequestsInOneTurnAreTwoToAShield()
    {
        start(shieldWait(val(g, 1, &p)));
        C.cancel();
        C.cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void AD_SFOREVER_01()
    {
        start(shieldForever(val(g, 1, &p)));
        for (int i = 0; i < 5; ++i)
            cancel(C);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "1, kept");
        QVERIFY(C.isCancelled());
    }

    void AD_SFOREVER_02()
    {
        start(shieldForever(err(g)));
        cancel(C);
        open(g);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_SFOREVER_03()
    {
        start(shieldForever(val(g, 1)));
        open(g);
        QCOMPARE(result(), "1");
    }

    void AD_SFOREVER_05()
    {
        H = scope->spawn(slow(a, h));
        start(shieldForever(H));
        cancel(H);
        QCOMPARE(result(), "pending");
        TaskHandle<int> other = scope->spawn(val(b, 1));
        open(b);
        QVERIFY(other.isFinished());
        open(h);
        QCOMPARE(result(), "throws Cancelled");
    }

    void TASKS_SFOREVER_N1()
    {
        start(shieldForever(never(&p)));
        cancel(C);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
    }

private:
    QObject m_context;
};

QTEST_GUILESS_MAIN(TestShield)
#include "tst_shield.moc"
