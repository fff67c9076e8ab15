// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/withtaskscope.h>

using namespace Words;

class TestWithTaskScope : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void TASKS_WSCOPE_N1()
    {
        start(inScope([this](TaskScope &inner) {
            inner.onError(logError());
            inner.spawn(err(a));
            inner.spawn(val(b, 1, &p));
            return now(5);
        }));
        open(a);
        QCOMPARE(result(), "handler E");
        QCOMPARE(p.requests, 0);
        open(b);
        QCOMPARE(result(), "5");
    }

    void TASKS_WSCOPE_N2()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(slow(a, h, &p));
            return nowErr("B");
        }));
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws B");
        start(inScope([this](TaskScope &inner) {
            inner.onError(logError());
            inner.spawn(dirty(b, "F"));
            inner.spawn(slow(b, k));
            return nowErr("B");
        }));
        settle();
        QCOMPARE(result(), "handler F");
        open(k);
        QCOMPARE(result(), "throws B");
    }

    void TASKS_WSCOPE_N3()
    {
        start(inScope([this](TaskScope &inner) {
            inner.onError(logError());
            inner.spawn(slow(a, h, &p));
            inner.spawn(dirty(b, "F"));
            return val(g, 5, &q);
        }));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "handler F");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void TASKS_WSCOPE_N4()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(slow(a, h, &p));
            return now(5);
        }));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void withoutTasks()
    {
        start(inScope([](TaskScope &) { return now(5); }));
        QCOMPARE(result(), "5");
        start(withTaskScope([](TaskScope &) -> Task<int> { throw E("B"); }));
        QCOMPARE(result(), "throws B");
    }

    void secondRequestIsForwarded()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(slow(a, h, &p));
            return now(5);
        }));
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void requestAfterTheBodysError()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(slow(a, h, &p));
            return nowErr("B");
        }));
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "throws B, kept");
    }

    void cancelOfTheInnerScope()
    {
        TaskScope *kept = nullptr;
        start(inScope([&](TaskScope &inner) {
            kept = &inner;
            inner.spawn(slow(a, h, &p));
            return val(g, 5, &q);
        }));
        kept->cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 0);
        open(g);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5");
    }

    void bodyThatJoins()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(pass(a));
            return thenFive(inner);
        }));
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "5");
    }

    void bodyThatUnwindsItself()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(slow(a, h, &p));
            return unwinding(g);
        }));
        open(g);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    // As in a group: what comes late, into a scope that is being cancelled, meets the request too.
    void taskSpawnedByACleanUp()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(spawnsWhenCancelled(inner));
            return nowErr("B");
        }));
        settle();
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "throws B");
    }

    // The handler may refer to what dies with the caller's frame.
    void errorOfTheLastTaskReachesTheHandlerBeforeTheCallerGoesOn()
    {
        start(inScope([this](TaskScope &inner) {
            inner.onError(logError());
            inner.spawn(err(a));
            return now(5);
        }));
        open(a);
        QCOMPARE(result(), "handler E, 5");
        start(inScope([this](TaskScope &inner) {
            inner.onError(logError());
            inner.spawn(nowErr());
            return now(5);
        }));
        settle();
        QCOMPARE(result(), "handler E, 5");
        a.clear();
        start(inScope([this](TaskScope &inner) {
            inner.onError(logError());
            inner.spawn(err(a));
            inner.spawn(pass(a));
            return val(a, 5);
        }));
        open(a);
        QCOMPARE(result(), "handler E, 5");
    }

    void destroyedWhileItWaits()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(slow(a, h, &p));
            inner.spawn(neverWithLocal("task gone"));
            return neverWithLocal("body gone");
        }));
        scope.reset();
        QCOMPARE(log.take(), QStringList({"task gone", "body gone"}));
        QCOMPARE(p.requests, 0);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void taskOfTheInnerScopeDestroysTheOuter()
    {
        start(inScope([this](TaskScope &inner) {
            inner.spawn(after(a, callingThenWaiting(log, [this] { scope.reset(); })));
            return val(g, 5, &q);
        }));
        open(a);
        QCOMPARE(log.take(), QStringList("behind"));
        QCOMPARE(InstanceCounter::count(), 0);
    }

private:
    ErrorHandler logError()
    {
        return [this](const std::exception_ptr &error, const TaskInfo &) { log << "handler " + text(error); };
    }
    template<typename Body>
    Task<int> inScope(Body body)
    {
        const InstanceCounter alive;
        co_return co_await withTaskScope([&](TaskScope &inner) { return body(inner); });
    }
    Task<int> thenFive(TaskScope &inner)
    {
        co_await inner.join();
        co_return 5;
    }
    Task<int> neverWithLocal(QString name)
    {
        const LogsDestruction local(log, name);
        co_return co_await never();
    }
    Task<> spawnsWhenCancelled(TaskScope &inner)
    {
        const Outcome<> outcome = co_await attempt(b.wait());
        if (outcome.isCancelled())
            inner.spawn(never(&p));
    }
};

QTEST_GUILESS_MAIN(TestWithTaskScope)
#include "tst_withtaskscope.moc"
