// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/cancelandwait.h>

#include <functional>

using namespace Words;

namespace {

Task<QString> reasonOf(TaskHandle<int> handle)
{
    QString reason;
    try {
        co_await handle;
    } catch (const Cancelled &cancelled) {
        reason = QString::fromUtf8(cancelled.what());
    }
    co_return reason;
}

/// cancelAndWait() of what \a handle refers to by then, when \a gate has opened.
Task<int> cancelsLater(EventLog &log, Event &gate, TaskHandle<int> &handle)
{
    const InstanceCounter alive;
    co_await gate.wait();
    const QString result = co_await textOf(cancelAndWait(handle));
    log << result;
    const Outcome<> next = co_await attempt(checkpoint());
    if (next.isCancelled())
        log << QStringLiteral("kept");
    co_return 1;
}

Task<int> cancelsScope(TaskScope &scope)
{
    const InstanceCounter alive;
    co_await scope.cancelAndWait();
    co_return 1;
}

Task<int> awaitsHandle(TaskHandle<int> handle)
{
    co_return co_await handle;
}

} // namespace

class TestCancelAndWait : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        begin();
        scope->onError([](const std::exception_ptr &, const TaskInfo &) { });
    }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_CANCEL_02()
    {
        H = scope->spawn(absorb(a, h, 1));
        start(cancelAndWait(H));
        settle();
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "void");
        QCOMPARE(text(H), "1");
    }

    void AD_CANCEL_03()
    {
        int reported = 0;
        scope->onError([&reported](const std::exception_ptr &, const TaskInfo &) { ++reported; });
        H = scope->spawn(dirty(a));
        start(cancelAndWait(H));
        settle();
        QCOMPARE(result(), "throws E");
        QCOMPARE(reported, 0);
    }

    void AD_CANCEL_04()
    {
        H = scope->spawn(now(1));
        start(cancelAndWait(H));
        QCOMPARE(result(), "void");
        QCOMPARE(text(H), "1");
        H = scope->spawn(nowErr());
        start(cancelAndWait(H));
        QCOMPARE(result(), "throws E");
    }

    void AD_CANCEL_05()
    {
        H = scope->spawn(never());
        cancel(H);
        start(cancelAndWait(H));
        QCOMPARE(result(), "void");
    }

    void AD_CANCEL_06()
    {
        H = scope->spawn(slow(a, h, &p));
        cancel(H);
        QCOMPARE(p.requests, 1);
        start(cancelAndWait(H));
        settle();
        QCOMPARE(p.requests, 2);
        QCOMPARE(text(H), "cancelled");
        QCOMPARE(result(), "void");
    }

    void AD_CANCEL_07()
    {
        H = scope->spawn(slow(a, h, &p));
        start(cancelAndWait(H));
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "void, kept");
    }

    void AD_CANCEL_08()
    {
        H = scope->spawn(absorb(a, h, 1));
        start(cancelAndWait(H));
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "void, kept");
        QCOMPARE(text(H), "1");
    }

    void AD_CANCEL_09()
    {
        H = scope->spawn(slow(a, h));
        start(cancelAndWait(H));
        settle();
        h.set();
        cancel(C);
        QCOMPARE(result(), "void, kept");
    }

    void AD_CANCEL_10()
    {
        const auto failing = [this]() -> Task<int> {
            const Outcome<> waited = co_await attempt(a.wait());
            co_await h.wait();
            if (waited.isCancelled())
                throw E();
            co_return 1;
        };
        H = scope->spawn(failing());
        start(cancelAndWait(H));
        cancel(C);
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_CANCEL_11()
    {
        H = scope->spawn(never(), QStringLiteral("loader"));
        auto other = scope->spawn(reasonOf(H));
        start(cancelAndWait(H, QStringLiteral("closed")));
        settle();
        QCOMPARE(result(), "void");
        QVERIFY2(text(other).contains(QStringLiteral("closed")), qPrintable(text(other)));
    }

    void AD_CAN_07()
    {
        start(cancelAndWait(TaskHandle<int>()));
        QCOMPARE(result(), "void");
    }

    void AD_CAN_08()
    {
        H = scope->spawn(slow(a, h, &p));
        start(cancelAndWait(H));
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "void, kept");
        QCOMPARE(p.requests, 1);
    }

    void AD_CAN_09()
    {
        H = scope->spawn(slow(a, h, &p));
        start(cancelAndWait(H));
        settle();
        QCOMPARE(p.requests, 1);
        auto second = scope->spawn(shown(cancelAndWait(H)));
        settle();
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "void");
        QCOMPARE(text(second), "void");
    }

    void AD_CAN_10()
    {
        H = scope->spawn(cancelsLater(log, g, H));
        open(g);
        QCOMPARE(log.take(), QStringList("throws logic_error"));
        QCOMPARE(text(H), "1");
    }

    void AD_CAN_10_chain()
    {
        TaskHandle<int> waiting;
        H = scope->spawn(cancelsLater(log, g, waiting));
        waiting = scope->spawn(awaitsHandle(H));
        open(g);
        QCOMPARE(log.take(), QStringList("throws logic_error"));
        QCOMPARE(text(waiting), "1");
    }

    void TASKS_CANCEL_N1()
    {
        const std::vector handles{scope->spawn(slow(a, h1, &p)), scope->spawn(slow(b, h2, &q))};
        start(cancelAndWait(handles));
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h2);
        QCOMPARE(result(), "pending");
        open(h1);
        QCOMPARE(result(), "void");
        start(cancelAndWait(std::vector<TaskHandle<int>>()));
        QCOMPARE(result(), "void");
    }

    void TASKS_CANCEL_N2()
    {
        const std::vector handles{scope->spawn(dirty(a, "E1")), scope->spawn(slow(b, h)),
                                  scope->spawn(dirty(c, "E2"))};
        start(cancelAndWait(handles));
        settle();
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws group [E1, E2]");
    }

    void TASKS_CANCEL_N3()
    {
        TaskScope other;
        H = other.spawn(slow(a, h, &p));
        start(cancelAndWait(H));
        settle();
        const int before = InstanceCounter::count();
        scope.reset();
        QVERIFY(InstanceCounter::count() < before);
        QVERIFY(!H.isFinished());
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(text(H), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void scopesThatWaitForEachOther()
    {
        // Every request that one passes on comes back to it through the other.
        TaskScope other;
        H = scope->spawn(after(a, cancelsScope(other)));
        const auto second = other.spawn(after(a, cancelsScope(*scope)));
        open(a);
        QVERIFY(!H.isFinished());
        H.cancel();
        scope->cancel();
        settle();
        scope->cancel();
        settle();
        QVERIFY(!H.isFinished());
        QVERIFY(!second.isFinished());
    }

    void TASKS_CANCEL_N4()
    {
        const auto third = scope->spawn(never());
        const auto failing = [this, third]() -> Task<int> {
            const Outcome<> waited = co_await attempt(a.wait());
            Q_UNUSED(waited)
            co_return co_await third;
        };
        H = scope->spawn(failing());
        start(cancelAndWait(H));
        settle();
        cancel(third);
        QCOMPARE(result(), "throws Cancelled");
    }
};

QTEST_MAIN(TestCancelAndWait)
#include "tst_cancelandwait.moc"
