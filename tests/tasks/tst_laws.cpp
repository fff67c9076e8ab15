// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// ctest: TIMEOUT 300

// What holds for every function that awaits children: one row a function. And the sweep: a scenario is run once for
// each point its code passes, destructors included, and there the caller is cancelled, or destroyed, or both.

#include "allocations.h"
#include "taskstest.h"

#include <CoDrive/tasks/cancelscope.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/context.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskpool.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>

#include <functional>

using namespace Words;

namespace {

using Children = std::vector<Task<int>>;

Task<> dropValue(Task<int> task)
{
    co_await std::move(task);
}

Task<QString> inGroup(Children children)
{
    co_await withTaskGroup([&](TaskGroup &group) -> Task<> {
        for (Task<int> &child : children)
            group.spawn(std::move(child));
        co_return;
    });
    co_return QStringLiteral("void");
}

Task<QString> inVolatileGroup(Children children)
{
    co_await withVolatileTaskGroup([&](TaskGroup &group) -> Task<> {
        for (Task<int> &child : children)
            group.spawn(std::move(child));
        co_await waitForever();
    });
    co_return QStringLiteral("void");
}

Task<QString> inTaskScope(Children children)
{
    co_await withTaskScope([&](TaskScope &scope) -> Task<> {
        scope.onError([](const std::exception_ptr &, const TaskInfo &) {});
        for (Task<int> &child : children)
            scope.spawn(std::move(child));
        co_return;
    });
    co_return QStringLiteral("void");
}

Task<QString> inPool(Children children)
{
    TaskPool pool;
    for (Task<int> &child : children)
        pool.spawn(std::move(child));
    co_await pool.run();
    co_return QStringLiteral("void");
}

Task<QString> inFirstSuccess(Children children)
{
    const FirstSuccess<int> first = co_await firstSuccess(std::move(children));
    co_return QString::number(first.value);
}

Task<QString> inCancelScope(Children children)
{
    co_return co_await shown(withCancelScope([&](CancelScope) { return std::move(children[0]); }));
}

Task<QString> inContextualize(Children children)
{
    co_return co_await shown(
        contextualize(dropValue(std::move(children[1])), [&] { return std::move(children[0]); }));
}

Task<QString> inCleanup(Children children)
{
    co_return co_await shown(withCleanup([&] { return std::move(children[0]); },
                                         [&] { return dropValue(std::move(children[1])); }));
}

struct Row
{
    const char *name;
    std::size_t arity;
    Task<QString> (*make)(Children);
    bool cancelsOnError = false;
    bool takesAwaitables = true; ///< given to the call itself
    bool isStructured = true;
};

const Row rows[] = {
    {"gather", 3,
     [](Children c) { return shown(gather(std::move(c[0]), std::move(c[1]), std::move(c[2]))); }, true},
    {"gather vector", 3, [](Children c) { return shown(gather(std::move(c))); }, true},
    {"gather insensitive", 3,
     [](Children c) { return shown(gather(std::move(c), GatherOptions{.sensitive = false})); }},
    {"gatherOutcomes", 3, [](Children c) { return shown(gatherOutcomes(std::move(c))); }},
    {"race", 3, [](Children c) { return shown(race(std::move(c[0]), std::move(c[1]), std::move(c[2]))); }, true},
    {"race vector", 3, [](Children c) { return shown(race(std::move(c))); }, true},
    {"firstSuccess", 3, inFirstSuccess},
    {"withTaskGroup", 3, inGroup, true, false},
    {"withVolatileTaskGroup", 3, inVolatileGroup, true, false},
    {"withTaskScope", 3, inTaskScope, false, false},
    {"TaskPool::run", 3, inPool, true, false},
    {"withTimeout", 1, [](Children c) { return shown(withTimeout(1h, std::move(c[0]))); }},
    {"moveOnAfter", 1, [](Children c) { return shown(moveOnAfter(1h, std::move(c[0]))); }},
    {"withDeadline", 1,
     [](Children c) {
         return shown(withDeadline(std::chrono::steady_clock::now() + 1h, std::move(c[0])));
     }},
    {"withCancelScope", 1, inCancelScope, false, false},
    {"contextualize", 2, inContextualize, false, false},
    {"withCleanup", 2, inCleanup, false, false},
    {"shield", 1, [](Children c) { return shown(shield(std::move(c[0]))); }, false, true, false},
    {"shieldWait", 1, [](Children c) { return shown(shieldWait(std::move(c[0]))); }},
    {"shieldForever", 1, [](Children c) { return shown(shieldForever(std::move(c[0]))); }},
};

Task<int> logsNumber(EventLog &log, std::size_t number, Event &gate)
{
    const InstanceCounter alive;
    log << QString::number(number);
    co_await gate.wait();
    co_return 1;
}

Task<int> counts(int &entries, Event &gate, bool fails, InstanceCounter)
{
    ++entries;
    co_await gate.wait();
    if (fails)
        throw E();
    co_return 1;
}

/// Does something at the n-th point that code passes.
class Sweep
{
public:
    void point()
    {
        if (m_passed++ == target && action)
            action();
    }
    int passed() const { return m_passed; }

