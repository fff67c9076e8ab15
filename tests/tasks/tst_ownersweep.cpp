// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Every function that awaits children, with its owner destroyed before each thing that happens.

#include "ownersweep.h"
#include "taskstest.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/process/signal.h>
#include <CoDrive/qt/future.h>
#include <CoDrive/qt/interop.h>
#include <CoDrive/qt/owner.h>
#include <CoDrive/tasks/awaitables.h>
#include <CoDrive/tasks/cancelandwait.h>
#include <CoDrive/tasks/cancelscope.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/context.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/suppress.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskpool.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>
#include <CoDrive/threads/threadloop.h>
#include <CoDrive/threads/tothread.h>

#include <functional>

using namespace Words;

namespace {

Task<> waits(int units = 1)
{
    const InstanceCounter alive;
    co_await sleepFor(units * U);
    co_await yieldNow();
}

Task<int> works(int value, int units = 1)
{
    const InstanceCounter alive;
    co_await waits(units);
    co_return value;
}

Task<int> fails(int units = 1)
{
    const InstanceCounter alive;
    co_await waits(units);
    throw E();
}

/// Cleans up for a while when it is cancelled.
Task<int> lingers(int units)
{
    const InstanceCounter alive;
    const Outcome<int> outcome = co_await attempt(works(1, units));
    if (outcome.isCancelled()) {
        co_await waits();
        co_await unwind();
    }
    co_return 1;
}

class Context
{
public:
    explicit Context(int units)
        : m_units(units)
    {
    }
    Task<int> enter() { return works(m_units, m_units); }
    Task<> exit() { return waits(m_units); }

private:
    int m_units;
    InstanceCounter m_alive;
};

using Scenario = std::function<Task<>()>;

struct Row
{
    const char *name;
    Scenario scenario;
};

const std::vector<Row> &rows()
{
    static const std::vector<Row> all = [] {
        std::vector<Row> result;
        const auto add = [&](const char *name, Scenario scenario) {
            result.push_back(Row{name, std::move(scenario)});
        };
        add("await", []() -> Task<> { co_await works(1); });
        add("attempt", []() -> Task<> { static_cast<void>(co_await attempt(fails())); });
        add("catchable", []() -> Task<> { co_await catchable(works(1)); });
        add("gather", []() -> Task<> { co_await gather(works(1), lingers(2), waits(3)); });
        add("gather with an error", []() -> Task<> { co_await gather(works(1), fails(2), lingers(5)); });
        add("gather of a vector", []() -> Task<> {
            co_await gather(vectorOf(works(1), works(2), fails(3)), {.sensitive = false});
        });
        add("gatherOutcomes", []() -> Task<> { co_await gatherOutcomes(works(1), fails(2), lingers(3)); });
        add("race", []() -> Task<> { co_await race(works(1, 2), lingers(5), waits(9)); });
        add("firstSuccess", []() -> Task<> { co_await firstSuccess(vectorOf(fails(1), works(1, 3), lingers(5))); });
        add("withTaskGroup", []() -> Task<> {
            co_await withTaskGroup([](TaskGroup &group) -> Task<> {
                group.spawn(works(1, 3));
                group.spawn(lingers(2));
                co_await waits();
                group.spawn(waits());
            });
        });
        add("withTaskGroup with an error", []() -> Task<> {
            co_await withTaskGroup([](TaskGroup &group) -> Task<> {
                group.spawn(fails(2));
                group.spawn(lingers(5));
                co_await waits(4);
            });
        });
        add("withVolatileTaskGroup", []() -> Task<> {
            co_await withVolatileTaskGroup([](TaskGroup &group) -> Task<> {
                group.spawn(works(1, 9));
                group.spawn(lingers(9));
                co_await waits();
            });
        });
        add("TaskPool", []() -> Task<> {
            TaskPool pool;
            pool.spawn(works(1));
            pool.spawn(lingers(3));
            co_await pool.run();
        });
        add("TaskScope", []() -> Task<> {
            TaskScope scope;
            scope.onError([](std::exception_ptr, const TaskInfo &) { });
            scope.spawn(fails(1));
            const auto handle = scope.spawn(lingers(5));
            co_await waits();
            co_await cancelAndWait(handle);
            scope.spawn(lingers(5));
            co_await scope.cancelAndWait();
            scope.spawn(waits());
            co_await scope.join();
        });
        add("withTaskScope", []() -> Task<> {
            co_await withTaskScope([](TaskScope &scope) -> Task<> {
                scope.onError([](std::exception_ptr, const TaskInfo &) { });
                scope.spawn(fails(1));
                scope.spawn(lingers(3));
                co_await waits();
            });
        });
        add("withTimeout", []() -> Task<> { co_await withTimeout(2 * U, lingers(5)); });
        add("moveOnAfter", []() -> Task<> { co_await moveOnAfter(2 * U, lingers(5)); });
        add("withDeadline", []() -> Task<> {
            co_await withDeadline(CoDrive::detail::Loop::current().now() + 2 * U, works(1));
        });
        add("withCancelScope", []() -> Task<> {
            co_await withCancelScope([](CancelScope scope) -> Task<> {
                co_await waits();
                scope.cancel();
                co_await lingers(3);
            });
        });
        add("cancelAndWait of several", []() -> Task<> {
            TaskScope scope;
            std::vector<TaskHandle<int>> handles;
            handles.push_back(scope.spawn(lingers(5)));
            handles.push_back(scope.spawn(lingers(6)));
            co_await waits();
            co_await cancelAndWait(handles);
        });
        add("prime", []() -> Task<> {
            auto first = prime(works(1));
            auto second = prime(lingers(3));
            const auto third = prime(lingers(9)); // never awaited
            co_await waits();
            co_await std::move(second);
            co_await std::move(first);
        });
        add("shield", []() -> Task<> { co_await shield(works(1, 3)); });
        add("shieldWait", []() -> Task<> { co_await moveOnAfter(U, shieldWait(lingers(3))); });
        add("shieldForever", []() -> Task<> { co_await moveOnAfter(U, shieldForever(works(3))); });
        add("withCleanup", []() -> Task<> {
            const auto body = [] { return lingers(9); };
            const auto cleanup = [] { return waits(2); };
            co_await moveOnAfter(2 * U, withCleanup(body, cleanup));
        });
        add("suppress", []() -> Task<> { co_await suppress<E>(gather(fails(1), lingers(3))); });
        add("contextualize", []() -> Task<> {
            co_await contextualize(waits(9), [] { return works(1, 2); });
        });
        add("withContext", []() -> Task<> {
            co_await withContext(Context(1), [](int &) { return works(1); });
        });
        add("concurrentContexts", []() -> Task<> {
            auto contexts = concurrentContexts(Context(1), Context(2));
            co_await withContext(std::move(contexts), [](auto &) { return works(1); });
        });
        add("maybeAwait", []() -> Task<> {
            co_await maybeAwait(works(1));
            co_await maybeAwait(2);
        });
        add("ensureDaemon", []() -> Task<> { co_await ensureDaemon(waits(2)); });
        add("discard", []() -> Task<> {
            auto primed = prime(works(1));
            co_await waits();
            co_await discard(std::move(primed));
        });
        add("TaskLocal", []() -> Task<> {
            static TaskLocal<int> local(1);
            co_await local.with(2, [] { return gather(works(1), works(2)); });
        });
        add("QFuture", []() -> Task<> {
            QFuture<int> future = toFuture(works(1));
            co_await future;
        });
        add("withSignalHandler", []() -> Task<> {
            co_await withSignalHandler(SignalSet(SIGUSR1), [] { return works(1); });
        });
        add("toThread", []() -> Task<> {
            const int value = co_await toThread([] { return 1; });
            co_await works(value);
        });
        add("ThreadLoop", []() -> Task<> {
            ThreadLoop loop;
            const auto there = []() -> Task<int> {
                const InstanceCounter alive;
                co_await sleepFor(1ms);
                co_return 1;
            };
            co_await loop.run(there);
            const auto task = loop.spawn(there);
            co_await loop.close();
        });
        add("withThreadLoop", []() -> Task<> {
            co_await withThreadLoop([]() -> Task<> { co_await waitForever(); }, [] { return works(1); });
        });
        add("one in the other", []() -> Task<> {
            co_await gather(race(works(1, 3), withTimeout(2 * U, lingers(5))),
                            suppress<E>(shieldWait(gather(fails(2), lingers(4)))));
        });
        return result;
    }();
    return all;
}

} // namespace

