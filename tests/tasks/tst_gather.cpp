// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/qt/timer.h>
#include <CoDrive/tasks/gather.h>

using namespace Words;

namespace {

constexpr GatherOptions insensitive{.sensitive = false};

Task<int> errGroup(Event &gate)
{
    co_await gate.wait();
    std::vector<std::exception_ptr> errors;
    errors.push_back(std::make_exception_ptr(E("X")));
    errors.push_back(std::make_exception_ptr(E("Y")));
    std::rethrow_exception(ExceptionGroup::combine(errors));
    co_return 0;
}

Task<int> logs(EventLog &log, int number, Event &gate)
{
    log << QString::number(number);
    co_await gate.wait();
    co_return number;
}

/// The sum, so that the text stays short.
Task<int> sumOf(std::vector<Task<int>> tasks)
{
    const std::vector<int> numbers = co_await gather(std::move(tasks));
    int sum = 0;
    for (const int number : numbers)
        sum += number;
    co_return sum;
}

} // namespace

class TestGather : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_GATHER_01()
    {
        start(gather(val(a, 1), val(b, QString("x")), val(c, 3)));
        open(c);
        open(b);
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "(1, x, 3)");
    }

    void AD_GATHER_02()
    {
        start(gather());
        QCOMPARE(result(), "void");
        start(gather(std::vector<Task<int>>()));
        QCOMPARE(result(), "[]");
        start(gather(std::vector<Task<>>()));
        QCOMPARE(result(), "void");
    }

    void AD_GATHER_04()
    {
        start(gather(now(1), now(2)));
        QCOMPARE(result(), "(1, 2)");
        start(gather(vectorOf(now(1), now(2))));
        QCOMPARE(result(), "[1, 2]");
    }

    void AD_GATHER_05()
    {
        start(gather(err(a), slow(b, h1, &p), slow(c, h2, &q)));
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h1);
        QCOMPARE(result(), "pending");
        open(h2);
        QCOMPARE(result(), "throws E");
    }

    void AD_GATHER_06()
    {
        start(gather(dirty(a, "E1"), err(b, "E2")));
        open(b);
        QCOMPARE(result(), "throws group [E1, E2]");
    }

    void AD_GATHER_07()
    {
        for (const bool isInOrder : {true, false}) {
            a.clear();
            b.clear();
            start(gather(err(a, "E1"), err(b, "E2")));
            (isInOrder ? a : b).set();
            (isInOrder ? b : a).set();
            settle();
            QCOMPARE(result(), "throws group [E1, E2]");
        }
    }

    void AD_GATHER_08()
    {
        start(gather(err(a), absorb(b, h, 2, &p)));
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
        QCOMPARE(p.requests, 1);
    }

    void AD_GATHER_09()
    {
        start(gather(vectorOf(err(a), val(b, 2, &p)), insensitive));
        open(a);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "throws E");
        QVERIFY(p.passed);
    }

    void AD_GATHER_10()
    {
        start(gather(vectorOf(err(a, "E1"), err(b, "E2"), val(c, 3, &p)), insensitive));
        open(b);
        open(c);
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "throws group [E1, E2]");
        QCOMPARE(p.requests, 0);
    }

    void AD_GATHER_11()
    {
        H = scope->spawn(never());
        start(gather(H, slow(b, h, &p)));
        cancel(H);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws Cancelled");
    }

    void AD_GATHER_13()
    {
        start(gather(slow(a, h1, &p), slow(b, h2, &q)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h1);
        QCOMPARE(result(), "pending");
        open(h2);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_GATHER_15()
    {
        start(gather(dirty(a), slow(b, h)));
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_GATHER_16()
    {
        start(gather(slow(a, h1, &p), slow(b, h2, &q)));
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(q.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_GATHER_17()
    {
        start(gather(err(a), slow(b, h1, &p), slow(c, h2, &q)));
        open(a);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h1);
        open(h2);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_GATHER_18()
    {
        start(gather(err(a), slow(b, h1, &p), slow(c, h2, &q)));
        open(a);
        cancel(C);
        QCOMPARE(result(), "pending");
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(q.requests, 2);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_GATHER_19()
    {
        start(gather(vectorOf(slow(a, h1, &p), slow(b, h2, &q)), insensitive));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(q.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_GATHER_20()
    {
        start(gather(val(a, 1), val(b, 2)));
        a.set();
        b.set();
        cancel(C);
        QCOMPARE(result(), "(1, 2), kept");
    }

    void AD_GATHER_22()
    {
        startRequested(gather(val(a, 1, &p), val(b, 2, &q)));
        QVERIFY(p.entered && q.entered);
        QCOMPARE(result(), "pending");
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void AD_GATHER_23()
    {
        H = scope->spawn(never(&p));
        start(gather(H, err(a)));
        open(a);
        QCOMPARE(result(), "throws E");
        QCOMPARE(p.requests, 0);
        QVERIFY(!H.isFinished());
    }

    void AD_GATHER_24()
    {
        TaskHandle<QString> text = scope->spawn(val(a, QString("s")));
        start(gather(text, text));
        open(a);
        QCOMPARE(result(), "(s, s)");
    }

    void AD_GATHER_26()
    {
        start(gather(errGroup(a), val(b, 1)));
        open(a);
        QCOMPARE(result(), "throws group [X, Y]");
        a.clear();
        start(gather(errGroup(a), dirty(b)));
        open(a);
        QCOMPARE(result(), "throws group [group [X, Y], E]");
    }

    void AD_WAL_05()
    {
        start(gather(val(a, InstanceCounter()), slow(b, h, &p)));
        open(a);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_WAL_07()
    {
        start(gather(vectorOf(dirty(a, "E1"), dirty(b, "E2")), insensitive));
        cancel(C);
        QCOMPARE(result(), "throws group [E1, E2], kept");
    }

    void AD_WAL_09()
    {
        H = scope->spawn(never());
        start(gather(vectorOf(toTask(H), err(b)), insensitive));
        cancel(H);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "throws group [Cancelled, E]");
    }

    void AD_WAL_12() { sameErrorCountsOnce(); }
    void CORE_L11_N5() { sameErrorCountsOnce(); }

    void AD_WAL_13()
    {
        std::vector<Task<int>> tasks;
        QStringList numbers;
        for (int i = 0; i < 1000; ++i) {
            tasks.push_back(logs(log, i, i == 500 ? b : a));
            numbers << QString::number(i);
        }
        start(sumOf(std::move(tasks)));
        QCOMPARE(log.take(), numbers);
        open(a);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "499500");
    }

    void TASKS_GATHER_N1()
    {
        start(gather(pass(a), val(a, 1)));
        start(gather(pass(a), pass(a)));
        start(gather(vectorOf(pass(a), pass(a))));
        open(a);
        QCOMPARE(result(), "(-, 1), void, void");
        static_assert(std::is_same_v<AwaitResult<decltype(gather(pass(a), val(a, 1)))>,
                                     std::tuple<std::monostate, int>>);
    }

    void TASKS_GATHER_N2()
    {
        start(gather(val(a, std::make_unique<int>(1)), val(b, std::make_unique<int>(2))));
        start(gather(vectorOf(val(a, std::make_unique<int>(1)), val(b, std::make_unique<int>(2)))));
        open(a);
        open(b);
        QCOMPARE(result(), "(*1, *2), [*1, *2]");
    }

    void TASKS_GATHER_N3()
    {
        start(gather(nowErr(), val(b, 2, &p)));
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws E");
    }

    void TASKS_GATHER_N4()
    {
        start(gather(slow(a, h, &p), gather(never(&q), never(&r))));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests + q.requests + r.requests, 0);
    }

    void TASKS_GATHER_N5()
    {
        VirtualClock clock;
        H = scope->spawn(val(a, 2));
        QTimer timer;
        timer.setSingleShot(true);
        timer.start(0);
        start(gather(val(a, 1), H, sleepFor(U), b.wait(), &timer, [this] { return val(a, 3); }));
        open(a);
        clock.advance(U);
        QTRY_VERIFY(!timer.isActive());
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "(1, 2, -, -, -, 3)");
    }

    void TASKS_GATHER_N6()
    {
        start(after(g, gather(calling([this] { C.cancel(); }), val(a, 1, &p), val(b, 2, &q))));
        open(g);
        QVERIFY(p.entered && q.entered);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void CORE_L4_N4()
    {
        start(gather(val(a, 1)));
        H = scope->spawn(after(b, calling([this] { log << "X"; })));
        a.set();
        b.set();
        settle();
        QCOMPARE(result(), "(1), X");
    }

    void CORE_L11_N1()
    {
        start(gather(dirty(a), slow(b, h)));
        cancel(C);
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void CORE_L11_N2()
    {
        start(gather(absorb(a, h, 1), slow(b, k)));
        cancel(C);
        open(h);
        QCOMPARE(result(), "pending");
        open(k);
        QCOMPARE(result(), "cancelled");
    }

    void CORE_L12_N3()
    {
        start(gather(dirty(a), slow(b, h, &p)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws E, kept");
    }

    void CORE_L12_N6()
    {
        start(gather(val(a, 1, &p), slow(b, h, &q)));
        open(a);
        cancel(C);
        QCOMPARE(p.requests, 0);
        QCOMPARE(q.requests, 1);
    }

    void AD_NOTE_12()
    {
        start(gather(dirty(a, "E1"), dirty(b, "E2")));
        cancel(C);
        QCOMPARE(result(), "throws group [E1, E2], kept");
    }

    // Law L9: it cancels the siblings, and the waiter is unwound without a request.
    void childThatUnwindsItself()
    {
        start(gather(unwinding(a), slow(b, h, &p)));
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
        a.clear();
        b.clear();
        start(gather(vectorOf(unwinding(a), val(b, 2, &q)), insensitive));
        open(a);
        QCOMPARE(q.requests, 0);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "cancelled");
    }

    void childThatUnwindsItselfBesideAnError()
    {
        start(gather(unwinding(a), dirty(b)));
        open(a);
        QCOMPARE(result(), "throws E");
    }

    void emptyTaskAmongTheChildren()
    {
        Task<int> moved = val(a, 1);
        const Task<int> other = std::move(moved);
        start(gather(val(b, 2, &p), std::move(moved)));
        QCOMPARE(result(), "throws logic_error");
        QVERIFY(!p.entered);
    }

    void requestFromInsideAChildAtAnyDepth()
    {
        start(gather(slow(a, h, &p), gather(gather(after(g, calling([this] { C.cancel(); })), never(&q)))));
        open(g);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    // The gather lives on in the frame that caught its error.
    void errorThenFurtherWork()
    {
        start(gather(gather(err(a), slow(b, h, &p)), val(c, 1, &q)));
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 0);
        open(h);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "throws E");
    }

private:
    void sameErrorCountsOnce()
    {
        H = scope->spawn(err(a));
        start(gather(H, H));
        open(a);
        QCOMPARE(result(), "throws E");
    }
};

QTEST_GUILESS_MAIN(TestGather)
#include "tst_gather.moc"