    int target = 0;
    std::function<void()> action;

private:
    int m_passed = 0;
};

class PointAtDeath
{
public:
    explicit PointAtDeath(Sweep &sweep)
        : m_sweep(sweep)
    {
    }
    PointAtDeath(PointAtDeath &&) = delete;
    ~PointAtDeath() { m_sweep.point(); }

private:
    Sweep &m_sweep;
    InstanceCounter m_alive;
};

Task<int> innerWork(Sweep &sweep, int steps)
{
    const PointAtDeath local(sweep);
    for (int i = 0; i < steps; ++i) {
        co_await sleepFor(U);
        sweep.point();
    }
    co_return steps;
}

Task<int> work(Sweep &sweep, int steps)
{
    const PointAtDeath local(sweep);
    sweep.point();
    const int result = co_await innerWork(sweep, steps);
    sweep.point();
    co_return result;
}

Task<int> failingWork(Sweep &sweep, int steps)
{
    const PointAtDeath local(sweep);
    sweep.point();
    co_await innerWork(sweep, steps);
    throw E();
    co_return 0;
}

/// Cleans up for a while when it is cancelled.
Task<int> slowWork(Sweep &sweep, int steps)
{
    const PointAtDeath local(sweep);
    sweep.point();
    const Outcome<int> outcome = co_await attempt(innerWork(sweep, steps));
    sweep.point();
    if (outcome.isCancelled()) {
        co_await innerWork(sweep, 1);
        co_await unwind();
    }
    co_return 0;
}

Task<int> nestedWork(Sweep &sweep)
{
    const PointAtDeath local(sweep);
    co_await gather(slowWork(sweep, 2), race(work(sweep, 1), shieldWait(work(sweep, 3))));
    sweep.point();
    co_return 0;
}

Task<> pingPong(Event &mine, Event &other, int rounds)
{
    for (int i = 0; i < rounds; ++i) {
        other.set();
        co_await mine.wait();
        mine.clear();
    }
    other.set();
}

Task<int> opens(Event &gate)
{
    for (int turn = 0; turn < 10; ++turn)
        co_await yieldNow();
    gate.set();
    co_return 0;
}

Task<int> waitsInManyWays(Event &gate, TaskHandle<int> handle)
{
    for (int i = 0; i < 100; ++i) {
        co_await gate.wait();
        co_await sleepFor(0ns);
        co_await yieldNow();
        co_await checkpoint();
    }
    co_return co_await handle;
}

/// How many allocations awaiting \a awaitable makes, when Qt has done what it does in a loop's first turns.
template<typename A>
Task<qint64> allocationsOf(A awaitable)
{
    for (int turn = 0; turn < 5; ++turn)
        co_await yieldNow();
    const AllocationCount count;
    co_await std::move(awaitable);
    co_return count.made();
}

} // namespace

class TestLaws : public QObject, private TasksTest
{
    Q_OBJECT

    static void addRows(bool (*isWanted)(const Row &) = [](const Row &) { return true; })
    {
        QTest::addColumn<int>("row");
        for (int index = 0; index < int(std::size(rows)); ++index) {
            if (isWanted(rows[index]))
                QTest::newRow(rows[index].name) << index;
        }
    }
    static const Row &row()
    {
        QFETCH(int, row);
        return rows[row];
    }
    /// The function's call with children that \a make makes.
    template<typename Make>
    static Task<QString> call(Make make)
    {
        Children children;
        for (std::size_t i = 0; i < row().arity; ++i)
            children.push_back(make(i));
        return row().make(std::move(children));
    }
    /// What waits for a clean-up, or for the scope's other tasks, is not entered at once.
    static std::size_t enteredAtOnce()
    {
        return qstrcmp(row().name, "withCleanup") == 0 ? 1 : row().arity;
    }

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void CORE_L2_N2_data() { addRows(); }
    void CORE_L2_N2()
    {
        start(call([this](std::size_t i) { return logsNumber(log, i, g); }));
        QStringList expected;
        for (std::size_t i = 0; i < enteredAtOnce(); ++i)
            expected << QString::number(i);
        if (qstrcmp(row().name, "contextualize") == 0)
            std::reverse(expected.begin(), expected.end()); // the background comes first
        QCOMPARE(log.take(), expected);
    }

