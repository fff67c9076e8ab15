// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/race.h>

using namespace Words;

class TestRace : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_RACE_01()
    {
        start(race(val(a, 1), slow(b, h, &p)));
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "0: 1");
    }

    void AD_RACE_03()
    {
        auto none = race(std::vector<Task<int>>());
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, run(std::move(none)));
    }

    void AD_RACE_04()
    {
        start(race(val(a, 1, &p), val(b, 2, &q), val(c, 3, &r)));
        open(c);
        QCOMPARE(result(), "2: 3");
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(r.requests, 0);
    }

    void AD_RACE_05()
    {
        start(race(val(a, 1), absorb(b, h, 2, &p)));
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "0: 1");
    }

    void AD_RACE_06()
    {
        start(race(err(a), slow(b, h)));
        open(a);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_RACE_07()
    {
        start(race(err(a, "E1"), dirty(b, "E2")));
        open(a);
        QCOMPARE(result(), "throws group [E1, E2]");
        a.clear();
        start(race(dirty(b, "E2"), dirty(c, "E3"), err(a, "E1")));
        open(a);
        QCOMPARE(result(), "throws group [E1, E2, E3]");
    }

    void AD_RACE_08()
    {
        start(race(val(a, 1), dirty(b, "E2")));
        open(a);
        QCOMPARE(result(), "throws E2");
    }

    void AD_RACE_09()
    {
        for (const bool isFirstFirst : {true, false}) {
            a.clear();
            b.clear();
            start(race(val(a, 1), val(b, 2)));
            (isFirstFirst ? a : b).set();
            (isFirstFirst ? b : a).set();
            settle();
            QCOMPARE(result(), isFirstFirst ? "0: 1" : "1: 2");
        }
    }

    void AD_RACE_10()
    {
        for (const bool isFirstFirst : {true, false}) {
            a.clear();
            b.clear();
            start(race(val(a, 1), err(b)));
            (isFirstFirst ? a : b).set();
            (isFirstFirst ? b : a).set();
            settle();
            QCOMPARE(result(), "throws E");
        }
    }

    void AD_RACE_12()
    {
        start(race(now(1), val(b, 2, &p)));
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "0: 1");
    }

    void AD_RAC_06()
    {
        H = scope->spawn(now(7));
        start(race(never(&p), H));
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "1: 7");
    }

    void AD_RACE_13()
    {
        start(race(slow(a, h1, &p), slow(b, h2, &q)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h1);
        QCOMPARE(result(), "pending");
        open(h2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_RACE_14()
    {
        start(race(absorb(a, h, 1)));
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "0: 1, kept");
    }

    void AD_RACE_15()
    {
        start(race(dirty(a), slow(b, h)));
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_RACE_16()
    {
        start(race(slow(a, h1, &p), slow(b, h2, &q)));
        cancel(C);
        open(h1);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_RACE_17()
    {
        for (const bool isCancelledTwice : {false, true}) {
            for (Event *const gate : {&a, &b, &h})
                gate->clear();
            p = Probe();
            start(race(val(a, 1), slow(b, h, &p)));
            open(a);
            cancel(C);
            QCOMPARE(p.requests, 1);
            QCOMPARE(result(), "pending");
            if (isCancelledTwice) {
                cancel(C);
                QCOMPARE(p.requests, 2);
            } else {
                open(h);
            }
            QCOMPARE(result(), "0: 1, kept");
        }
    }

    void AD_RACE_18()
    {
        start(race(val(a, 1), slow(b, h, &p)));
        a.set();
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "0: 1, kept");
    }

    void TASKS_RACE_N1()
    {
        start(race(val(a, 1), pass(b), val(c, QString("s"))));
        open(b);
        QCOMPARE(result(), "1: -");
        b.clear();
        start(race(val(a, 1), val(b, 2), val(c, 3)));
        open(b);
        QCOMPARE(result(), "1: 2");
    }

    void TASKS_RACE_N2()
    {
        start(race(vectorOf(val(a, std::make_unique<int>(1)), val(b, std::make_unique<int>(2)))));
        start(race(vectorOf(pass(a), pass(b))));
        start(race(never(), val(b, std::make_unique<int>(2))));
        open(b);
        QCOMPARE(result(), "1: *2, 1, 1: *2");
    }

    void TASKS_RACE_N3()
    {
        start(race(nowErr(), val(b, 2, &p)));
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws E");
    }

    void TASKS_RACE_N5()
    {
        start(race(slow(a, h1), absorb(b, h2, 2)));
        cancel(C);
        open(h2);
        QCOMPARE(result(), "pending");
        open(h1);
        QCOMPARE(result(), "1: 2, kept");
    }

    void TASKS_RACE_N6()
    {
        H = scope->spawn(never(&p));
        start(race(H, now(1)));
        settle();
        QCOMPARE(result(), "1: 1");
        QCOMPARE(p.requests, 0);
        QVERIFY(!H.isFinished());
    }

    // Law L9.
    void childThatUnwindsItselfIsNoWinner()
    {
        start(race(unwinding(a), val(b, 2, &p)));
        open(a);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "1: 2");
    }

    void allUnwindThemselves()
    {
        start(race(unwinding(a), unwinding(b)));
        open(a);
        open(b);
        QCOMPARE(result(), "cancelled");
    }

    void losersValueIsDropped()
    {
        start(race(val(a, InstanceCounter()), val(b, InstanceCounter())));
        const int before = InstanceCounter::count();
        a.set();
        b.set();
        settle();
        QCOMPARE(result(), "0: counted");
        QVERIFY(InstanceCounter::count() < before);
    }

    void nestedRaces()
    {
        start(race(slow(a, h1, &p), race(never(&q), val(b, 2))));
        open(b);
        QCOMPARE(q.requests, 1);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h1);
        QCOMPARE(result(), "1: 1: 2");
    }

    void winnerCancelsTheCaller()
    {
        start(race(after(a, calling([this] { C.cancel(); })), slow(b, h, &p)));
        open(a);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "0: 0, kept");
    }
};

QTEST_GUILESS_MAIN(TestRace)
#include "tst_race.moc"
