// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Laws L13 and L14: destroying anything at any time.

#include "messages.h"
#include "words.h"

#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/timeout.h>

#include <thread>

using namespace Words;

namespace {

/// A window: what its tasks use lives longer than they do.
class Owner
{
public:
    TaskScope scope;
};

/// Runs a function when the last of its moved instances dies.
class OnLastDestruction
{
public:
    explicit OnLastDestruction(std::function<void()> function)
        : m_function(std::move(function))
    {
    }
    OnLastDestruction(OnLastDestruction &&other) noexcept
        : m_function(std::exchange(other.m_function, {}))
    {
    }
    OnLastDestruction &operator=(OnLastDestruction &&) = delete;
    ~OnLastDestruction()
    {
        if (m_function)
            m_function();
    }

private:
    std::function<void()> m_function;
};

Task<> waits(EventLog &log, QString name)
{
    const InstanceCounter alive;
    const LogsDestruction local(log, name);
    co_await waitForever();
    log << name + " passed";
}

} // namespace

class TestDestruction : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    // --- L13

    void CORE_L13_N1()
    {
        EventLog log;
        TaskScope scope;
        auto gate = std::make_unique<Event>();
        scope.spawn(caller(log, gate->wait()));
        scope.spawn(caller(log, gate->wait()));
        gate.reset();
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList({"throws ObjectDestroyed", "throws ObjectDestroyed"}));
    }

    void CORE_L13_N2_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char *kind : {"gate", "sleepFor", "yieldNow", "handle", "gather", "race", "group", "timeout",
                                 "primed", "join", "woken", "requested", "attempt"})
            QTest::newRow(kind) << kind;
    }
    void CORE_L13_N2()
    {
        QFETCH(QString, kind);
        VirtualClock clock;
        Event g;
        TaskScope others;
        auto other = others.spawn(val(g, 1));
        bool passed = false;
        auto owner = std::make_unique<Owner>();
        const auto group = [&](TaskGroup &inner) -> Task<> {
            inner.spawn(val(g, 1));
            co_await g.wait();
        };
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            if (kind == "sleepFor")
                co_await sleepFor(U);
            else if (kind == "yieldNow")
                co_await yieldNow();
            else if (kind == "handle")
                co_await other;
            else if (kind == "gather")
                co_await gather(val(g, 1), val(g, 2));
            else if (kind == "race")
                co_await race(val(g, 1), val(g, 2));
            else if (kind == "group")
                co_await withTaskGroup(group);
            else if (kind == "timeout")
                co_await withTimeout(U, val(g, 1));
            else if (kind == "primed")
                co_await prime(val(g, 1));
            else if (kind == "join")
                co_await others.join();
            else if (kind == "attempt")
                (co_await attempt(g.wait())).isCancelled();
            else
                co_await g.wait();
            passed = true;
        };
        auto handle = owner->scope.spawn(body);
        if (kind == "woken")
            g.set();
        else if (kind == "requested")
            handle.cancel();
        owner.reset();
        QVERIFY(handle.isCancelled());
        if (kind != "woken")
            QCOMPARE(InstanceCounter::count(), 1);
        open(g);
        clock.advance(2 * U);
        QVERIFY(!passed);
        QVERIFY(other.isFinished());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L13_N3()
    {
        EventLog log;
        Event g;
        const auto inner = [&]() -> Task<> {
            const InstanceCounter alive;
            co_await g.wait();
        };
        const auto tidy = [&]() -> Task<> {
            co_await yieldNow();
            log << "cleaned up";
        };
        const auto body = [&]() -> Task<> { co_await withCleanup(inner, tidy); };
        auto owner = std::make_unique<Owner>();
        owner->scope.spawn(body);
        owner.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QCOMPARE(log.take(), QStringList());

        TaskScope scope;
        auto handle = scope.spawn(body);
        cancel(handle);
        QCOMPARE(log.take(), QStringList("cleaned up"));
        QVERIFY(handle.isCancelled());
    }

    void CORE_L13_N7()
    {
        int left = -1;
        std::thread thread([&] {
            Event g;
            {
                TaskScope scope;
                const auto body = [&]() -> Task<> { co_await shield(val(g, 1)); };
                auto handle = scope.spawn(body);
                cancel(handle);
            }
            left = InstanceCounter::count();
        });
        thread.join();
        QCOMPARE(left, 1);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void whatWasStartedLastIsDestroyedFirst()
    {
        EventLog log;
        auto owner = std::make_unique<Owner>();
        for (const char *name : {"A", "B", "C"})
            owner->scope.spawn(waits(log, name));
        owner.reset();
        QCOMPARE(log.take(), QStringList({"C", "B", "A"}));
    }

    void childrenAreDestroyedBeforeTheirParent()
    {
        EventLog log;
        auto owner = std::make_unique<Owner>();
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "parent");
            co_await gather(waits(log, "A"), waits(log, "B"));
        };
        owner->scope.spawn(body);
        owner.reset();
        QCOMPARE(log.take(), QStringList({"B", "A", "parent"}));
    }

    void spawningIntoAScopeThatIsBeingDestroyed()
    {
        auto scope = std::make_unique<TaskScope>();
        TaskScope *const pointer = scope.get();
        TaskHandle<int> handle;
        Probe probe;
        const auto body = [&]() -> Task<> {
            const OnDestruction spawns([&, pointer] { handle = pointer->spawn(now(1, &probe)); });
            co_await waitForever();
        };
        scope->spawn(body);
        scope.reset();
        QVERIFY(handle.isCancelled());
        QVERIFY(!probe.entered);
    }

    void aScopeOutlivesItsThread()
    {
        std::unique_ptr<TaskScope> scope;
        std::unique_ptr<Event> g;
        std::thread thread([&] {
            g = std::make_unique<Event>();
            scope = std::make_unique<TaskScope>();
            const auto sleeps = []() -> Task<> {
                const InstanceCounter alive;
                co_await sleepFor(1h);
            };
            const auto yields = []() -> Task<> {
                const InstanceCounter alive;
                co_await yieldNow();
            };
            scope->spawn(sleeps);
            scope->spawn(yields);
            scope->spawn(val(*g, 1));
            scope->spawn(toTask(gather(sleeps(), sleeps())));
        });
        thread.join();
        QCOMPARE(InstanceCounter::count(), 5);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void handlesOutliveTheirThread()
    {
        TaskHandle<int> handle;
        std::thread thread([&] {
            TaskScope scope;
            handle = scope.spawn(now(5));
        });
        thread.join();
        QVERIFY(handle.isFinished());
        QCOMPARE(text(handle), "5");
    }

    void aDestructorRunsOtherTasks()
    {
        // A child that is being destroyed spawns elsewhere, cancels and destroys what is left of its siblings.
        EventLog log;
        TaskScope living;
        auto first = std::make_unique<Owner>();
        auto second = std::make_unique<Owner>();
        second->scope.spawn(waits(log, "second"));
        const auto body = [&]() -> Task<> {
            const OnDestruction guard([&] {
                living.spawn(now(1));
                second.reset();
                log << "first";
            });
            co_await waitForever();
        };
        first->scope.spawn(body);
        first.reset();
        QCOMPARE(log.take(), QStringList({"second", "first"}));
    }

    // --- L14

    void CORE_L14_N1()
    {
        EventLog log;
        Event start;
        auto owner = std::make_unique<Owner>();
        owner->scope.spawn(waits(log, "other"));
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            const LogsDestruction local(log, "own");
            co_await start.wait();
            owner.reset();
            log << "deleted";
            const int value = co_await now(1);
            log << QString::number(value);
            co_await yieldNow();
            log << "passed";
        };
        auto handle = owner->scope.spawn(body);
        open(start);
        QCOMPARE(log.take(), QStringList({"other", "deleted", "1", "own"}));
        QVERIFY(handle.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L14_N1_inTheFirstSegment()
    {
        EventLog log;
        auto owner = std::make_unique<Owner>();
        owner->scope.spawn(waits(log, "other"));
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "own");
            owner.reset();
            log << "deleted";
            co_await waitForever();
        };
        auto handle = owner->scope.spawn(body);
        QCOMPARE(log.take(), QStringList({"other", "deleted", "own"}));
        QVERIFY(handle.isCancelled());
    }

    void CORE_L14_N2()
    {
        EventLog log;
        Event start;
        auto owner = std::make_unique<Owner>();
        const auto deletes = [&]() -> Task<> {
            const LogsDestruction local(log, "deleter");
            co_await start.wait();
            owner.reset();
            log << "deleted";
            co_await yieldNow();
            log << "passed";
        };
        const auto group = [&](TaskGroup &inner) -> Task<> {
            const LogsDestruction local(log, "body");
            const auto gathers = [&]() -> Task<> {
                const LogsDestruction inGather(log, "gather");
                co_await gather(waits(log, "sibling"), deletes());
            };
            inner.spawn(gathers);
            co_await waitForever();
        };
        const auto root = [&]() -> Task<> {
            const LogsDestruction local(log, "root");
            co_await withTaskGroup(group);
        };
        auto handle = owner->scope.spawn(root);
        open(start);
        QCOMPARE(log.take(), QStringList({"deleted", "deleter", "sibling", "gather", "body", "root"}));
        QVERIFY(handle.isCancelled());
    }

    void CORE_L14_N2_whileTheCombinatorStarts()
    {
        EventLog log;
        auto owner = std::make_unique<Owner>();
        const auto deletes = [&]() -> Task<> {
            const LogsDestruction local(log, "deleter");
            owner.reset();
            log << "deleted";
            co_await yieldNow();
            log << "passed";
        };
        const auto root = [&]() -> Task<> {
            const LogsDestruction local(log, "root");
            co_await gather(waits(log, "before"), deletes(), waits(log, "behind"));
            log << "passed";
        };
        auto handle = owner->scope.spawn(root);
        QCOMPARE(log.take(), QStringList({"deleted", "deleter", "before", "root"}));
        QVERIFY(handle.isCancelled());
    }

    void CORE_L14_N3()
    {
        EventLog log;
        Event start;
        auto owner = std::make_unique<Owner>();
        TaskScope living;
        const auto modal = [&]() -> Task<> {
            const LogsDestruction local(log, "own");
            co_await start.wait();
            QEventLoop dialog;
            QTimer::singleShot(0, [&] {
                owner.reset();
                log << "deleted";
            });
            QTimer::singleShot(1, [&] { dialog.quit(); });
            dialog.exec();
            log << "behind the dialog";
            co_await now(1);
            co_await yieldNow();
            log << "passed";
        };
        auto handle = owner->scope.spawn(modal);
        owner->scope.spawn(waits(log, "other"));
        start.set();
        QTRY_VERIFY(handle.isFinished());
        QCOMPARE(log.take(), QStringList({"other", "deleted", "behind the dialog", "own"}));
    }

    void CORE_L14_N3_aTreeIsFrozenMeanwhile()
    {
        EventLog log;
        Event start;
        Event g;
        auto owner = std::make_unique<Owner>();
        const auto modal = [&]() -> Task<> {
            co_await start.wait();
            QEventLoop dialog;
            QTimer::singleShot(0, [&] {
                owner.reset();
                g.set();
            });
            QTimer::singleShot(2, [&] { dialog.quit(); });
            dialog.exec();
            log << "behind the dialog";
        };
        const auto sibling = [&]() -> Task<> {
            const LogsDestruction local(log, "sibling gone");
            co_await g.wait();
            log << "sibling went on";
        };
        const auto root = [&]() -> Task<> {
            const LogsDestruction local(log, "root gone");
            co_await gather(sibling(), modal());
            log << "passed";
        };
        auto handle = owner->scope.spawn(root);
        start.set();
        QTRY_VERIFY(handle.isFinished());
        QCOMPARE(log.take(), QStringList({"behind the dialog", "sibling gone", "root gone"}));
        QVERIFY(handle.isCancelled());
    }

    void CORE_L14_N4_data()
    {
        QTest::addColumn<bool>("throws");
        QTest::addColumn<bool>("inAChild");
        QTest::newRow("returns") << false << false;
        QTest::newRow("throws") << true << false;
        QTest::newRow("a child returns") << false << true;
        QTest::newRow("a child throws") << true << true;
    }
    void CORE_L14_N4()
    {
        QFETCH(bool, throws);
        QFETCH(bool, inAChild);
        EventLog log;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &) { log << "unhandled " + text(error); });
        const auto reset = qScopeGuard([] { setUnhandledErrorHandler({}); });
        Event start;
        auto owner = std::make_unique<Owner>();
        owner->scope.onError([&](std::exception_ptr, const TaskInfo &) { log << "scope's handler"; });
        const auto deletes = [&]() -> Task<int> {
            const InstanceCounter alive;
            co_await start.wait();
            owner.reset();
            if (throws)
                throw E();
            co_return 5;
        };
        const auto root = [&]() -> Task<> {
            const InstanceCounter alive;
            if (inAChild)
                co_await gather(deletes());
            else
                co_await deletes();
            // Without a suspension in between the frame goes on.
            log << "on";
        };
        auto handle = owner->scope.spawn(root);
        open(start);
        QStringList expected;
        if (!inAChild && !throws)
            expected << "on";
        if (throws)
            expected << "unhandled E";
        QCOMPARE(log.take(), expected);
        QVERIFY(handle.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L14_N6()
    {
        EventLog log;
        auto owner = std::make_unique<Owner>();
        owner->scope.spawn(waits(log, "other"));
        const auto inner = [&]() -> Task<> {
            const InstanceCounter alive;
            const LogsDestruction first(log, "inner first");
            const OnDestruction guard([&] {
                owner.reset();
                log << "deleted";
            });
            co_await waitForever();
        };
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            const LogsDestruction local(log, "outer");
            co_await inner();
        };
        auto handle = owner->scope.spawn(body);
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"other", "deleted", "inner first", "outer"}));
        QVERIFY(handle.isCancelled());
    }

    void CORE_L14_N6_underAnAttempt()
    {
        EventLog log;
        auto owner = std::make_unique<Owner>();
        const auto inner = [&]() -> Task<> {
            const OnDestruction guard([&] { owner.reset(); });
            co_await waitForever();
        };
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "outer");
            const Outcome<> outcome = co_await attempt(inner());
            log << text(outcome);
            co_await yieldNow();
            log << "passed";
        };
        auto handle = owner->scope.spawn(body);
        cancel(handle);
        // An unwinding is no code that could go on: what is left is destroyed.
        QCOMPARE(log.take(), QStringList("outer"));
        QVERIFY(handle.isCancelled());
    }

    void CORE_L14_N7()
    {
        EventLog log;
        Event start;
        auto owner = std::make_unique<Owner>();
        TaskScope living;
        TaskHandle<> handle;
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            co_await start.wait();
            owner.reset();
            log << (handle.isFinished() ? "finished" : "unfinished");
            co_await yieldNow();
        };
        handle = owner->scope.spawn(body);
        living.spawn(caller(log, handle));
        open(start);
        QCOMPARE(log.take(), QStringList({"unfinished", "throws Cancelled"}));
        QVERIFY(handle.isCancelled());
    }

    void aDoomedTaskStartsOthersWhileItIsDestroyed()
    {
        EventLog log;
        Event start;
        auto owner = std::make_unique<Owner>();
        TaskScope living;
        const auto inner = [&]() -> Task<> {
            const InstanceCounter alive;
            const LogsDestruction first(log, "inner");
            const OnDestruction guard([&] {
                living.spawn(now(1));
                log << "spawned";
            });
            co_await start.wait();
            owner.reset();
            co_await waitForever();
        };
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            const LogsDestruction local(log, "outer");
            co_await inner();
        };
        auto handle = owner->scope.spawn(body);
        open(start);
        QCOMPARE(log.take(), QStringList({"spawned", "inner", "outer"}));
        QVERIFY(handle.isCancelled());
    }

    void twoDoomedTasks()
    {
        EventLog log;
        Event start;
        auto first = std::make_unique<Owner>();
        auto second = std::make_unique<Owner>();
        const auto body = [&](QString name, std::unique_ptr<Owner> &other) -> Task<> {
            const LogsDestruction local(log, name);
            co_await start.wait();
            (name == "A" ? first : second).reset();
            const OnDestruction guard([&] { other.reset(); });
            co_await waitForever();
        };
        auto a = first->scope.spawn(body("A", second));
        auto b = second->scope.spawn(body("B", first));
        open(start);
        QVERIFY(a.isCancelled());
        QVERIFY(b.isCancelled());
        QCOMPARE(log.take(), QStringList({"B", "A"}));
    }

    void aDroppedValueDeletesTheOwner()
    {
        Event start;
        EventLog log;
        auto owner = std::make_unique<Owner>();
        const auto child = [&]() -> Task<OnLastDestruction> {
            co_await start.wait();
            co_return OnLastDestruction([&] {
                owner.reset();
                log << "deleted";
            });
        };
        const auto group = [&](TaskGroup &inner) -> Task<> {
            inner.spawn(child());
            co_return;
        };
        const auto root = [&]() -> Task<> {
            const InstanceCounter alive;
            const LogsDestruction local(log, "root");
            co_await withTaskGroup(group);
            log << "on";
            co_await yieldNow();
            log << "passed";
        };
        auto handle = owner->scope.spawn(root);
        open(start);
        QVERIFY(handle.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
        const QStringList events = log.take();
        QVERIFY(!events.contains("passed"));
        QCOMPARE(events.count("root"), 1);
        QCOMPARE(events.count("deleted"), 1);
    }

    void aDroppedValueOfAScopesTaskDeletesTheScope()
    {
        Event start;
        auto owner = std::make_unique<Owner>();
        const auto child = [&]() -> Task<OnLastDestruction> {
            co_await start.wait();
            co_return OnLastDestruction([&] { owner.reset(); });
        };
        owner->scope.spawn(child());
        owner->scope.spawn(never());
        open(start);
        QVERIFY(!owner);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void theErrorHandlerDeletesTheOwner()
    {
        Event start;
        EventLog log;
        auto owner = std::make_unique<Owner>();
        const QString captured("captured");
        owner->scope.onError([&, captured](std::exception_ptr, const TaskInfo &) {
            owner.reset();
            log << captured;
        });
        owner->scope.spawn(err(start));
        owner->scope.spawn(never());
        open(start);
        QCOMPARE(log.take(), QStringList("captured"));
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void errorsOnTheirWayOutliveTheScope()
    {
        EventLog log;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &) { log << "unhandled " + text(error); });
        const auto reset = qScopeGuard([] { setUnhandledErrorHandler({}); });
        auto owner = std::make_unique<Owner>();
        owner->scope.onError([&](std::exception_ptr, const TaskInfo &) { log << "scope's handler"; });
        owner->scope.spawn(nowErr());
        owner.reset();
        settle();
        QCOMPARE(log.take(), QStringList("unhandled E"));
    }

    void aTaskDeletesItsOwnerFromANestedRun()
    {
        EventLog log;
        Event start;
        auto owner = std::make_unique<Owner>();
        const auto inner = [&]() -> Task<> {
            co_await yieldNow();
            owner.reset();
            log << "deleted";
            co_await yieldNow();
            log << "inner on";
        };
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "own");
            co_await start.wait();
            run(inner());
            log << "outer on";
            co_await yieldNow();
            log << "passed";
        };
        auto handle = owner->scope.spawn(body);
        open(start);
        QCOMPARE(log.take(), QStringList({"deleted", "inner on", "outer on", "own"}));
        QVERIFY(handle.isCancelled());
    }

    void deepChildrenAreDestroyed()
    {
        struct Nested
        {
            static Task<> of(int depth)
            {
                const InstanceCounter alive;
                if (depth > 0)
                    co_await gather(of(depth - 1), of(0));
                else
                    co_await waitForever();
            }
        };
        auto owner = std::make_unique<Owner>();
        owner->scope.spawn(Nested::of(200));
        QCOMPARE(InstanceCounter::count(), 401);
        owner.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        TaskScope scope;
        auto handle = scope.spawn(Nested::of(200));
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
    }
};

QTEST_GUILESS_MAIN(TestDestruction)
#include "tst_destruction.moc"