    void AD_NOTE_01_data()
    {
        // A clean-up is entered when the body has ended: TASKS-CLEAN-N4.
        addRows([](const Row &row) { return qstrcmp(row.name, "withCleanup") != 0; });
    }
    void AD_NOTE_01()
    {
        int entries = 0;
        startRequested(call([&](std::size_t) { return counts(entries, g, false, InstanceCounter()); }));
        QCOMPARE(std::size_t(entries), row().arity);
        settle();
        open(g);
        QVERIFY(C.isFinished());
        QCOMPARE(InstanceCounter::count(), 0);
        log.take();
    }

    void AD_NOTE_02_data() { addRows(); }
    void AD_NOTE_02()
    {
        int entries = 0;
        {
            const auto unused = call([&](std::size_t) { return counts(entries, g, false, InstanceCounter()); });
            QVERIFY(InstanceCounter::count() > 0);
        }
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(entries, 0);
    }

    void AD_NOTE_03_data() { addRows(); }
    void AD_NOTE_03()
    {
        collectUnhandled();
        enum End { Value, Error, Cancellation };
        for (const End end : {Value, Error, Cancellation}) {
            int entries = 0;
            g.clear();
            start(call([&](std::size_t) { return counts(entries, g, end == Error, InstanceCounter()); }));
            if (end == Cancellation)
                cancel(C);
            open(g);
            cancel(C);
            QVERIFY(C.isFinished());
            QCOMPARE(std::size_t(entries), row().arity);
            log.take();
        }
    }

    void CORE_L10_N1_data() { addRows(); }
    void CORE_L10_N1()
    {
        start(call([this](std::size_t) { return slow(a, h, &p); }));
        cancel(C);
        const bool isStructured = row().isStructured;
        QCOMPARE(C.isFinished(), !isStructured);
        open(isStructured && p.requests > 0 ? h : a);
        if (qstrcmp(row().name, "withCleanup") == 0)
            open(a);
        if (!C.isFinished())
            open(h);
        QVERIFY(C.isFinished());
        QCOMPARE(InstanceCounter::count(), 0);
        log.take();
    }

    void CORE_L12_N2_data()
    {
        addRows([](const Row &row) { return row.cancelsOnError; });
    }
    void CORE_L12_N2()
    {
        start(call([this](std::size_t i) { return i == 0 ? err(a) : slow(b, h, i == 1 ? &p : &q); }));
        open(a);
        QCOMPARE(p.requests, 1);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(q.requests, 2);
        QCOMPARE(result(), "throws E, kept");
    }

    void CORE_L13_N2_data() { addRows(); }
    void CORE_L13_N2()
    {
        start(call([this](std::size_t) { return slow(a, h, &p); }));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
        open(a);
        open(h);
    }

    void CORE_L14_N2_data() { addRows(); }
    void CORE_L14_N2()
    {
        start(call([this](std::size_t i) {
            return i == 0 ? after(a, callingThenWaiting(log, [this] { scope.reset(); })) : never(&p);
        }));
        open(a);
        QCOMPARE(log.take(), QStringList("behind"));
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
        QVERIFY(C.isCancelled());
    }

    void destroyedByAChildsFirstSegment_data() { addRows(); }
    void destroyedByAChildsFirstSegment()
    {
        collectUnhandled();
        for (const bool fails : {false, true}) {
            if (!scope)
                scope.emplace();
            a.clear();
            start(after(a, call([&](std::size_t i) {
                            const auto destroy = [this] { scope.reset(); };
                            if (i > 0)
                                return never();
                            return fails ? callingErr(destroy) : calling(destroy);
                        })));
            open(a);
            QCOMPARE(InstanceCounter::count(), 0);
            QVERIFY(C.isCancelled());
            QCOMPARE(log.take(), QStringList());
            QCOMPARE(unhandled, fails ? QStringList("E") : QStringList());
        }
    }

