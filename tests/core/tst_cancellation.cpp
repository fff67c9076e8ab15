// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <CoDrive/tasks/gather.h>

using namespace Words;

class TestCancellation : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_CATCH_N2()
    {
        EventLog log;
        TaskScope scope;
        const auto inner = [&]() -> Task<> {
            const LogsDestruction local(log, "inner");
            co_await waitForever();
        };
        const auto outer = [&]() -> Task<> {
            const LogsDestruction local(log, "outer");
            co_await inner();
        };
        const auto body = [&]() -> Task<> {
            try {
                co_await catchable(outer());
            } catch (const Cancelled &) {
                log << "handler";
            }
            co_await yieldNow();
            log << "on";
        };
        auto c = scope.spawn(body);
        cancel(c);
        QCOMPARE(log.take(), QStringList({"inner", "outer", "handler", "on"}));
        QCOMPARE(text(c), "value");
    }

    void CORE_CATCH_N3_data()
    {
        QTest::addColumn<bool>("rethrown");
        QTest::newRow("not caught") << false;
        QTest::newRow("rethrown") << true;
    }
    void CORE_CATCH_N3()
    {
        QFETCH(bool, rethrown);
        EventLog log;
        TaskScope scope;
        const auto inner = [&]() -> Task<> {
            if (!rethrown) {
                co_await catchable(waitForever());
            } else {
                try {
                    co_await catchable(waitForever());
                } catch (const Cancelled &) {
                    log << "inner";
                    throw;
                }
            }
        };
        const auto middle = [&]() -> Task<> {
            try {
                co_await inner();
            } catch (...) {
                log << "middle";
                throw;
            }
        };
        const auto outer = [&]() -> Task<> {
            try {
                co_await middle();
            } catch (const std::exception &) {
                log << "outer";
                throw;
            }
        };
        scope.onError([&](std::exception_ptr, const TaskInfo &) { log << "reported"; });
        auto c = scope.spawn(outer);
        cancel(c);
        QCOMPARE(log.take(), rethrown ? QStringList({"inner", "middle", "outer"}) : QStringList({"middle", "outer"}));
        QVERIFY(c.isCancelled());
    }

    void CORE_CATCH_N4()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        scope.onError([&](std::exception_ptr error, const TaskInfo &) { log << "reported " + text(error); });
        auto other = scope.spawn(never());
        const auto body = [&]() -> Task<> {
            log << co_await textOf(catchable(val(g, 1)));
            log << co_await textOf(catchable(nowErr()));
            co_await catchable(other);
        };
        auto c = scope.spawn(body);
        open(g);
        cancel(other);
        QCOMPARE(log.take(), QStringList({"1", "throws E", "reported Cancelled"}));
        QVERIFY(c.isFinished() && !c.isCancelled());
    }

    void CORE_CATCH_N7()
    {
        Event a;
        EventLog log;
        TaskScope scope;
        auto c = scope.spawn(caller(log, catchable(gather(dirty(a)))));
        cancel(c);
        QCOMPARE(log.take(), QStringList({"throws E", "kept"}));
    }

    void CORE_CATCH_N8()
    {
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            bool isCaught = false;
            try {
                co_await catchable(waitForever());
            } catch (const Cancelled &) {
                isCaught = true;
            }
            if (isCaught) {
                const LogsDestruction local(log, "unwound");
                co_await waitForever();
                log << "passed";
            }
        };
        auto c = scope.spawn(body);
        cancel(c);
        QVERIFY(!c.isFinished());
        cancel(c);
        QVERIFY(c.isCancelled());
        QCOMPARE(log.take(), QStringList("unwound"));
    }

    void CORE_CATCH_N9()
    {
        EventLog log;
        auto scope = std::make_unique<TaskScope>();
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            try {
                co_await catchable(waitForever());
            } catch (...) {
                log << "caught";
            }
            log << "passed";
        };
        scope->spawn(body);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void CORE_ATTEMPT_N2()
    {
        Event a;
        Event h;
        Event g;
        Probe probe;
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const auto outcome = co_await attempt(gather(slow(a, h, &probe)));
            log << text(outcome);
            co_await g.wait();
            log << "on";
        };
        auto c = scope.spawn(body);
        cancel(c);
        QCOMPARE(probe.requests, 1);
        QCOMPARE(log.take(), QStringList());
        open(h);
        QCOMPARE(log.take(), QStringList("cancelled"));
        QVERIFY(!c.isFinished());
        open(g);
        QCOMPARE(log.take(), QStringList("on"));
    }

    void CORE_ATTEMPT_N3()
    {
        Event a;
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const auto outcome = co_await attempt(gather(dirty(a)));
            log << text(outcome);
            co_await waitForever();
        };
        auto c = scope.spawn(body);
        cancel(c);
        QCOMPARE(log.take(), QStringList("throws E"));
        QVERIFY(c.isCancelled());
    }

    void AD_CHECK_02()
    {
        EventLog log;
        TaskScope scope;
        TaskHandle<> c;
        Event g;
        const auto inner = [&]() -> Task<> {
            const LogsDestruction local(log, "inner");
            co_await checkpoint();
            log << "first";
            c.cancel();
            log << "computed";
            co_await checkpoint();
            log << "passed";
        };
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "outer");
            co_await g.wait();
            co_await inner();
        };
        c = scope.spawn(body);
        open(g);
        QCOMPARE(log.take(), QStringList({"first", "computed", "inner", "outer"}));
        QVERIFY(c.isCancelled());
    }

    void CORE_CHECK_N1()
    {
        EventLog log;
        TaskScope scope;
        TaskHandle<> c;
        Event g;
        const auto body = [&]() -> Task<> {
            co_await g.wait();
            c.cancel();
            const Outcome<> outcome = co_await attempt(checkpoint());
            log << text(outcome);
            co_await yieldNow();
            c.cancel();
            try {
                co_await catchable(checkpoint());
            } catch (const Cancelled &) {
                log << "Cancelled";
            }
            co_await yieldNow();
            log << "on";
        };
        c = scope.spawn(body);
        open(g);
        QCOMPARE(log.take(), QStringList({"cancelled", "Cancelled", "on"}));
        QCOMPARE(text(c), "value");
    }

    void CORE_CHECK_N2()
    {
        TaskScope scope;
        TaskHandle<> c;
        int steps = 0;
        const auto body = [&]() -> Task<> {
            co_await yieldNow();
            for (steps = 1; steps <= 100'000; ++steps) {
                if (steps == 2'500) {
                    QEventLoop nested;
                    QTimer::singleShot(0, [&] {
                        c.cancel();
                        nested.quit();
                    });
                    nested.exec();
                }
                if (steps % 1'000 == 0)
                    co_await checkpoint();
            }
        };
        c = scope.spawn(body);
        settle();
        QVERIFY(c.isCancelled());
        QCOMPARE(steps, 3'000);
    }

    void unwindEndsTheTaskAsCancelled()
    {
        EventLog log;
        TaskScope scope;
        scope.onError([&](std::exception_ptr, const TaskInfo &) { log << "reported"; });
        const auto inner = [&]() -> Task<> {
            const LogsDestruction local(log, "inner");
            co_await unwind();
            log << "passed";
        };
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "outer");
            co_await inner();
            log << "passed";
        };
        auto c = scope.spawn(body);
        QVERIFY(c.isCancelled());
        settle();
        QCOMPARE(log.take(), QStringList({"inner", "outer"}));
        const auto absorbing = [&]() -> Task<> {
            const Outcome<> outcome = co_await attempt(inner());
            log << text(outcome);
            co_await yieldNow();
            log << "on";
        };
        run(absorbing());
        QCOMPARE(log.take(), QStringList({"inner", "cancelled", "on"}));
    }
};

QTEST_GUILESS_MAIN(TestCancellation)
#include "tst_cancellation.moc"