class TestOwnerSweep : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        setUnhandledErrorHandler([](std::exception_ptr, const TaskInfo &) { });
    }
    void cleanup()
    {
        QCOMPARE(leftBehind(), QString());
        setUnhandledErrorHandler({});
    }

    void destroyed_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < rows().size(); ++i)
            QTest::newRow(rows()[i].name) << int(i);
    }
    void destroyed()
    {
        QFETCH(const int, index);
        const Scenario &scenario = rows()[std::size_t(index)].scenario;
        const int runs = sweepOwner([&](TaskScope &scope) { scope.spawn(scenario()); });
        QVERIFY2(runs > 2, qPrintable(QString::number(runs)));
    }
    // A task of a QObject.
    void destroyedWithAQObject_data() { destroyed_data(); }
    void destroyedWithAQObject()
    {
        QFETCH(const int, index);
        const Scenario &scenario = rows()[std::size_t(index)].scenario;
        const auto hosted = [&]() -> Task<> {
            QObject host;
            const auto handle = spawnOn(&host, scenario());
            static_cast<void>(co_await attempt(handle));
        };
        const int runs = sweepOwner([&](TaskScope &scope) { scope.spawn(hosted()); });
        QVERIFY2(runs > 2, qPrintable(QString::number(runs)));
    }

    void theSweepSeesWhatIsLeft()
    {
        QEXPECT_FAIL("", "a frame that outlives its owner", Abort);
        std::unique_ptr<InstanceCounter> left;
        const auto leaves = [&]() -> Task<> {
            left = std::make_unique<InstanceCounter>();
            co_await waits();
            left.reset();
        };
        QCOMPARE(sweepOwner([&](TaskScope &scope) { scope.spawn(leaves()); }), 0);
    }
};

QTEST_GUILESS_MAIN(TestOwnerSweep)
#include "tst_ownersweep.moc"