    void cancelledByAChildsFirstSegment_data() { addRows(); }
    void cancelledByAChildsFirstSegment()
    {
        start(after(a, call([this](std::size_t i) { return i == 0 ? calling([this] { C.cancel(); }) : val(g, 1); })));
        open(a);
        open(g);
        QVERIFY(C.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
        log.take();
    }

    void completedAndCancelledInTheSameTurn_data() { addRows(); }
    void completedAndCancelledInTheSameTurn()
    {
        start(call([this](std::size_t) { return val(g, 1); }));
        g.set();
        cancel(C);
        // Law L7: the value is delivered, by all that have one; shield() leaves at once.
        if (!row().isStructured || qstrcmp(row().name, "withVolatileTaskGroup") == 0)
            QCOMPARE(result(), "cancelled");
        else
            QVERIFY(result().endsWith(", kept"));
    }

    void emptyTask_data()
    {
        addRows([](const Row &row) { return row.takesAwaitables; });
    }
    void emptyTask()
    {
        start(call([](std::size_t) { return Task<int>(); }));
        QCOMPARE(result(), "throws logic_error");
    }

    // AD-NOTE-09 are its rows "cancel": one request, at every place.
    void sweep_data()
    {
        QTest::addColumn<int>("row");
        QTest::addColumn<int>("action");
        const char *const actions[] = {"cancel", "cancel twice", "cancel in a row", "destroy", "cancel and destroy",
                                       "settle", "settle and destroy"};
        for (int action = 0; action < 7; ++action) {
            int index = 0;
            for (const Row &row : rows)
                QTest::addRow("%s, %s", row.name, actions[action]) << index++ << action;
        }
    }
    void sweep()
    {
        QFETCH(int, action);
        int runs = 0;
        while (sweepOnce(runs, action))
            ++runs;
        QVERIFY(!QTest::currentTestFailed());
        QVERIFY(runs > 5);
    }

    void CORE_L15_ofARace()
    {
        if (!canCountAllocations)
            QSKIP("a sanitizer allocates");
        const AllocationCount count;
        auto pending = race(val(a, 1), val(b, 2), val(c, 3));
        const qint64 made = count.made();
        QVERIFY2(made <= 4, qPrintable(QString::number(made)));
        auto tasks = vectorOf(val(a, 1), val(b, 2), val(c, 3));
        const AllocationCount vectorCount;
        const auto pendingVector = race(std::move(tasks));
        QVERIFY(vectorCount.made() <= 1);
        const auto [waiting, opened] = run(gather(allocationsOf(std::move(pending)), opens(b)));
        QCOMPARE(waiting, 0);
        QCOMPARE(opened, 0);
    }

    void CORE_L15_noAllocationToWait()
    {
        if (!canCountAllocations)
            QSKIP("a sanitizer allocates");
        scope->spawn(pingPong(a, b, 1001));
        const qint64 made = run(allocationsOf(pingPong(b, a, 1000)));
        QCOMPARE(made, 0);
    }

    void CORE_L15_noAllocationToWaitInAChild()
    {
        if (!canCountAllocations)
            QSKIP("a sanitizer allocates");
        g.set();
        H = scope->spawn(val(h, 1));
        const auto [made, awaited] = run(gather(allocationsOf(waitsInManyWays(g, H)), opens(h)));
        QCOMPARE(made, 0);
        QCOMPARE(awaited, 0);
    }

private:
    /// False when the scenario has fewer points than \a target.
    bool sweepOnce(int target, int action)
    {
        VirtualClock clock;
        collectUnhandled();
        Sweep sweep;
        sweep.target = target;
        const auto act = [&] {
            switch (action) {
            case 0:
                C.cancel();
                break;
            case 1:
                C.cancel();
                C.cancel();
                break;
            case 2:
                C.cancel();
                ++sweep.target;
                break;
            case 3:
                scope.reset();
                break;
            case 4:
                C.cancel();
                scope.reset();
                break;
            case 5:
                settle();
                break;
            default:
                settle();
                scope.reset();
            }
        };
        sweep.action = act;
        scope.emplace();
        scope->onError([](const std::exception_ptr &, const TaskInfo &) {});
        g.clear();
        Children children;
        for (std::size_t i = 0; i < row().arity; ++i) {
            if (i == 0)
                children.push_back(row().arity == 1 ? nestedWork(sweep) : slowWork(sweep, 3));
            else if (i == 1)
                children.push_back(work(sweep, 2));
            else
                children.push_back(failingWork(sweep, 2));
        }
        C = scope->spawn(after(g, dropText(row().make(std::move(children)))));
        g.set();
        sweep.point();
        for (int i = 0; i < 40; ++i) {
            settle();
            sweep.point();
            clock.advance(U / 2);
        }
        if (scope && qstrcmp(row().name, "withVolatileTaskGroup") == 0)
            cancel(C); // its body waits for ever
        clock.advance(40 * U);
        // Nothing waits for ever.
        if (!C.isFinished())
            QTest::qFail(qPrintable(QString("point %1: pending\n").arg(target) + dumpTasks()), __FILE__, __LINE__);
        scope.reset();
        settle();
        C = {};
        const QString left = leftBehind();
        if (!left.isEmpty())
            QTest::qFail(qPrintable(QString("point %1: ").arg(target) + left), __FILE__, __LINE__);
        const bool hasMet = sweep.passed() > target;
        scope.emplace();
        return hasMet && !QTest::currentTestFailed();
    }
    static Task<> dropText(Task<QString> task)
    {
        co_await std::move(task);
    }
};

QTEST_GUILESS_MAIN(TestLaws)
#include "tst_laws.moc"
