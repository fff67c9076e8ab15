// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/timeout.h>

using namespace Words;

namespace {

Task<int> fiveAfter(std::chrono::nanoseconds delay)
{
    const InstanceCounter alive;
    co_await sleepFor(delay);
    co_return 5;
}

Task<> sleepTimes(int count, int &ended)
{
    for (int i = 0; i < count; ++i) {
        co_await sleepFor(U);
        ++ended;
    }
}

Task<int> timeoutOfItsOwn(Event &gate)
{
    co_await gate.wait();
    throw TimeoutError();
    co_return 0;
}

/// The result of a withTimeout() inside another, caught between them.
Task<QString> innerTimeout(std::chrono::nanoseconds limit)
{
    QString result;
    try {
        const int value = co_await withTimeout(limit, never());
        result = show(value);
    } catch (const TimeoutError &) {
        result = QStringLiteral("inner timeout");
    }
    co_return result;
}

Task<QString> timeoutThenSleep(EventLog &log)
{
    const QString result = co_await innerTimeout(U);
    log << result;
    co_await sleepFor(3 * U);
    co_return QStringLiteral("slept");
}

} // namespace

class TestTimeout : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        begin();
        clock.emplace();
    }
    void cleanup()
    {
        QCOMPARE(end(), QString());
        clock.reset();
    }

    void AD_TMO_01()
    {
        start(withTimeout(10 * U, fiveAfter(U)));
        clock->advance(U);
        QCOMPARE(result(), "5");
        QVERIFY(hasNoTimer());
    }

    void AD_TMO_02()
    {
        start(withTimeout(2 * U, never(&p)));
        clock->advance(2 * U - 1ns);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        clock->advance(1ns);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws timed out after 100 ms");
    }

    void AD_TMO_03()
    {
        start(withTimeout(2 * U, slow(a, h)));
        clock->advance(2 * U);
        QCOMPARE(result(), "pending");
        clock->advance(2 * U);
        open(h);
        QCOMPARE(result(), "throws timed out after 100 ms");
    }

    void AD_TMO_06()
    {
        start(withTimeout(2 * U, slow(a, h, &p)));
        clock->advance(3 * U);
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_TMO_07()
    {
        start(withTimeout(2 * U, dirty(a)));
        clock->advance(2 * U);
        QCOMPARE(result(), "throws E");
    }

    void AD_TMO_08()
    {
        start(withTimeout(2 * U, absorb(a, h, 5)));
        clock->advance(3 * U);
        open(h);
        QCOMPARE(result(), "5");
    }

    void AD_TMO_09()
    {
        start(withTimeout(10 * U, innerTimeout(2 * U)));
        clock->advance(2 * U);
        QCOMPARE(result(), "inner timeout");
        QVERIFY(hasNoTimer());
        start(withTimeout(2 * U, innerTimeout(10 * U)));
        clock->advance(2 * U);
        QCOMPARE(result(), "throws timed out after 100 ms");
        QVERIFY(hasNoTimer());
    }

    void AD_TMO_10()
    {
        start(timeoutThenSleep(log));
        clock->advance(U);
        QCOMPARE(result(), "inner timeout");
        clock->advance(3 * U - 1ns);
        QCOMPARE(result(), "pending");
        clock->advance(1ns);
        QCOMPARE(result(), "slept");
    }

    void AD_TMO_11()
    {
        start(withTimeout(2 * U, val(a, 1, &p)));
        open(a);
        clock->advance(10 * U);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "1");
    }

    void AD_TMO_12()
    {
        for (const std::chrono::nanoseconds duration : {0ns, std::chrono::nanoseconds(-U), std::chrono::nanoseconds::min()}) {
            p = Probe();
            start(withTimeout(duration, val(a, 1, &p)));
            QVERIFY(p.entered);
            settle();
            QCOMPARE(p.requests, 1);
            QVERIFY(result().startsWith("throws timed out"));
            start(withTimeout(duration, now(5)));
            QCOMPARE(result(), "5");
        }
    }

    void AD_TMO_13()
    {
        int ended = 0;
        start(withTimeout(7 * U / 2, sleepTimes(5, ended)));
        clock->advance(7 * U / 2);
        QCOMPARE(ended, 3);
        QCOMPARE(result(), "throws timed out after 175 ms");
    }

    void AD_SHD_10()
    {
        start(withTimeout(2 * U, shieldWait(fiveAfter(4 * U))));
        clock->advance(4 * U - 1ns);
        QCOMPARE(result(), "pending");
        clock->advance(1ns);
        QCOMPARE(result(), "5");
    }

    void TASKS_TIMEOUT_N1()
    {
        start(withTimeout(2 * U, val(g, 5)));
        clock->advance(2 * U - 1ns);
        g.set();
        expire();
        settle();
        QCOMPARE(result(), "5");

        g.clear();
        start(withTimeout(2 * U, val(g, 5)));
        expire();
        g.set();
        settle();
        QCOMPARE(result(), "throws timed out after 100 ms");
    }

    void TASKS_TIMEOUT_N2()
    {
        start(moveOnAfter(2 * U, val(a, 5)));
        start(moveOnAfter(2 * U, pass(a)));
        start(moveOnAfter(2 * U, err(a)));
        open(a);
        QCOMPARE(result(), "5, true, throws E");
        a.clear();
        start(moveOnAfter(2 * U, slow(a, h)));
        start(moveOnAfter(2 * U, pass(a)));
        clock->advance(2 * U);
        QCOMPARE(result(), "false");
        open(h);
        QCOMPARE(result(), "empty");
    }

    void TASKS_TIMEOUT_N3()
    {
        start(moveOnAfter(2 * U, absorb(a, h, 5)));
        clock->advance(2 * U);
        open(h);
        QCOMPARE(result(), "5");
        start(moveOnAfter(2 * U, dirty(a)));
        clock->advance(2 * U);
        QCOMPARE(result(), "throws E");
    }

    void TASKS_TIMEOUT_N4()
    {
        start(withDeadline(timeNow() + 2 * U, never()));
        clock->advance(2 * U - 1ns);
        QCOMPARE(result(), "pending");
        clock->advance(1ns);
        QCOMPARE(result(), "throws timed out: the deadline has passed");
        for (const auto deadline : {timeNow(), timeNow() - U, std::chrono::steady_clock::time_point::min()}) {
            p = Probe();
            start(withDeadline(deadline, val(a, 1, &p)));
            QVERIFY(p.entered);
            settle();
            QCOMPARE(p.requests, 1);
            QCOMPARE(result(), "throws timed out: the deadline has passed");
            start(withDeadline(deadline, now(5)));
            QCOMPARE(result(), "5");
        }
    }

    void TASKS_TIMEOUT_N5()
    {
        const auto deadline = timeNow() + 2 * U;
        start(withDeadline(deadline, withTimeout(2 * U, never(&p))));
        clock->advance(2 * U);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws timed out: the deadline has passed");
    }

    void TASKS_TIMEOUT_N6()
    {
        start(moveOnAfter(2 * U, timeoutOfItsOwn(a)));
        open(a);
        QCOMPARE(result(), "throws timed out: the deadline has passed");
    }

    void TASKS_TIMEOUT_N7()
    {
        H = scope->spawn(never(&p));
        start(withTimeout(2 * U, H));
        clock->advance(2 * U);
        QCOMPARE(result(), "throws timed out after 100 ms");
        QCOMPARE(p.requests, 0);
        QVERIFY(!H.isFinished());
    }

    void TASKS_TIMEOUT_N8()
    {
        start(withTimeout(2 * U, slow(a, h, &p)));
        start(withTimeout(std::chrono::nanoseconds::max(), never()));
        start(withTimeout(std::chrono::hours::max(), never()));
        start(withTimeout(std::chrono::duration<double>::max(), never()));
        start(withDeadline(std::chrono::steady_clock::time_point::max(), never()));
        clock->advance(U);
        QCOMPARE(result(), "pending");
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
        QVERIFY(hasNoTimer());
    }

    void TASKS_TIMEOUT_N9()
    {
        start(withTimeout(2 * U, val(a, std::make_unique<int>(1))));
        start(moveOnAfter(2 * U, val(a, std::make_unique<int>(2))));
        open(a);
        QCOMPARE(result(), "*1, *2");
    }

    void requestBeforeTheDeadline()
    {
        start(withTimeout(2 * U, slow(a, h, &p)));
        cancel(C);
        clock->advance(10 * U);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void secondRequestAfterTheDeadline()
    {
        start(moveOnAfter(2 * U, slow(a, h, &p)));
        clock->advance(2 * U);
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void valueAfterDeadlineAndRequest()
    {
        start(moveOnAfter(2 * U, absorb(a, h, 5, &p)));
        clock->advance(2 * U);
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "5, kept");
    }

    void requestAndDeadlineInTheSameTurn()
    {
        for (const bool isRequestFirst : {true, false}) {
            start(withTimeout(2 * U, never()));
            if (isRequestFirst)
                C.cancel();
            expire();
            if (!isRequestFirst)
                C.cancel();
            settle();
            QCOMPARE(result(), "cancelled");
        }
    }

    // What ends in the turn of the deadline by unwind() counts as too late.
    void childThatUnwindsItself()
    {
        start(moveOnAfter(2 * U, unwinding(a)));
        open(a);
        QCOMPARE(result(), "cancelled");
        QVERIFY(hasNoTimer());
        a.clear();
        start(moveOnAfter(2 * U, unwinding(a)));
        a.set();
        expire();
        settle();
        QCOMPARE(result(), "empty");
    }

    void childThatCancelsTheCallerAtOnce()
    {
        start(after(g, withTimeout(2 * U, calling([this] { C.cancel(); }))));
        open(g);
        QCOMPARE(result(), "0, kept");
        QVERIFY(hasNoTimer());
    }

    void emptyTask()
    {
        Task<int> moved = now(1);
        const Task<int> other = std::move(moved);
        start(withTimeout(2 * U, std::move(moved)));
        QCOMPARE(result(), "throws logic_error");
        QVERIFY(hasNoTimer());
    }

    void deadlineInsideACleanUp()
    {
        start(withTimeout(2 * U, gather(slow(a, h, &p), moveOnAfter(U, never(&q)))));
        clock->advance(2 * U);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h);
        QCOMPARE(result(), "throws timed out after 100 ms");
    }

private:
    static CoDrive::detail::Loop &loop() { return CoDrive::detail::Loop::current(); }
    static bool hasNoTimer() { return loop().timers().isEmpty(); }
    static std::chrono::steady_clock::time_point timeNow() { return loop().now(); }
    /// The next deadline comes; nobody is resumed yet.
    static void expire()
    {
        const auto deadline = loop().timers().first()->deadline();
        CoDrive::detail::TimerNode *const node = loop().timers().takeExpired(deadline);
        QVERIFY(node);
        node->expired();
    }

    std::optional<VirtualClock> clock;
};

QTEST_GUILESS_MAIN(TestTimeout)
#include "tst_timeout.moc"
