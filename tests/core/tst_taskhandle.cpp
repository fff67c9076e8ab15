// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <CoDrive/tasks/gather.h>

using namespace Words;

class TestTaskHandle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_L2_N4()
    {
        TaskScope scope;
        EventLog log;
        scope.onError([&](std::exception_ptr error, const TaskInfo &) { log << text(error); });
        auto handle = scope.spawn(nowErr());
        QVERIFY(handle.isFinished());
        QVERIFY(handle.outcome().isFailure());
        QCOMPARE(text(handle), "throws E");
        settle();
        QCOMPARE(log.take(), QStringList("E"));
    }

    void CORE_L2_N5()
    {
        TaskScope scope;
        auto handle = scope.spawn(now(5));
        QCOMPARE(text(handle), "5");
        QCOMPARE(scope.count(), 0);
        QVERIFY(!CoDrive::detail::Loop::current().hasReady());
    }

    void AD_GTASK_01()
    {
        Event a;
        Probe probe;
        TaskScope scope;
        auto handle = scope.spawn(val(a, 1, &probe));
        handle.cancel();
        QVERIFY(probe.entered);
        QVERIFY(!handle.isFinished());
        settle();
        QCOMPARE(text(handle), "cancelled");
        QVERIFY(!probe.passed);
    }

    void AD_GTASK_05()
    {
        TaskScope scope;
        auto handle = scope.spawn(now(1));
        cancel(handle);
        QCOMPARE(text(handle), "1");
        QVERIFY(!handle.isCancelled());
    }

    void AD_GTASK_06()
    {
        TaskScope scope;
        scope.onError([](std::exception_ptr, const TaskInfo &) { });
        auto value = scope.spawn(now(1));
        auto error = scope.spawn(nowErr());
        settle();
        cancel(value);
        cancel(error);
        QCOMPARE(text(value), "1");
        QCOMPARE(text(error), "throws E");
        QVERIFY(!value.isCancelled());
        QVERIFY(!error.isCancelled());
        QCOMPARE(run(textOf(value)), "1");
        QCOMPARE(run(textOf(error)), "throws E");
    }

    void AD_GTASK_07()
    {
        TaskScope scope;
        auto handle = scope.spawn(never());
        cancel(handle, "first");
        QVERIFY(handle.isCancelled());
        cancel(handle, "second");
        QCOMPARE(text(handle), "cancelled");
        try {
            run(handle);
            QFAIL("no Cancelled");
        } catch (const Cancelled &c) {
            QVERIFY(QString(c.what()).contains("first"));
        }
    }

    void AD_GTASK_10()
    {
        Event a;
        Event h;
        Probe probe;
        TaskScope scope;
        auto handle = scope.spawn(slow(a, h, &probe));
        cancel(handle);
        QCOMPARE(probe.requests, 1);
        QVERIFY(!handle.isFinished());
        cancel(handle);
        QCOMPARE(probe.requests, 2);
        QCOMPARE(text(handle), "cancelled");
    }

    void AD_GTASK_11()
    {
        Event gate;
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(val(gate, 1));
        TaskHandle<> c;
        const auto y = [&]() -> Task<> {
            co_await gate.wait();
            c.cancel();
        };
        scope.spawn(y);
        c = scope.spawn(caller(log, h));
        open(gate);
        QCOMPARE(log.take(), QStringList({"1", "kept"}));
        QCOMPARE(text(h), "1");
        QVERIFY(c.isCancelled());
    }

    void TASKS_HANDLE_N1()
    {
        TaskScope scope;
        scope.onError([](std::exception_ptr, const TaskInfo &) { });
        auto handle = scope.spawn(now(QString("text")));
        const auto twice = [&]() -> Task<QString> {
            const QString a = co_await handle;
            const QString b = co_await handle;
            co_return a + b;
        };
        auto first = scope.spawn(twice);
        auto second = scope.spawn(toTask(handle));
        QCOMPARE(text(first), "texttext");
        QCOMPARE(text(second), "text");
        auto failing = scope.spawn(nowErr());
        const void *seen[2] = {};
        const auto catchTwice = [&]() -> Task<> {
            for (const void *&place : seen) {
                try {
                    co_await failing;
                } catch (const E &e) {
                    place = &e;
                }
            }
        };
        QVERIFY(scope.spawn(catchTwice).isFinished());
        QVERIFY(seen[0]);
        QCOMPARE(seen[0], seen[1]);
    }

    void TASKS_HANDLE_N2()
    {
        static_assert(!Awaitable<TaskHandle<std::unique_ptr<int>> &>);
        const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
        TaskScope scope;
        auto handle = scope.spawn(make());
        auto copy = handle;
        const auto body = [&]() -> Task<int> {
            const std::unique_ptr<int> pointer = co_await std::move(handle);
            co_return *pointer;
        };
        QCOMPARE(run(body()), 5);
        const auto again = [&]() -> Task<> { co_await std::move(copy); };
        QVERIFY_THROWS_EXCEPTION(std::logic_error, run(again()));
    }

    void TASKS_HANDLE_N4()
    {
        Event g;
        TaskScope scope;
        auto a = scope.spawn(val(g, 1), "loader");
        auto b = a;
        QCOMPARE(a.name(), "loader");
        QCOMPARE(b.name(), "loader");
        b.cancel();
        settle();
        QVERIFY(a.isFinished() && b.isFinished());
        QCOMPARE(text(a), text(b));
        QVERIFY(a.isCancelled() && b.isCancelled());
    }

    void TASKS_HANDLE_N6()
    {
        EventLog log;
        TaskScope scope;
        TaskHandle<> self;
        Event g;
        const auto awaitsItself = [&]() -> Task<> {
            co_await g.wait();
            log << co_await textOf(self);
        };
        self = scope.spawn(awaitsItself);
        open(g);
        QCOMPARE(log.take(), QStringList("throws logic_error"));
        QVERIFY(self.isFinished());

        TaskHandle<> a;
        TaskHandle<> b;
        TaskHandle<> c;
        Event start;
        const auto awaits = [&](TaskHandle<> &other) -> Task<> {
            co_await start.wait();
            log << co_await textOf(other);
        };
        a = scope.spawn(awaits(b));
        b = scope.spawn(awaits(c));
        c = scope.spawn(awaits(a));
        open(start);
        QCOMPARE(log.take(), QStringList({"throws logic_error", "value", "value"}));
    }

    void TASKS_HANDLE_N6_belowACombinator()
    {
        EventLog log;
        TaskScope scope;
        TaskHandle<> outer;
        Event g;
        const auto inner = [&]() -> Task<> {
            co_await g.wait();
            const Outcome<> outcome = co_await attempt(outer);
            log << text(outcome);
            log << co_await textOf(outer);
        };
        const auto body = [&]() -> Task<> { co_await gather(inner(), toTask(g.wait())); };
        outer = scope.spawn(body);
        open(g);
        QCOMPARE(log.take(), QStringList({"throws logic_error", "throws logic_error"}));
        QVERIFY(outer.isFinished());
    }

    void TASKS_HANDLE_N8()
    {
        Event g;
        Probe probe;
        TaskScope scope;
        scope.spawn(val(g, 1, &probe));
        QCOMPARE(InstanceCounter::count(), 1);
        open(g);
        QVERIFY(probe.passed);
        QCOMPARE(scope.count(), 0);
    }

    void TASKS_HANDLE_N9()
    {
        Event g;
        TaskScope scope;
        auto counted = std::make_shared<int>(5);
        const std::weak_ptr<int> watcher = counted;
        auto body = [counted, &g]() -> Task<int> {
            co_await g.wait();
            co_return *counted;
        };
        auto handle = scope.spawn(std::move(body));
        counted.reset();
        QVERIFY(!watcher.expired());
        open(g);
        QCOMPARE(text(handle), "5");
        QVERIFY(watcher.expired());
    }

    void CORE_L9_N1()
    {
        EventLog log;
        Event g;
        TaskScope scope;
        auto h = scope.spawn(never(), "loader");
        QString what;
        const auto body = [&]() -> Task<> {
            try {
                co_await h;
            } catch (const std::exception &e) {
                what = e.what();
            }
            co_await g.wait();
            log << "on";
        };
        auto c = scope.spawn(body);
        cancel(h, "closed");
        QVERIFY2(what.contains("loader") && what.contains("closed"), qPrintable(what));
        QVERIFY(!c.isFinished());
        open(g);
        QCOMPARE(log.take(), QStringList("on"));
    }

    void CORE_L9_N2()
    {
        TaskScope scope;
        scope.onError([](std::exception_ptr, const TaskInfo &) { });
        auto h = scope.spawn(never());
        auto c = scope.spawn(toTask(h));
        cancel(h);
        QVERIFY(c.isFinished() && !c.isCancelled());
        QCOMPARE(text(c), "throws Cancelled");
    }

    void CORE_L9_N3()
    {
        Event g;
        Event k;
        Probe probe;
        TaskScope scope;
        auto h = scope.spawn(slow(g, k, &probe));
        auto c = scope.spawn(toTask(h));
        cancel(c);
        QVERIFY(c.isCancelled());
        QCOMPARE(probe.requests, 0);
        QVERIFY(!h.isFinished());
        open(g);
        QCOMPARE(text(h), "1");
    }

    void CORE_L9_N4()
    {
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(never());
        const auto body = [&]() -> Task<> {
            h.cancel();
            log << co_await textOf(h);
        };
        scope.spawn(body);
        settle();
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
    }

    void CORE_L13_N4()
    {
        TaskHandle<int> handle;
        {
            TaskScope scope;
            handle = scope.spawn(never(), "loader");
        }
        QVERIFY(handle.isFinished());
        QVERIFY(handle.isCancelled());
        cancel(handle);
        QCOMPARE(run(textOf(handle)), "throws Cancelled");
    }

    void CORE_L13_N5()
    {
        EventLog log;
        TaskScope scope;
        auto other = std::make_unique<TaskScope>();
        auto handle = other->spawn(never());
        auto c = scope.spawn(caller(log, handle));
        other.reset();
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
    }

    void anEmptyHandle()
    {
        TaskHandle<int> handle;
        QVERIFY(handle.isFinished());
        QVERIFY(handle.isCancelled());
        QCOMPARE(handle.name(), QString());
        handle.cancel();
        QCOMPARE(text(handle), "cancelled");
        QCOMPARE(run(textOf(handle)), "throws logic_error");
    }

    void theFirstReasonCounts()
    {
        TaskScope scope;
        auto h = scope.spawn(never());
        h.cancel();
        h.cancel("first");
        cancel(h, "second");
        QString what;
        try {
            run(h);
        } catch (const Cancelled &c) {
            what = c.what();
        }
        QVERIFY2(what.contains("first") && !what.contains("second"), qPrintable(what));
    }

    void aWaiterMayLeaveAmongOthers()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(val(g, 1));
        auto a = scope.spawn(caller(log, h));
        auto b = scope.spawn(caller(log, h));
        auto c = std::make_unique<TaskScope>();
        c->spawn(caller(log, h));
        cancel(a);
        c.reset();
        open(g);
        QCOMPARE(log.take(), QStringList("1"));
        QVERIFY(a.isCancelled());
        QVERIFY(!b.isFinished());
    }
};

QTEST_GUILESS_MAIN(TestTaskHandle)
#include "tst_taskhandle.moc"
