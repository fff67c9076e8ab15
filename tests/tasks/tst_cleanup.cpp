// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/gather.h>

using namespace Words;

namespace {

Task<> logs(EventLog &log, QString text)
{
    log << text;
    co_return;
}

Task<int> logsEnd(EventLog &log, Task<int> task)
{
    const LogsDestruction local(log, QStringLiteral("body gone"));
    co_return co_await std::move(task);
}

Task<> dropValue(Task<int> task)
{
    co_await std::move(task);
}

Task<int> five()
{
    co_return 5;
}

Task<> nothing()
{
    co_return;
}

} // namespace

class TestCleanup : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_CLEAN_01()
    {
        start(withCleanup([this] { return logsEnd(log, now(5)); }, [this] { return logsThenWaits(); }));
        QCOMPARE(log.take(), QStringList({"body gone", "cleanup"}));
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cleaned, 5");
    }

    void AD_CLEAN_02()
    {
        start(withCleanup([this] { return err(g); }, [this] { return logsThenWaits(); }));
        open(g);
        QCOMPARE(result(), "cleanup");
        open(h);
        QCOMPARE(result(), "cleaned, throws E");
    }

    void AD_CLEAN_03()
    {
        start(withCleanup([this] { return logsEnd(log, never()); }, [this] { return logsThenWaits(); }));
        cancel(C);
        QCOMPARE(log.take(), QStringList({"body gone", "cleanup"}));
        QVERIFY(!C.isFinished());
        open(h);
        QCOMPARE(log.take(), QStringList("cleaned"));
        QVERIFY(C.isCancelled());
    }

    void AD_CLEAN_04()
    {
        start(withCleanup([] { return now(5); }, [this] { return pass(h, &p); }));
        cancel(C);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5, kept");
    }

    void AD_CLEAN_05()
    {
        start(withCleanup([] { return never(); }, [this] { return pass(h, &p); }));
        cancel(C);
        QVERIFY(p.entered);
        cancel(C);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
        QVERIFY(p.passed);
    }

    void AD_CLEAN_06()
    {
        for (const bool isCancelledThrice : {false, true}) {
            p = Probe();
            h.clear();
            start(withCleanup([] { return now(5); }, [this] { return dropValue(slow(g, h, &p)); }));
            cancel(C);
            QCOMPARE(p.requests, 0);
            cancel(C);
            QCOMPARE(p.requests, 1);
            QCOMPARE(result(), "pending");
            if (isCancelledThrice) {
                cancel(C);
                QCOMPARE(p.requests, 2);
            } else {
                open(h);
            }
            QCOMPARE(result(), "cancelled");
        }
    }

    void AD_CLEAN_08()
    {
        start(withCleanup([] { return now(5); }, [] { return dropValue(nowErr("E2")); }));
        QCOMPARE(result(), "throws E2");
        start(withCleanup([this] { return err(g, "E1"); }, [this] { return dropValue(err(h, "E2")); }));
        open(g);
        open(h);
        QCOMPARE(result(), "throws group [E1, E2]");
    }

    void AD_CLEAN_09()
    {
        start(withCleanup([] { return nowErr(); }, [this] { return pass(h, &p); }));
        cancel(C);
        QCOMPARE(p.requests, 0);
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void TASKS_CLEAN_N1()
    {
        start(withCleanup([] { return never(); }, [this] { return dropValue(err(h, "E2")); }));
        cancel(C);
        open(h);
        QCOMPARE(result(), "throws E2, kept");
    }

    void TASKS_CLEAN_N2()
    {
        start(withCleanup([] { return never(); }, [this] { return logsThenWaits(); }));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(log.take(), QStringList());

        scope.emplace();
        start(withCleanup([] { return never(); }, [this] { return pass(h, &p); }));
        cancel(C);
        QVERIFY(p.entered);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
    }

    void CORE_L13_N3()
    {
        start(withCleanup([] { return never(); }, [this] { return logs(log, "cleanup"); }));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(log.take(), QStringList());
        scope.emplace();
        start(withCleanup([] { return never(); }, [this] { return logs(log, "cleanup"); }));
        cancel(C);
        QCOMPARE(log.take(), QStringList("cleanup"));
        QVERIFY(C.isCancelled());
    }

    void TASKS_CLEAN_N4()
    {
        startRequested(withCleanup([this] { return val(g, 1, &p); }, [this] { return pass(h, &q); }));
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QVERIFY(q.entered);
        open(h);
        QCOMPARE(result(), "cancelled");

        h.clear();
        r = Probe();
        startRequested(withCleanup([] { return now(5); }, [this] { return pass(h, &r); }));
        settle();
        QCOMPARE(r.requests, 0);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5, kept");
    }

    void TASKS_CLEAN_N5()
    {
        start(withCleanup([]() -> Task<int> { throw E(); }, [this] { return logs(log, "cleanup"); }));
        QCOMPARE(result(), "cleanup, throws E");
        start(withCleanup([]() -> Task<int> { throw E("E1"); }, []() -> Task<> { throw E("E2"); }));
        QCOMPARE(result(), "throws group [E1, E2]");
    }

    void TASKS_CLEAN_N6()
    {
        start(nested([] { return never(); }));
        cancel(C);
        QVERIFY(p.entered && !q.entered);
        open(h1);
        QVERIFY(p.passed && q.entered);
        QCOMPARE(result(), "pending");
        open(h2);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(p.requests + q.requests, 0);

        start(withCleanup([] { return withCleanup([] { return now(std::make_unique<int>(5)); }, nothing); }, nothing));
        QCOMPARE(result(), "*5");
    }

    void functionsInPlaceOfLambdas()
    {
        start(withCleanup(five, nothing));
        QCOMPARE(result(), "5");
    }

    // The request that ended the inner body is not lost in the outer clean-up.
    void errorOfAnOuterCleanUpKeepsTheRequestThatEndedTheInnerBody()
    {
        start(withCleanup([] { return withCleanup([] { return never(); }, nothing); },
                          [] { return dropValue(nowErr()); }));
        cancel(C);
        QCOMPARE(result(), "throws E, kept");
    }

    void requestThatEndedACleanUpIsNotLost()
    {
        start(withCleanup(
            [this] { return withCleanup([] { return now(5); }, [this] { return pass(h, &p); }); },
            [] { return dropValue(nowErr()); }));
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws E, kept");
    }

    void unwindingWithoutARequestKeepsNone()
    {
        start(withCleanup([this] { return unwinding(g); }, [] { return dropValue(nowErr()); }));
        open(g);
        QCOMPARE(result(), "throws E");
        start(withCleanup([this] { return unwinding(g); }, [this] { return logs(log, "cleanup"); }));
        QCOMPARE(result(), "cleanup");
        QVERIFY(C.isCancelled());
    }

    void cleanUpThatUnwindsItself()
    {
        start(withCleanup([] { return now(5); }, [this] { return dropValue(unwinding(g)); }));
        open(g);
        QCOMPARE(result(), "cancelled");
        start(withCleanup([] { return nowErr(); }, [this] { return dropValue(unwinding(g)); }));
        QCOMPARE(result(), "throws E");
    }

    void requestInTheTurnInWhichTheBodyEnds()
    {
        start(withCleanup([this] { return val(g, 5); }, [this] { return pass(h, &p); }));
        g.set();
        cancel(C);
        QCOMPARE(p.requests, 0);
        open(h);
        QCOMPARE(result(), "5, kept");
    }

    void bodyCancelsTheCaller()
    {
        start(withCleanup([this] { return after(g, callingThenWaiting(log, [this] { C.cancel(); })); },
                          [this] { return pass(h, &p); }));
        open(g);
        QCOMPARE(result(), "behind");
        QCOMPARE(p.requests, 0);
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void bodyDestroysTheScope()
    {
        start(withCleanup([this] { return after(g, callingThenWaiting(log, [this] { scope.reset(); })); },
                          [this] { return pass(h, &p); }));
        open(g);
        QCOMPARE(log.take(), QStringList("behind"));
        QVERIFY(!p.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    // A body that ends after it has destroyed the scope: nothing of the function goes on.
    void bodyDestroysTheScopeAndEnds()
    {
        start(withCleanup([this] { return after(g, calling([this] { scope.reset(); })); },
                          [this] { return pass(h, &p); }));
        open(g);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void cleanUpDestroysTheScope()
    {
        start(withCleanup([] { return now(5); }, [this] {
            return dropValue(after(g, callingThenWaiting(log, [this] { scope.reset(); })));
        }));
        open(g);
        QCOMPARE(log.take(), QStringList("behind"));
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void inAGather()
    {
        start(gather(withCleanup([] { return never(); }, [this] { return pass(h, &p); }), err(a)));
        open(a);
        QVERIFY(p.entered);
        QCOMPARE(result(), "pending");
        cancel(C);
        QCOMPARE(p.requests, 0);
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void destroyedUnawaited()
    {
        {
            const auto unused = withCleanup([this] { return val(a, 1, &p); }, [this] { return pass(h, &q); });
        }
        QVERIFY(!p.entered && !q.entered);
    }

private:
    Task<> logsThenWaits()
    {
        log << "cleanup";
        co_await h.wait();
        log << "cleaned";
    }
    template<typename Body>
    Task<int> nested(Body body)
    {
        co_return co_await withCleanup(
            [&] { return withCleanup([&] { return body(); }, [this] { return pass(h1, &p); }); },
            [this] { return pass(h2, &q); });
    }
};

QTEST_GUILESS_MAIN(TestCleanup)
#include "tst_cleanup.moc"
