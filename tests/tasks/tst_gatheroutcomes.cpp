// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/gather.h>

using namespace Words;

class TestGatherOutcomes : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void TASKS_OUTCOMES_N1()
    {
        start(gatherOutcomes(vectorOf(val(a, 1, &p), err(b, "E", &q), val(c, 3, &r))));
        open(b);
        open(c);
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "[1, throws E, 3]");
        QCOMPARE(p.requests + q.requests + r.requests, 0);
    }

    void TASKS_OUTCOMES_N1_pack()
    {
        start(gatherOutcomes(val(a, 1), err(b), pass(a), val(c, QString("x"))));
        open(b);
        open(c);
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "(1, throws E, value, x)");
    }

    void TASKS_OUTCOMES_N2()
    {
        start(gatherOutcomes());
        QCOMPARE(result(), "()");
        start(gatherOutcomes(std::vector<Task<int>>()));
        QCOMPARE(result(), "[]");
        start(gatherOutcomes(now(1), nowErr()));
        QCOMPARE(result(), "(1, throws E)");
        start(gatherOutcomes(vectorOf(now(1), nowErr())));
        QCOMPARE(result(), "[1, throws E]");
    }

    void TASKS_OUTCOMES_N3()
    {
        H = scope->spawn(never());
        start(gatherOutcomes(H, val(b, 2, &p)));
        cancel(H);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "(throws Cancelled, 2)");
        QCOMPARE(p.requests, 0);
    }

    void TASKS_OUTCOMES_N4()
    {
        start(gatherOutcomes(slow(a, h, &p), val(b, 2, &q)));
        open(b);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 0);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void TASKS_OUTCOMES_N4_twice()
    {
        start(gatherOutcomes(slow(a, h, &p), val(b, 2)));
        open(b);
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void TASKS_OUTCOMES_N5()
    {
        start(gatherOutcomes(absorb(a, h, 1), dirty(b)));
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "(1, throws E), kept");
    }

    void TASKS_OUTCOMES_N6()
    {
        collectUnhandled();
        start(gatherOutcomes(slow(a, h), err(b)));
        open(b);
        cancel(C);
        QCOMPARE(unhandled, QStringList());
        open(h);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(unhandled, QStringList("E"));
    }
};

QTEST_MAIN(TestGatherOutcomes)
#include "tst_gatheroutcomes.moc"
