// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "messages.h"
#include "taskstest.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskscope.h>

#include <QApplication>
#include <QWidget>

using namespace Words;

namespace {

/// A window as users write them.
class Owner
{
public:
    Owner(EventLog &log, QString name)
        : m_counted(log, std::move(name))
    {
    }

    LogsDestruction m_counted;
    TaskScope m_scope;
};

Task<> waitsWithLocal(EventLog &log, QString name)
{
    const InstanceCounter alive;
    const LogsDestruction local(log, name);
    co_await waitForever();
}

Task<> logsWhenSignalled(Event &gate, EventLog &log)
{
    const InstanceCounter alive;
    co_await gate.wait();
    log << QStringLiteral("gate");
}

Task<> logsAfterGather(Event &gate, EventLog &log)
{
    const InstanceCounter alive;
    co_await gather(pass(gate), waitForever());
    log << QStringLiteral("gather");
}

Task<> logsAfterSleep(EventLog &log)
{
    const InstanceCounter alive;
    co_await sleepFor(U);
    log << QStringLiteral("sleep");
}

class Window : public QWidget
{
public:
    Window(Event &gate, EventLog &log)
    {
        m_scope.spawn(logsWhenSignalled(gate, log));
        m_scope.spawn(logsAfterGather(gate, log));
        m_scope.spawn(logsAfterSleep(log));
    }

private:
    TaskScope m_scope;
};

template<typename A>
Task<QString> joins(TaskScope &scope, A next)
{
    const InstanceCounter alive;
    co_await scope.join();
    co_return co_await textOf(std::move(next));
}

Task<int> spawnsOneMore(TaskScope &scope, Event &gate, Event &next)
{
    const InstanceCounter alive;
    co_await gate.wait();
    scope.spawn(pass(next));
    co_return 0;
}

Task<QString> joinsItself(TaskScope &scope)
{
    co_return co_await textOf(scope.join());
}

Task<QString> cancelsAndAwaitsItself(TaskScope &scope)
{
    co_return co_await textOf(scope.cancelAndWait());
}

} // namespace

