// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/taskgroup.h>

using namespace Words;

namespace {

Task<int> spawnsThen(TaskGroup group, Event &gate, Event &childsGate, Probe &probe)
{
    const InstanceCounter alive;
    co_await gate.wait();
    group.spawn(val(childsGate, 1, &probe));
    co_return 0;
}

/// Its clean-up spawns a child.
Task<> spawnsWhenCancelled(TaskGroup group, Event &gate, Probe &probe)
{
    const InstanceCounter alive;
    const Outcome<> outcome = co_await attempt(gate.wait());
    if (outcome.isCancelled())
        group.spawn(never(&probe));
}

Task<int> awaitsHandle(TaskHandle<int> handle, EventLog *log = nullptr)
{
    const InstanceCounter alive;
    int value = -1;
    try {
        value = co_await handle;
    } catch (...) {
        if (!log)
            throw;
        *log << QStringLiteral("body caught ") + text(std::current_exception());
    }
    if (value < 0)
        co_await waitForever();
    co_return value;
}

Task<> tree(TaskGroup group, EventLog &log, int depth, QString name)
{
    const LogsDestruction local(log, name);
    if (depth > 0)
        group.spawn(tree(group, log, depth - 1, name + QStringLiteral(".1")));
    co_await waitForever();
}

class CountsCopies
{
public:
    explicit CountsCopies(int &copies)
        : m_copies(copies)
    {
    }
    CountsCopies(const CountsCopies &other)
        : m_copies(other.m_copies)
        , m_alive(other.m_alive)
    {
        ++m_copies;
    }
    CountsCopies(CountsCopies &&) = default;

private:
    int &m_copies;
    InstanceCounter m_alive;
};

/// Spawns when it dies.
Task<> spawnsWhenDestroyed(TaskGroup group, Probe &probe)
{
    const auto spawn = [&] { group.spawn(never(&probe)); };
    const OnDestruction local(spawn);
    co_await waitForever();
}

Task<> failsWhenSet(Event &gate, const char *name)
{
    co_await gate.wait();
    throw E(name);
}

} // namespace

class TestTaskGroup : public QObject, private TasksTest
{
    Q_OBJECT

    /// Starts C in a group whose body first spawns what \a spawn spawns and then is what \a end makes.
    template<typename Spawn, typename End>
    void startGroup(Spawn spawn, End end)
    {
        start(inGroup(std::move(spawn), std::move(end), false));
    }
    template<typename Spawn, typename End>
    void startVolatile(Spawn spawn, End end)
    {
        start(inGroup(std::move(spawn), std::move(end), true));
    }

    template<typename Spawn, typename End>
    Task<int> inGroup(Spawn spawn, End end, bool isVolatile)
    {
        auto body = [&](TaskGroup &group) -> Task<int> {
            const InstanceCounter alive;
            spawn(group);
            co_return co_await end();
        };
        if (isVolatile)
            co_return co_await withVolatileTaskGroup(body);
        co_return co_await withTaskGroup(body);
    }

    auto spawnSlow()
    {
        return [this](TaskGroup &group) { group.spawn(slow(a, h, &p)); };
    }
    auto waiting()
    {
        return [this] { return val(g, 5, &q); };
    }
    static auto five()
    {
        return [] { return now(5); };
    }

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_POOL_11()
    {
        startGroup(
            [this](TaskGroup &group) {
                group.spawn(err(a));
                group.spawn(slow(b, h, &p));
            },
            waiting());
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_POOL_12()
    {
        startGroup(spawnSlow(), [] { return nowErr("B"); });
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws B");
    }

    void AD_POOL_13()
    {
        startGroup(
            [this](TaskGroup &group) {
                group.spawn(dirty(a, "C1"));
                group.spawn(dirty(b, "C2"));
            },
            [this] { return err(g, "B"); });
        open(g);
        QCOMPARE(result(), "throws group [C1, C2, B]");
    }

    void AD_POOL_14()
    {
        startGroup([this](TaskGroup &group) { group.spawn(err(a)); }, [this] { return dirty(g, "F"); });
        open(a);
        QCOMPARE(result(), "throws group [E, F]");
    }

    void AD_POOL_15()
    {
        startGroup([this](TaskGroup &group) { group.spawn(err(a)); }, [this] { return absorb(g, h, 5); });
        open(a);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_POOL_16()
    {
        startGroup(
            [this](TaskGroup &group) {
                group.spawn(val(a, 1, &p));
                group.spawn(val(b, 2, &q));
            },
            five());
        open(a);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "5");
        QCOMPARE(p.requests + q.requests, 0);
    }

    void AD_POOL_17()
    {
        startGroup([this](TaskGroup &group) { group.spawn(spawnsThen(group, a, b, p)); }, five());
        open(a);
        QVERIFY(p.entered);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "5");
    }

