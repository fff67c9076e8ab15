// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/cancelscope.h>
#include <CoDrive/tasks/cleanup.h>

#include <functional>

using namespace Words;

class TestCancelScope : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup()
    {
        inner.reset();
        QCOMPARE(end(), QString());
    }

    void AD_SCOPE_01()
    {
        startBody([this] { return val(g, 5); });
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "5");
        startBody([] { return nowErr(); });
        QCOMPARE(result(), "throws E");
        startBody([this] { return pass(g); });
        settle();
        QCOMPARE(result(), "true");
    }

    void AD_SCOPE_01_void()
    {
        startBody([this] { return pass(g, &p); });
        inner->cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "false");
    }

    void AD_SCOPE_03()
    {
        startBody([this] { return slow(g, h, &p); });
        inner->cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        inner->cancel();
        settle();
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "empty");
    }

    void AD_SCOPE_04()
    {
        startBody([this] { return val(g, 5, &p); });
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_SCOPE_05()
    {
        startBody([this] { return slow(g, h, &p); });
        inner->cancel();
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_SCOPE_06()
    {
        startBody([this] {
            inner->cancel();
            return now(5);
        });
        settle();
        QCOMPARE(result(), "5");
    }

    void AD_SCOPE_08()
    {
        startBody([this] { return absorb(g, h, 5, &p); });
        inner->cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5");
    }

    void AD_SCOPE_09()
    {
        startBody([this] { return val(g, 5); });
        open(g);
        QCOMPARE(result(), "5");
        QVERIFY_THROWS_EXCEPTION(std::logic_error, inner->cancel());
        settle();
        QVERIFY(!C.isFinished());
    }

    void AD_SCOPE_10()
    {
        const auto inScope = [this](CancelScope cancelScope) -> Task<> {
            inner = cancelScope;
            co_await waitForever();
        };
        const auto cleanUp = [this, inScope]() -> Task<> {
            const bool hasEnded = co_await withCancelScope(inScope);
            log << show(hasEnded);
            co_await h.wait();
            log << QStringLiteral("clean");
        };
        const auto body = [this]() -> Task<> { co_await pass(g); };
        start(withCleanup(body, cleanUp));
        cancel(C);
        QVERIFY(inner);
        inner->cancel();
        settle();
        QCOMPARE(log.take(), QStringList("false"));
        QVERIFY(!C.isFinished());
        open(h);
        QCOMPARE(log.take(), QStringList("clean"));
        QCOMPARE(result(), "cancelled");
    }

    void AD_SCOPE_12()
    {
        const auto inScope = [this](CancelScope cancelScope) {
            inner = cancelScope;
            return val(g, 1);
        };
        startBody([this, inScope]() -> Task<QString> {
            const std::optional<int> value = co_await withCancelScope(inScope);
            log << show(value);
            co_await a.wait();
            co_return QStringLiteral("outer");
        });
        inner->cancel();
        settle();
        QCOMPARE(log.take(), QStringList("empty"));
        open(a);
        QCOMPARE(result(), "outer");
    }

    void AD_SCOPE_14()
    {
        H = scope->spawn(never());
        startBody([this]() -> Task<int> { co_return co_await H; });
        cancel(H);
        QCOMPARE(result(), "throws Cancelled");
    }

    void TASKS_SCOPE_N1()
    {
        startBody([this]() -> Task<int> {
            inner->cancel();
            return callingThenWaiting(log, [] { });
        });
        settle();
        QCOMPARE(result(), "behind, empty");
    }

    void TASKS_SCOPE_N3()
    {
        for (const bool isScopeCancelled : {false, true}) {
            p = Probe();
            const auto body = [this, isScopeCancelled](CancelScope cancelScope) {
                if (isScopeCancelled)
                    cancelScope.cancel();
                return val(g, 5, &p);
            };
            startRequested(withCancelScope(body));
            QVERIFY(p.entered);
            settle();
            QCOMPARE(p.requests, 1);
            QVERIFY(!p.passed);
            QCOMPARE(result(), "cancelled");
        }
    }

    void TASKS_SCOPE_N4()
    {
        startBody([this] { return val(g, 5, &p); });
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
        QVERIFY_THROWS_EXCEPTION(std::logic_error, inner->cancel());
    }

    void TASKS_SCOPE_N4_inside()
    {
        startBody([this] {
            return after(g, callingThenWaiting(log, [this] { scope.reset(); }));
        });
        open(g);
        QCOMPARE(log.take(), QStringList("behind"));
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY_THROWS_EXCEPTION(std::logic_error, inner->cancel());
    }

private:
    /// Starts C, which awaits withCancelScope() of \a makeTask; inner is its scope.
    template<typename MakeTask>
    void startBody(MakeTask makeTask)
    {
        start(withCancelScope([this, makeTask](CancelScope cancelScope) {
            inner = cancelScope;
            return makeTask();
        }));
    }

    std::optional<CancelScope> inner;
};

QTEST_MAIN(TestCancelScope)
#include "tst_cancelscope.moc"