class TestTaskScope : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        begin();
        other.emplace();
    }
    void cleanup()
    {
        other.reset();
        QCOMPARE(end(), QString());
    }

    void TASKS_TSCOPE_N1()
    {
        QStringList errors;
        other->onError([&](const std::exception_ptr &error, const TaskInfo &task) {
            errors << text(error) + ' ' + task.name;
        });
        other->spawn(err(a), "loader");
        other->spawn(val(b, 1, &p));
        QCOMPARE(other->count(), 2);
        a.set();
        settle();
        QCOMPARE(errors, QStringList("E loader"));
        QCOMPARE(other->count(), 1);
        QCOMPARE(p.requests, 0);
        open(b);
        QCOMPARE(other->count(), 0);
        QCOMPARE(errors.size(), 1);
    }

    void TASKS_TSCOPE_N2()
    {
        const MessageCapture messages;
        other->spawn(err(a), "loader");
        open(a);
        QCOMPARE(messages.texts().size(), 1);
        QCOMPARE(messages.texts("codrive.scope"), QStringList("error in task \"loader\": E"));
    }

    void TASKS_TSCOPE_N3()
    {
        H = other->spawn(err(a));
        start(H);
        open(a);
        QCOMPARE(result(), "throws E");
    }

    void TASKS_TSCOPE_N4()
    {
        QStringList errors;
        other->onError([&](const std::exception_ptr &error, const TaskInfo &) { errors << text(error); });
        other->spawn(nowErr());
        QCOMPARE(errors, QStringList());
        settle();
        QCOMPARE(errors, QStringList("E"));
        start(spawnsAndAwaits());
        settle();
        QCOMPARE(result(), "throws E");
        QCOMPARE(errors.size(), 1);
    }

    void TASKS_TSCOPE_N6()
    {
        {
            Owner owner(log, "counted");
            owner.m_scope.spawn(waitsWithLocal(log, "first"));
            owner.m_scope.spawn(waitsWithLocal(log, "second"));
        }
        QCOMPARE(log.take(), QStringList({"second", "first", "counted"}));
    }

    void TASKS_TSCOPE_N7()
    {
        VirtualClock clock;
        auto *const window = new Window(a, log);
        const QPointer<QWidget> guard(window);
        window->setAttribute(Qt::WA_DeleteOnClose);
        window->show();
        window->close();
        settle();
        QVERIFY(!guard);
        QCOMPARE(InstanceCounter::count(), 0);
        open(a);
        clock.advance(2 * U);
        QCOMPARE(log.take(), QStringList());
    }

    void TASKS_TSCOPE_N8() // CORE_L14_N1 and N7
    {
        auto owner = std::make_unique<Owner>(log, "owner gone");
        owner->m_scope.spawn(waitsWithLocal(log, "other gone"));
        H = owner->m_scope.spawn(after(a, callingThenWaiting(log, [&] {
                                            const OnDestruction<std::function<void()>> done(
                                                [this] { log << (H.isFinished() ? "finished" : "unfinished"); });
                                            owner.reset();
                                        })));
        start(H);
        open(a);
        QCOMPARE(result(), "other gone, owner gone, unfinished, behind, throws Cancelled");
        QVERIFY(H.isCancelled());
        QCOMPARE(InstanceCounter::count(), 1); // of C
    }

    void TASKS_TSCOPE_N9()
    {
        other->spawn(slow(a, h, &p));
        other->spawn(never(&q));
        other->cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(other->count(), 1);
        other->spawn(val(b, 1, &r));
        open(b);
        QCOMPARE(r.requests, 0);
        QVERIFY(r.passed);
        open(h);
        QCOMPARE(other->count(), 0);
    }

    void TASKS_TSCOPE_N10()
    {
        start(other->join());
        QCOMPARE(result(), "void");
        other->onError([](const std::exception_ptr &, const TaskInfo &) {});
        other->spawn(err(a));
        other->spawn(spawnsOneMore(*other, a, b));
        start(other->join());
        open(a);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "void");
    }

    // Who awaits the last task is woken first, and what it spawns is awaited too.
    void joinWhenTheLastTasksWaiterSpawnsAnother()
    {
        const TaskHandle<int> last = other->spawn(val(a, 1));
        const auto spawnsAfter = [&]() -> Task<> {
            co_await last;
            other->spawn(val(b, 2, &p));
        };
        scope->spawn(spawnsAfter());
        start(other->join());
        open(a);
        QVERIFY(p.entered);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "void");
    }

    void TASKS_TSCOPE_N11()
    {
        other->spawn(val(a, 1, &p));
        start(other->join());
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(p.requests, 0);
        start(other->join());
        other.reset();
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void TASKS_TSCOPE_N12()
    {
        other->spawn(slow(a, h, &p));
        start(other->cancelAndWait());
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "void, kept");
    }

    void cancelAndWaitForwardsFurtherRequests()
    {
        other->spawn(slow(a, h, &p));
        start(other->cancelAndWait());
        settle();
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "void, kept");
    }

    void cancelAndWaitWithARequestPending()
    {
        other->spawn(slow(a, h, &p));
        startRequested(other->cancelAndWait());
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "void, kept");
    }

    void cancelAndWaitWhenTheScopeIsDestroyed()
    {
        start(other->cancelAndWait());
        QCOMPARE(result(), "void");
        other->spawn(slow(a, h, &p));
        start(other->cancelAndWait());
        settle();
        other.reset();
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void cancelAndWaitWhenTheWaiterIsDestroyed()
    {
        other->spawn(slow(a, h, &p));
        start(other->cancelAndWait());
        settle();
        scope.reset();
        QCOMPARE(other->count(), 1);
        open(h);
        QCOMPARE(other->count(), 0);
    }

    // Promise 4: no wait that never ends.
    void taskThatAwaitsItsOwnScope()
    {
        TaskHandle<QString> joining = other->spawn(joinsItself(*other));
        QCOMPARE(text(joining), "throws logic_error");
        TaskHandle<QString> ending = other->spawn(cancelsAndAwaitsItself(*other));
        QCOMPARE(text(ending), "throws logic_error");
        TaskHandle<QString> deep = other->spawn(inAGather(*other));
        QCOMPARE(text(deep), "throws logic_error");
    }

    void TASKS_TSCOPE_N19()
    {
        H = other->spawn(slow(a, h));
        cancel(H);
        open(h);
        QVERIFY(H.isCancelled());
        QCOMPARE(other->count(), 0);
    }

    void TASKS_TSCOPE_N20()
    {
        QStringList errors;
        other->onError([&](const std::exception_ptr &error, const TaskInfo &) { errors << text(error); });
        other->spawn(dirty(a));
        other->cancel();
        settle();
        QCOMPARE(errors, QStringList("E"));
    }

    void TASKS_TSCOPE_N21()
    {
        for (int i = 0; i < 100'000; ++i)
            other->spawn(now(i));
        QCOMPARE(other->count(), 0);
        QVERIFY(dumpTasks().isEmpty());
    }

    void CORE_L14_N2()
    {
        start(withTaskGroup([this](TaskGroup &group) -> Task<int> {
            const LogsDestruction body(log, "body gone");
            group.spawn(groupChild());
            co_return co_await never();
        }));
        const TaskHandle<> waiting = scope->spawn(waitsWithLocal(log, "other gone"));
        open(a);
        QCOMPARE(log.take(), QStringList({"other gone", "behind", "child gone", "body gone"}));
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(C.isCancelled() && waiting.isCancelled());
    }

    void CORE_L14_N3()
    {
        auto nested = [this] {
            QEventLoop loop;
            QTimer::singleShot(0, &loop, [this] {
                scope.reset();
                log << "destroyed";
            });
            QTimer::singleShot(1, &loop, [&] {
                log << "still running";
                loop.quit();
            });
            loop.exec();
        };
        scope->spawn(waitsWithLocal(log, "other gone"));
        scope->spawn(after(a, callingThenWaiting(log, nested)));
        open(a);
        QCOMPARE(log.take(), QStringList({"other gone", "destroyed", "still running", "behind"}));
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L14_N4()
    {
        collectUnhandled();
        int handled = 0;
        scope->onError([&](const std::exception_ptr &, const TaskInfo &) { ++handled; });
        H = scope->spawn(after(a, calling([this] { scope.reset(); })));
        open(a);
        QVERIFY(H.isCancelled());
        QCOMPARE(unhandled, QStringList());

        a.clear();
        scope.emplace();
        scope->onError([&](const std::exception_ptr &, const TaskInfo &) { ++handled; });
        H = scope->spawn(after(a, callingErr([this] { scope.reset(); })));
        open(a);
        QVERIFY(H.isCancelled());
        QCOMPARE(unhandled, QStringList("E"));
        QCOMPARE(handled, 0);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L14_N6()
    {
        auto deleting = [this]() -> Task<> {
            const InstanceCounter alive;
            const auto destroy = [this] {
                log << "unwound";
                scope.reset();
            };
            const OnDestruction local(destroy);
            co_await waitForever();
        };
        scope->spawn(waitsWithLocal(log, "other gone"));
        C = scope->spawn([&] { return inFrame(deleting); });
        cancel(C);
        QCOMPARE(log.take(), QStringList({"unwound", "other gone", "outer frame gone"}));
        QVERIFY(C.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void deletingTaskInItsFirstSegment()
    {
        auto owner = std::make_unique<Owner>(log, "owner gone");
        H = owner->m_scope.spawn(callingThenWaiting(log, [&] { owner.reset(); }));
        QCOMPARE(log.take(), QStringList({"owner gone", "behind"}));
        QVERIFY(H.isCancelled());
    }

    void spawningIntoAScopeThatIsBeingDestroyed()
    {
        TaskScope &dying = *scope;
        auto spawning = [&]() -> Task<> {
            const auto spawn = [&] {
                const TaskHandle<int> late = dying.spawn(never(&p));
                log << text(late);
            };
            const OnDestruction local(spawn);
            co_await waitForever();
        };
        scope->spawn(spawning);
        scope.reset();
        QCOMPARE(log.take(), QStringList("cancelled"));
        QVERIFY(!p.entered);
    }

    void handlerThatDestroysTheScope()
    {
        const QString captured("captured text that is longer than what a string keeps inside");
        other->onError([this, captured](const std::exception_ptr &error, const TaskInfo &) {
            other.reset();
            log << captured.right(6) + ' ' + text(error);
        });
        other->spawn(err(a));
        other->spawn(waitsWithLocal(log, "other gone"));
        open(a);
        QCOMPARE(log.take(), QStringList({"other gone", "inside E"}));
    }

    void handlerThatSetsAnother()
    {
        other->onError([this](const std::exception_ptr &, const TaskInfo &) {
            other->onError([this](const std::exception_ptr &, const TaskInfo &) { log << "second"; });
            log << "first";
        });
        other->spawn(err(a));
        open(a);
        other->spawn(nowErr());
        settle();
        QCOMPARE(log.take(), QStringList({"first", "second"}));
    }

    void errorOnItsWayWhenTheScopeIsDestroyed()
    {
        collectUnhandled();
        other->onError([this](const std::exception_ptr &, const TaskInfo &) { log << "handler of the dead"; });
        other->spawn(nowErr());
        other.reset();
        settle();
        QCOMPARE(unhandled, QStringList("E"));
        QCOMPARE(log.take(), QStringList());
    }

    void errorOnItsWayToAHandlerThatWasReplaced()
    {
        collectUnhandled();
        other->onError([this](const std::exception_ptr &, const TaskInfo &) { log << "first"; });
        other->spawn(nowErr());
        other->onError([this](const std::exception_ptr &, const TaskInfo &) { log << "second"; });
        settle();
        QCOMPARE(log.take(), QStringList("first"));
        other->spawn(nowErr());
        other->onError({});
        other.reset();
        settle();
        QCOMPARE(unhandled, QStringList("E"));
        QCOMPARE(log.take(), QStringList());
    }

    void handlerIsReleasedWithTheScope()
    {
        const auto captured = std::make_shared<int>(1);
        other->onError([captured](const std::exception_ptr &, const TaskInfo &) {});
        H = other->spawn(nowErr());
        settle();
        other.reset();
        QCOMPARE(captured.use_count(), 1L);
        QVERIFY(H.isFinished());
    }

    // Law L14: what is frozen is not disturbed by requests either.
    void requestToATaskThatIsBeingDestroyed()
    {
        start(gather(shield(never(&p)), after(a, calling([this] {
                                            scope.reset();
                                            C.cancel();
                                        }))));
        open(a);
        QVERIFY(p.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void nestedLoopInADestructorWhileTheTreeIsDestroyed()
    {
        auto looping = []() -> Task<int> {
            const auto loop = [] { settle(); };
            const OnDestruction local(loop);
            co_await waitForever();
            co_return 0;
        };
        start(gather(val(b, 1, &p), looping));
        b.set();
        scope.reset();
        QVERIFY(!p.passed);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void twoScopesThatDestroyEachOther()
    {
        start(after(a, calling([this] { other.reset(); })));
        other->spawn(after(b, calling([this] { scope.reset(); })));
        a.set();
        b.set();
        settle();
        QVERIFY(!other && scope);
    }

private:
    Task<int> spawnsAndAwaits() { co_return co_await other->spawn(nowErr()); }
    Task<int> groupChild()
    {
        const LogsDestruction local(log, "child gone");
        co_await gather(never(), after(a, callingThenWaiting(log, [this] { scope.reset(); })));
        co_return 0;
    }
    template<typename Make>
    Task<> inFrame(Make make)
    {
        const LogsDestruction local(log, "outer frame gone");
        co_await make();
    }
    static Task<QString> inAGather(TaskScope &scope)
    {
        const auto results = co_await gather(joinsItself(scope));
        co_return std::get<0>(results);
    }

    std::optional<TaskScope> other;
};

QTEST_MAIN(TestTaskScope)
#include "tst_taskscope.moc"