    void AD_POOL_19()
    {
        startGroup(spawnSlow(), waiting());
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_POOL_20()
    {
        startGroup(spawnSlow(), five());
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_POOL_21()
    {
        startGroup(spawnSlow(), waiting());
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_POOL_22()
    {
        startGroup([this](TaskGroup &group) { group.spawn(dirty(a, "F")); }, waiting());
        cancel(C);
        QCOMPARE(result(), "throws F, kept");
    }

    void AD_POOL_27()
    {
        VirtualClock clock;
        start(catchesThenSleeps());
        open(a);
        QCOMPARE(result(), "caught E");
        clock.advance(U);
        QCOMPARE(result(), "slept");
    }

    void AD_POOL_31()
    {
        startGroup([this](TaskGroup &group) { group.spawn(slow(c, h, &p)); },
                   [this] {
                       return inGroup([this](TaskGroup &group) { group.spawn(err(a)); }, waiting(), false);
                   });
        open(a);
        QCOMPARE(q.requests, 1);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void TASKS_GROUP_N1()
    {
        startGroup([](TaskGroup &) {}, five());
        QCOMPARE(result(), "5");
    }

    void TASKS_GROUP_N2()
    {
        startGroup(
            [this](TaskGroup &group) {
                H = group.spawn(never());
                group.spawn(val(b, 1, &p));
            },
            waiting());
        cancel(H);
        QCOMPARE(p.requests + q.requests, 0);
        open(b);
        open(g);
        QCOMPARE(result(), "5");
    }

    void TASKS_GROUP_N3()
    {
        startGroup([this](TaskGroup &group) { H = group.spawn(err(a)); }, [this] { return awaitsHandle(H); });
        open(a);
        QCOMPARE(result(), "throws E");
        a.clear();
        startGroup([this](TaskGroup &group) { H = group.spawn(err(a)); }, [this] { return awaitsHandle(H, &log); });
        open(a);
        QCOMPARE(result(), "body caught E, throws E");
    }

    void TASKS_GROUP_N4()
    {
        startGroup([this](TaskGroup &group) { H = group.spawn(never()); },
                   [this] { return awaitsHandle(H, &log); });
        cancel(H);
        QCOMPARE(result(), "body caught Cancelled");
        QCOMPARE(result(), "pending");
        cancel(C);
        QCOMPARE(result(), "cancelled");
    }

    void TASKS_GROUP_N5()
    {
        startGroup(
            [this](TaskGroup &group) {
                const TaskHandle<int> failed = group.spawn(nowErr());
                log << text(failed);
            },
            waiting());
        QVERIFY(q.entered);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "throws E, throws E");
    }

    void TASKS_GROUP_N6()
    {
        startGroup([this](TaskGroup &group) { group.spawn(spawnsWhenCancelled(group, b, p)); },
                   [] { return nowErr("B"); });
        settle();
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws B");
    }

    void TASKS_GROUP_N7()
    {
        std::optional<TaskGroup> kept;
        startGroup([&](TaskGroup &group) { kept = group; }, five());
        QCOMPARE(result(), "5");
        QVERIFY_THROWS_EXCEPTION(std::logic_error, kept->spawn(now(1, &p)));
        scope.reset();
        QVERIFY_THROWS_EXCEPTION(std::logic_error, kept->spawn(now(1, &p)));
        QVERIFY(!p.entered);
    }

    void TASKS_GROUP_N8()
    {
        start(withTaskGroup([this](TaskGroup &group) { return tree(group, log, 3, QString("body")); }));
        scope.reset();
        QCOMPARE(log.take(), QStringList({"body.1.1.1", "body.1.1", "body.1", "body"}));
    }

    void TASKS_GROUP_N9()
    {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
        QSKIP("A");
#else
        int copies = 0;
        start(withTaskGroup([this, counted = CountsCopies(copies)](TaskGroup &group) -> Task<std::unique_ptr<int>> {
            group.spawn(slow(a, h));
            co_return std::make_unique<int>(5);
        }));
        QCOMPARE(copies, 0);
        QVERIFY(InstanceCounter::count() > 0);
        open(a);
        QCOMPARE(result(), "*5");
#endif
    }

    void TASKS_GROUP_N10()
    {
        std::vector<Probe> probes(1000);
        startGroup(
            [&](TaskGroup &group) {
                for (std::size_t i = 0; i < probes.size(); ++i)
                    group.spawn(i == 2 ? err(a) : val(b, 1, &probes[i]));
            },
            five());
        open(a);
        QCOMPARE(result(), "throws E");
        int requests = 0;
        for (const Probe &probe : probes)
            requests += probe.requests;
        QCOMPARE(requests, 999);
    }

    void AD_VTG_01()
    {
        startVolatile(spawnSlow(), five());
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5");
    }

    void AD_VTG_02()
    {
        startVolatile([](TaskGroup &) {}, five());
        QCOMPARE(result(), "5");
    }

    void AD_VTG_03()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(val(a, 1)); }, waiting());
        open(a);
        QCOMPARE(q.requests, 0);
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "5");
    }

    void AD_VTG_04()
    {
        startVolatile(
            [this](TaskGroup &group) {
                group.spawn(err(a));
                group.spawn(slow(b, h, &p));
            },
            waiting());
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_VTG_05()
    {
        startVolatile(
            [this](TaskGroup &group) {
                group.spawn(dirty(a, "E1"));
                group.spawn(err(b, "E2"));
            },
            waiting());
        open(b);
        QCOMPARE(result(), "throws group [E2, E1]");
    }

    void AD_VTG_06()
    {
        startVolatile(spawnSlow(), [] { return nowErr(); });
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_VTG_07()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(dirty(a, "E1")); }, [this] { return err(g, "E2"); });
        open(g);
        QCOMPARE(result(), "throws group [E1, E2]");
    }

    void AD_VTG_08()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(err(a)); }, [this] { return absorb(g, h, 5); });
        open(a);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_VTG_09()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(err(a, "E1")); }, [this] { return dirty(g, "E2"); });
        open(a);
        QCOMPARE(result(), "throws group [E1, E2]");
    }

    void AD_VTG_10()
    {
        startVolatile(
            [this](TaskGroup &group) {
                H = group.spawn(never());
                group.spawn(val(b, 1, &p));
            },
            waiting());
        cancel(H);
        QCOMPARE(p.requests + q.requests, 0);
        QCOMPARE(result(), "pending");
    }

    void AD_VTG_11()
    {
        startVolatile(spawnSlow(), waiting());
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_VTG_12()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(dirty(a)); }, waiting());
        cancel(C);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_VTG_13()
    {
        startVolatile(spawnSlow(), five());
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5, kept");
    }

    void AD_VTG_14()
    {
        startVolatile(spawnSlow(), five());
        settle();
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "5, kept");
    }

    void AD_VTG_15()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(errAfterCancel()); }, five());
        settle();
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_VTG_16()
    {
        std::optional<TaskGroup> kept;
        startVolatile(
            [&](TaskGroup &group) {
                kept = group;
                group.spawn(spawnsWhenCancelled(group, b, p));
            },
            five());
        settle();
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "5");
        QVERIFY_THROWS_EXCEPTION(std::logic_error, kept->spawn(now(1, &q)));
        QVERIFY(!q.entered);
    }

    void AD_VTG_17()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(never(&p)); }, five());
        QVERIFY(p.entered);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "5");
    }

    void AD_VTG_18()
    {
        startVolatile(
            [this](TaskGroup &group) {
                group.spawn(spawnsThen(group, a, b, p));
                group.spawn(slow(c, h, &r));
            },
            [this] { return val(g, 5); });
        open(a);
        QVERIFY(p.entered);
        open(g);
        QCOMPARE(p.requests, 1);
        QCOMPARE(r.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5");
    }

    void AD_VTG_19()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(never(&p)); }, [this] { return catchesInner(); });
        open(a);
        QCOMPARE(result(), "inner E");
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "7");
    }

    void AD_VTG_20()
    {
        startVolatile([this](TaskGroup &group) { group.spawn(err(a)); }, waiting());
        a.set();
        cancel(C);
        QCOMPARE(result(), "throws E, kept");
    }

    void TASKS_VTG_N1()
    {
        startVolatile(spawnSlow(), [this] { return absorb(g, k, 5); });
        cancel(C);
        open(k);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5, kept");
    }

    void TASKS_VTG_N2()
    {
        startVolatile(spawnSlow(), waiting());
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests + q.requests, 0);

        scope.emplace();
        startVolatile([this](TaskGroup &group) { group.spawn(slow(a, h, &r)); }, five());
        settle();
        QCOMPARE(r.requests, 1);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(r.requests, 1);
    }

    void CORE_L8_N5()
    {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
        QSKIP("A");
#else
        auto counted = std::make_shared<int>(0); // not const: it is to be moved
        start(withTaskGroup([this, counted](TaskGroup &) -> Task<> {
            const LogsDestruction local(log, QString("body %1").arg(counted.use_count()));
            co_await waitForever();
        }));
        cancel(C);
        QCOMPARE(result(), "body 2");
        QCOMPARE(counted.use_count(), 1L);
#endif
    }

    void bodyThatThrowsBeforeItMakesATask()
    {
        start(withTaskGroup([this](TaskGroup &group) -> Task<int> { return spawnThenThrow(group); }));
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws B");
    }

    void functionAsBody()
    {
        start(withTaskGroup(plainBody));
        QCOMPARE(result(), "5");
        start(withVolatileTaskGroup(&plainBody));
        QCOMPARE(result(), "5");
    }

    void bodyThatUnwindsItself()
    {
        startGroup(spawnSlow(), [this] { return unwinding(g); });
        open(g);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void memberThatUnwindsItselfDisturbsNobody()
    {
        startGroup([this](TaskGroup &group) { group.spawn(unwinding(a)); }, waiting());
        open(a);
        QCOMPARE(q.requests, 0);
        open(g);
        QCOMPARE(result(), "5");
    }

    // Law L12a: cancelled through its handle alone it counts for nothing, asked by the group as well it does.
    void memberCancelledByHandleAndByTheGroup()
    {
        startGroup([this](TaskGroup &group) { H = group.spawn(slow(a, h, &p)); }, five());
        cancel(H);
        QCOMPARE(p.requests, 1);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void spawnFromOutsideIntoAWaitingGroup()
    {
        std::optional<TaskGroup> kept;
        startGroup([&](TaskGroup &group) { kept = group; }, waiting());
        H = kept->spawn(val(b, 1, &p));
        kept->spawn(nowErr());
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "throws E");
    }

    void lastMemberEndsInsideANestedLoop()
    {
        std::optional<TaskGroup> kept;
        startGroup([&](TaskGroup &group) { kept = group; }, waiting());
        kept->spawn(calling([this] { open(g); }));
        QCOMPARE(result(), "pending");
        settle();
        QCOMPARE(result(), "5");
    }

    void spawnByTheDestructorOfALocalWhileTheTreeIsDestroyed()
    {
        start(withTaskGroup([this](TaskGroup &group) { return spawnsWhenDestroyed(group, p); }));
        scope.reset();
        QVERIFY(!p.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void spawnByTheDestructorOfALocalWhileItIsCancelled()
    {
        startGroup([this](TaskGroup &group) { group.spawn(spawnsWhenDestroyed(group, p)); }, waiting());
        cancel(C);
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void memberDestroysTheScopeAndSpawnsOnce()
    {
        std::optional<TaskGroup> kept;
        startGroup(
            [&](TaskGroup &group) {
                kept = group;
                group.spawn(after(a, callingThenWaiting(log, [&] {
                                      scope.reset();
                                      const TaskHandle<int> late = kept->spawn(never(&p));
                                      log << text(late);
                                  })));
            },
            waiting());
        open(a);
        QCOMPARE(log.take(), QStringList({"cancelled", "behind"}));
        QVERIFY(!p.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void bodyDestroysTheScopeInItsFirstSegment()
    {
        start(after(a, inGroup(
                           [this](TaskGroup &group) {
                               group.spawn(never(&p));
                               scope.reset();
                               group.spawn(never(&q));
                           },
                           five(), false)));
        open(a);
        QVERIFY(p.entered && !q.entered);
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(C.isCancelled());
    }

    void errorsOfManyVoidMembers()
    {
        start(withTaskGroup([this](TaskGroup &group) -> Task<> { return spawnFailing(group); }));
        a.set();
        b.set();
        settle();
        QCOMPARE(result(), "throws group [E1, E2]");
    }

private:
    static Task<int> plainBody(TaskGroup &)
    {
        co_return 5;
    }
    Task<int> spawnThenThrow(TaskGroup &group)
    {
        group.spawn(never(&p));
        throw E("B");
    }
    Task<> spawnFailing(TaskGroup &group)
    {
        group.spawn(failsWhenSet(a, "E1"));
        group.spawn(failsWhenSet(b, "E2"));
        co_return;
    }
    Task<int> errAfterCancel()
    {
        const InstanceCounter alive;
        std::ignore = co_await attempt(a.wait());
        co_await h.wait();
        throw E();
    }
    Task<> catchesThenSleeps()
    {
        try {
            co_await inGroup([this](TaskGroup &group) { group.spawn(err(a)); }, waiting(), false);
        } catch (const E &e) {
            log << QString("caught ") + e.what();
        }
        co_await sleepFor(U);
        log << "slept";
        co_await waitForever();
    }
    Task<int> catchesInner()
    {
        try {
            co_await inGroup([this](TaskGroup &group) { group.spawn(err(a)); }, waiting(), true);
        } catch (const E &e) {
            log << QString("inner ") + e.what();
        }
        co_return co_await val(b, 7);
    }
};

QTEST_GUILESS_MAIN(TestTaskGroup)
#include "tst_taskgroup.moc"
