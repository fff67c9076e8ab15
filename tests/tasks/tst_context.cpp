// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/awaitables.h>
#include <CoDrive/tasks/cancelandwait.h>
#include <CoDrive/tasks/context.h>

#include <functional>
#include <memory>

using namespace Words;

namespace {

using MakeInt = std::function<Task<int>()>;

Task<> asVoid(Task<int> task)
{
    co_await std::move(task);
}

/// A context whose parts are given; it logs "in", "out" and "gone" with its name.
class Context
{
public:
    Context(EventLog &log, const QString &name, MakeInt enter, MakeInt exit)
        : m_log(&log)
        , m_name(name)
        , m_enter(std::move(enter))
        , m_exit(std::move(exit))
    {
    }

    Task<int> enter()
    {
        *m_log << m_name + QStringLiteral(" in");
        return m_enter();
    }
    Task<> exit()
    {
        *m_log << m_name + QStringLiteral(" out");
        return asVoid(m_exit());
    }

private:
    EventLog *m_log;
    QString m_name;
    MakeInt m_enter;
    MakeInt m_exit;
    InstanceCounter m_alive;
};

/// Entering gives nothing.
class VoidContext
{
public:
    explicit VoidContext(EventLog &log)
        : m_log(&log)
    {
    }
    Task<> enter()
    {
        *m_log << QStringLiteral("in");
        co_return;
    }
    Task<> exit()
    {
        *m_log << QStringLiteral("out");
        co_return;
    }

private:
    EventLog *m_log;
};

/// Entering gives what cannot be copied and tells when it dies.
class MoveOnlyContext
{
public:
    explicit MoveOnlyContext(EventLog &log)
        : m_log(&log)
    {
    }
    Task<std::unique_ptr<LogsDestruction>> enter()
    {
        co_return std::make_unique<LogsDestruction>(*m_log, QStringLiteral("value gone"));
    }
    Task<> exit()
    {
        co_await yieldNow();
        *m_log << QStringLiteral("out");
    }

private:
    EventLog *m_log;
};

/// It and its value log when they die.
class MortalContext
{
public:
    explicit MortalContext(EventLog &log)
        : m_log(&log)
        , m_end(std::make_unique<LogsDestruction>(log, QStringLiteral("context gone")))
    {
    }
    Task<std::unique_ptr<LogsDestruction>> enter()
    {
        return now(std::make_unique<LogsDestruction>(*m_log, QStringLiteral("value gone")));
    }
    Task<> exit()
    {
        *m_log << QStringLiteral("out");
        co_return;
    }

private:
    EventLog *m_log;
    std::unique_ptr<LogsDestruction> m_end;
};

} // namespace

class TestContext : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        begin();
        for (Event *const gate : {&e1, &e2, &e3, &x1, &x2})
            gate->clear();
    }
    void cleanup() { QCOMPARE(end(), QString()); }

    // --- withContext

    void AD_UPDH_01()
    {
        start(withContext(plain(), [this](int &value) -> Task<int> {
            log << QStringLiteral("body %1").arg(value);
            co_await g.wait();
            co_return 5;
        }));
        QCOMPARE(log.take(), QStringList({"1 in", "body 7"}));
        open(g);
        QCOMPARE(result(), "1 out, 5");
    }

    void AD_UPDH_02()
    {
        start(withContext(plain(), [](int &) { return nowErr(); }));
        QCOMPARE(result(), "1 in, 1 out, throws E");
    }

    void AD_UPDH_06()
    {
        startWithExit([this] { return slow(x1, h, &p); }, [] { return now(5); });
        cancel(C);
        QCOMPARE(p.requests, 0);
        QCOMPARE(outcome(), "pending");
        open(x1);
        QCOMPARE(outcome(), "5, kept");
    }

    void AD_UPDH_06_twice()
    {
        startWithExit([this] { return slow(x1, h, &p); }, [] { return now(5); });
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(outcome(), "pending");
        open(h);
        QCOMPARE(outcome(), "cancelled");
    }

    void AD_UPDH_07()
    {
        startWithExit([] { return nowErr("E2"); }, [] { return now(5); });
        QCOMPARE(outcome(), "throws E2");
        startWithExit([] { return nowErr("E2"); }, [] { return nowErr("E1"); });
        QCOMPARE(outcome(), "throws group [E1, E2]");
    }

    void AD_UPDH_09()
    {
        {
            auto unawaited = withContext(plain(), [](int &) { return now(5); });
            Q_UNUSED(unawaited)
            QVERIFY(InstanceCounter::count() > 0);
        }
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_UPDH_10()
    {
        start(withContext(plain("outer"), [this](int &) {
            const auto body = [](int &value) {
                ++value;
                return now(value);
            };
            return withContext(plain("inner"), body);
        }));
        QCOMPARE(result(), "outer in, inner in, inner out, outer out, 8");
    }

    void AD_PDH_02()
    {
        const auto enter = [this]() -> Task<int> {
            H = scope->spawn(slow(a, h, &p));
            return now(7);
        };
        const auto exit = [this]() -> Task<int> {
            co_await cancelAndWait(H);
            co_return 0;
        };
        start(withContext(Context(log, "1", enter, exit), [](int &value) { return now(value); }));
        settle();
        QCOMPARE(log.take(), QStringList({"1 in", "1 out"}));
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "7");
    }

    void AD_PDH_03()
    {
        start(withContext(Context(log, "1", [this] { return val(e1, 7, &p); }, [] { return now(0); }),
                          [this](int &value) { return now(value, &q); }));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QVERIFY(!q.entered);
        QCOMPARE(log.take(), QStringList("1 in"));
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void TASKS_WCTX_N1()
    {
        start(withContext(Context(log, "1", [this] { return absorb(e1, h, 7); }, [this] { return val(x1, 0, &r); }),
                          [this](int &value) { return val(a, value, &q); }));
        cancel(C);
        QCOMPARE(log.take(), QStringList("1 in"));
        QVERIFY(!q.entered);
        open(h);
        QVERIFY(q.entered);
        QCOMPARE(q.requests, 1);
        QVERIFY(!q.passed);
        QCOMPARE(log.take(), QStringList("1 out"));
        QCOMPARE(result(), "pending");
        open(x1);
        QCOMPARE(r.requests, 0);
        QCOMPARE(result(), "cancelled");
    }

    void TASKS_WCTX_N2()
    {
        start(withContext(Context(log, "1", [this] { return val(e1, 7); }, [this] { return val(x1, 0); }),
                          [this](int &value) { return val(a, value, &q); }));
        e1.set();
        cancel(C);
        QVERIFY(q.entered && !q.passed);
        QCOMPARE(q.requests, 1);
        QCOMPARE(log.take(), QStringList({"1 in", "1 out"}));
        open(x1);
        QCOMPARE(result(), "cancelled");
    }

    void TASKS_WCTX_N3()
    {
        const auto body = [this](int &) -> Task<int> {
            const LogsDestruction local(log, QStringLiteral("body gone"));
            co_await waitForever();
            co_return 5;
        };
        start(withContext(plain(), body));
        cancel(C);
        QCOMPARE(result(), "1 in, body gone, 1 out");
        QVERIFY(C.isCancelled());
        start(withContext(Context(log, "1", [] { return now(7); }, [] { return nowErr(); }), body));
        cancel(C);
        QCOMPARE(result(), "1 in, body gone, 1 out, throws E, kept");
    }

    void TASKS_WCTX_N4()
    {
        start(withContext(MortalContext(log), [this](auto &) -> Task<int> {
            const LogsDestruction local(log, QStringLiteral("body gone"));
            co_await waitForever();
            co_return 5;
        }));
        scope.reset();
        QCOMPARE(log.take(), QStringList({"body gone", "value gone", "context gone"}));
    }

    void TASKS_WCTX_N4_inside()
    {
        start(withContext(MortalContext(log), [this](auto &) -> Task<int> {
            const LogsDestruction local(log, QStringLiteral("body gone"));
            co_await g.wait();
            scope.reset();
            log << QStringLiteral("behind");
            co_await waitForever();
            co_return 5;
        }));
        g.set();
        settle();
        QCOMPARE(log.take(), QStringList({"behind", "body gone", "value gone", "context gone"}));
    }

    void TASKS_WCTX_N5()
    {
        start(withContext(MoveOnlyContext(log), [this](std::unique_ptr<LogsDestruction> &value) -> Task<int> {
            log << (value ? QStringLiteral("value") : QStringLiteral("none"));
            co_return 5;
        }));
        settle();
        QCOMPARE(result(), "value, out, value gone, 5");
        start(withContext(VoidContext(log), [] { return now(5); }));
        QCOMPARE(result(), "in, out, 5");
    }

    // --- concurrentContexts

    void AD_CCTX_02()
    {
        startTwo([] { return now(5); });
        open(e1);
        QCOMPARE(log.take(), QStringList({"1 in", "2 in"}));
        open(e2);
        QCOMPARE(log.take(), QStringList({"1 out", "2 out"}));
        open(x1);
        QCOMPARE(outcome(), "pending");
        open(x2);
        QCOMPARE(outcome(), "5");
    }

    void AD_CCTX_03()
    {
        startThree([this] { return slow(e3, h, &p); });
        open(e1);
        QCOMPARE(p.requests, 0);
        open(e2);
        QCOMPARE(p.requests, 1);
        QCOMPARE(log.take(), QStringList({"1 in", "2 in", "3 in"}));
        open(h);
        QCOMPARE(log.take(), QStringList("1 out"));
        QCOMPARE(result(), "pending");
        open(x1);
        QCOMPARE(result(), "throws E");
        QVERIFY(!q.entered);
        QCOMPARE(p.requests, 1);
    }

    void AD_CCTX_04()
    {
        startThree([this] { return absorb(e3, h, 3, &p); });
        open(e1);
        open(e2);
        log.take();
        open(h);
        QCOMPARE(log.take(), QStringList({"1 out", "3 out"}));
        open(x1);
        QCOMPARE(outcome(), "throws E");
        QVERIFY(!q.entered);
    }

    void AD_CCTX_06()
    {
        startExits([this] { return err(x1, "E1"); }, [this] { return val(x2, 0, &p); }, [] { return now(5); });
        open(x1);
        QCOMPARE(p.requests, 0);
        QCOMPARE(outcome(), "pending");
        open(x2);
        QCOMPARE(outcome(), "throws E1");
    }

    void AD_CCTX_07()
    {
        startTwo([] { return now(5); }, [this] { return err(x1, "E1"); }, [this] { return err(x2, "E2"); });
        open(e2);
        open(e1);
        log.take();
        open(x1);
        open(x2);
        QCOMPARE(outcome(), "throws group [E2, E1]");
        startExits([this] { return err(x1, "E1"); }, [this] { return err(x2, "E2"); }, [] { return now(5); });
        settle();
        QCOMPARE(outcome(), "throws group [E1, E2]");
    }

    void AD_CCTX_08()
    {
        startExits([this] { return val(x1, 0); }, [this] { return val(x2, 0); }, [] { return nowErr(); });
        open(x1);
        QCOMPARE(outcome(), "pending");
        open(x2);
        QCOMPARE(outcome(), "throws E");
    }

    void AD_CCTX_09()
    {
        startExits([] { return now(0); }, [this] { return err(x2, "E2"); }, [] { return nowErr("E1"); });
        open(x2);
        QCOMPARE(outcome(), "throws group [E1, E2]");
    }

    void AD_CCTX_10()
    {
        startTwo([this] { return now(5, &q); });
        open(e1);
        QCOMPARE(log.take(), QStringList({"1 in", "2 in"}));
        cancel(C);
        QCOMPARE(log.take(), QStringList("1 out"));
        QCOMPARE(result(), "pending");
        open(x1);
        QCOMPARE(result(), "cancelled");
        QVERIFY(!q.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_CCTX_11()
    {
        startTwo([this] { return now(5, &q); }, [this] { return val(x1, 0, &p); }, [] { return now(0); });
        open(e1);
        log.take();
        cancel(C);
        cancel(C);
        QCOMPARE(log.take(), QStringList("1 out"));
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "pending");
        open(x1);
        QVERIFY(p.passed);
        QCOMPARE(result(), "cancelled");
    }

    void AD_CCTX_11_third()
    {
        startThree([this] { return val(e3, 3); }, [this] { return val(x1, 0, &p); },
                   [this] { return slow(x2, h, &r); });
        open(e1);
        open(e3);
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests + r.requests, 0);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(r.requests, 1);
        log.take();
        QCOMPARE(outcome(), "pending");
        open(h);
        QCOMPARE(outcome(), "cancelled");
    }

    void AD_CCTX_12()
    {
        startExits([this] { return val(x1, 0, &p); }, [this] { return val(x2, 0, &q); },
                   [this]() -> Task<int> {
                       const LogsDestruction local(log, QStringLiteral("body gone"));
                       co_await waitForever();
                       co_return 5;
                   });
        log.take();
        cancel(C);
        QCOMPARE(log.take(), QStringList({"body gone", "1 out", "2 out"}));
        open(x1);
        QCOMPARE(result(), "pending");
        open(x2);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(p.requests + q.requests, 0);
    }

    void AD_CCTX_13()
    {
        start(withContext(concurrentContexts(), [](std::tuple<> &) { return now(5); }));
        QCOMPARE(result(), "5");
    }

    void AD_CCTX_14()
    {
        startTwo([] { return now(5); });
        open(e2);
        open(e1);
        QCOMPARE(log.take(), QStringList({"1 in", "2 in", "2 out", "1 out"}));
        open(x1);
        open(x2);
        QCOMPARE(result(), "5");
    }

    void AD_CCTX_15()
    {
        start(withContext(concurrentContexts(Context(log, "1", [] { return now(1); }, [] { return nowErr("E2"); }),
                                             Context(log, "2", [this] { return err(e2, "E1"); }, [] { return now(0); })),
                          [this](auto &) { return now(5, &q); }));
        open(e2);
        QCOMPARE(result(), "1 in, 2 in, 1 out, throws group [E1, E2]");
        QVERIFY(!q.entered);
    }

    void TASKS_CCTX_N1()
    {
        start(withContext(concurrentContexts(Context(log, "1", [] { return nowErr(); }, [] { return now(0); }),
                                             Context(log, "2", [this] { return slow(e2, h, &p); }, [] { return now(0); })),
                          [this](auto &) { return now(5, &q); }));
        settle();
        QVERIFY(p.entered);
        QCOMPARE(p.requests, 1);
        QCOMPARE(log.take(), QStringList({"1 in", "2 in"}));
        open(h);
        QCOMPARE(result(), "throws E");
        QVERIFY(!q.entered);
    }

    void TASKS_CCTX_N2()
    {
        startThree([this] { return slow(e3, h, &p); });
        open(e1);
        open(e2);
        cancel(C);
        QCOMPARE(p.requests, 1);
        log.take();
        open(h);
        open(x1);
        QCOMPARE(result(), "1 out, throws E, kept");
    }

    void TASKS_CCTX_N3()
    {
        for (const int moment : {0, 1, 2}) {
            for (Event *const gate : {&e1, &e2, &a})
                gate->clear();
            if (!scope)
                scope.emplace();
            startTwo([this] { return val(a, 5, &p); });
            open(e1);
            if (moment > 0)
                open(e2);
            if (moment > 1)
                open(a);
            QCOMPARE(log.take().count(), moment > 1 ? 4 : 2);
            QVERIFY(!C.isFinished());
            C = {};
            scope.reset();
            QCOMPARE(InstanceCounter::count(), 0);
            QCOMPARE(log.take(), QStringList());
        }
    }

    void TASKS_CCTX_N4()
    {
        start(withContext(concurrentContexts(VoidContext(log), MoveOnlyContext(log)), [](auto &values) {
            using Values = std::tuple<std::monostate, std::unique_ptr<LogsDestruction>>;
            static_assert(std::is_same_v<decltype(values), Values &>);
            return now(std::get<1>(values) ? 5 : 0);
        }));
        settle();
        QCOMPARE(result(), "in, out, out, value gone, 5");
    }

    void TASKS_CCTX_N5()
    {
        startTwo([this] { return val(a, 5, &p); });
        e1.set();
        e2.set();
        cancel(C);
        QVERIFY(p.entered && !p.passed);
        QCOMPARE(p.requests, 1);
        QCOMPARE(log.take(), QStringList({"1 in", "2 in", "1 out", "2 out"}));
        open(x1);
        QCOMPARE(result(), "pending");
        open(x2);
        QCOMPARE(result(), "cancelled");
    }

    // --- contextualize

    void AD_CTX_01()
    {
        startBeside(slow(a, h, &p), [] { return now(5); });
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5");
    }

    void AD_CTX_02()
    {
        startBeside(val(a, 1), [this] { return val(b, 5, &q); });
        open(a);
        QCOMPARE(q.requests, 0);
        QCOMPARE(result(), "pending");
        open(b);
        QCOMPARE(result(), "5");
    }

    void AD_CTX_03()
    {
        startBeside(err(a), [this] { return val(b, 5, &q); });
        open(a);
        QCOMPARE(q.requests, 1);
        QVERIFY(!q.passed);
        QCOMPARE(result(), "throws E");
    }

    void AD_CTX_04()
    {
        startBeside(err(a), [this] { return absorb(b, h, 5); });
        open(a);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_CTX_06()
    {
        startBeside(slow(a, h, &p), [] { return nowErr("E1"); });
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E1");
    }

    void AD_CTX_07()
    {
        startBeside(dirty(a, "E2"), [] { return nowErr("E1"); });
        settle();
        QCOMPARE(result(), "throws group [E1, E2]");
    }

    void AD_CTX_08()
    {
        startBeside(dirty(a, "E2"), [] { return now(5); });
        settle();
        QCOMPARE(result(), "throws E2");
    }

    void AD_CTX_09()
    {
        startBeside(slow(a, h2, &p), [this] { return slow(b, h1, &q); });
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h1);
        QCOMPARE(result(), "pending");
        open(h2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_CTX_10()
    {
        startBeside(dirty(a, "E2"), [this] { return slow(b, h1); });
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h1);
        QCOMPARE(result(), "throws E2, kept");
    }

    void AD_CTX_11()
    {
        startBeside(slow(a, h2, &p), [this] { return slow(b, h1, &q); });
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(q.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_CTX_12_data()
    {
        QTest::addColumn<bool>("absorbs");
        QTest::newRow("slow") << false;
        QTest::newRow("absorb") << true;
    }
    void AD_CTX_12()
    {
        QFETCH(bool, absorbs);
        const auto background = [this, absorbs] { return absorbs ? absorb(a, h, 0, &p) : slow(a, h, &p); };
        startBeside(background(), [] { return now(5); });
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5, kept");
        h.clear();
        p = Probe();
        startBeside(background(), [] { return now(5); });
        settle();
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "5, kept");
    }

    void AD_CTX_13()
    {
        startBeside(slow(a, h, &p), [] { return nowErr("E1"); });
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "throws E1, kept");
    }

    void AD_CTX_14()
    {
        startBeside(never(&p), [this] {
            log << (p.entered ? QStringLiteral("entered") : QStringLiteral("not entered"));
            return now(5);
        });
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "entered, 5");
    }

    void AD_CTX_16()
    {
        H = scope->spawn(never());
        startBeside(toTask(H), [this] { return val(b, 5, &q); });
        cancel(H);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "throws Cancelled");
    }

    void AD_CTX_17()
    {
        startBeside(err(a), [this] { return val(b, 5); });
        a.set();
        cancel(C);
        QCOMPARE(result(), "throws E, kept");
    }

    void AD_CTX_18()
    {
        {
            const auto body = [this] { return now(5, &q); };
            auto unawaited = contextualize(asVoid(never(&p)), body);
            Q_UNUSED(unawaited)
        }
        QVERIFY(!p.entered && !q.entered);
    }

    void AD_DHANDLE_04()
    {
        start(contextualize(ensureDaemon(slow(a, h, &p)), [] { return now(5); }));
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "5");
    }

    void AD_DHANDLE_06()
    {
        bool isRight = false;
        const auto body = [this] { return val(b, 5, &q); };
        const auto test = [this, body, &isRight]() -> Task<> {
            try {
                co_await contextualize(ensureDaemon(val(a, 1)), body);
            } catch (const DaemonReturnError &) {
                isRight = true;
            }
        };
        start(test());
        open(a);
        QVERIFY(isRight);
        QCOMPARE(q.requests, 1);
        QVERIFY(!q.passed);
        QCOMPARE(result(), "void");
    }

    void TASKS_CTX_N1()
    {
        startBeside(nowErr(), [this] { return val(b, 5, &q); });
        settle();
        QVERIFY(q.entered && !q.passed);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "throws E");
        q = Probe();
        startBeside(nowErr(), [this] { return now(5, &q); });
        QVERIFY(q.passed);
        QCOMPARE(result(), "throws E");
    }

    void TASKS_CTX_N2()
    {
        const auto waits = [this](QString name) -> Task<> {
            const LogsDestruction local(log, name);
            const Outcome<> outcome = co_await attempt(a.wait());
            Q_UNUSED(outcome)
            co_await h.wait();
        };
        start(contextualize(waits("background"), [waits] { return waits("body"); }));
        scope.reset();
        QCOMPARE(log.take(), QStringList({"body", "background"}));
    }

    void TASKS_CTX_N3()
    {
        const auto background = [this]() -> Task<> {
            const LogsDestruction local(log, QStringLiteral("background gone"));
            co_await a.wait();
            log << QStringLiteral("background ran");
        };
        start(contextualize(background(), [this]() -> Task<> {
            const LogsDestruction local(log, QStringLiteral("body gone"));
            co_await g.wait();
            scope.reset();
            a.set();
            log << QStringLiteral("behind");
            co_await waitForever();
            log << QStringLiteral("passed");
        }));
        open(g);
        QCOMPARE(log.take(), QStringList({"behind", "body gone", "background gone"}));
    }

    void TASKS_CTX_N4()
    {
        startBeside(slow(a, h, &p), []() -> Task<int> { throw E(); });
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void TASKS_CTX_N5()
    {
        startBeside(never(&p), [this] { return val(b, 5); });
        b.set();
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "5, kept");
    }

    // --- a clean-up's body, as the rule K2 has it

    void CLEAN_K2()
    {
        const auto body = [this] { return absorb(a, h, 5); };
        const auto cleanUp = [this] { return asVoid(val(x1, 0, &p)); };
        start(withCleanup(body, cleanUp));
        cancel(C);
        open(h);
        QVERIFY(p.entered);
        QCOMPARE(result(), "pending");
        open(x1);
        QCOMPARE(p.requests, 0);
        QCOMPARE(result(), "5, kept");
    }

private:
    /// As result(), without what the contexts log.
    QString outcome()
    {
        QStringList events = log.take();
        events.removeIf([](const QString &event) {
            return event.endsWith(QStringLiteral(" in")) || event.endsWith(QStringLiteral(" out"));
        });
        for (const QString &event : std::as_const(events))
            log << event;
        return result();
    }

    Context plain(const QString &name = QStringLiteral("1"))
    {
        return Context(log, name, [] { return now(7); }, [] { return now(0); });
    }

    /// Starts C in one context that has been entered.
    template<typename Exit, typename Body>
    void startWithExit(Exit exit, Body body)
    {
        start(withContext(Context(log, "1", [] { return now(7); }, exit), [body](int &) { return body(); }));
    }

    /// Starts C in contexts 1 and 2, which wait for e1 and e2 on their way in, x1 and x2 on their way out.
    template<typename Body>
    void startTwo(Body body)
    {
        startTwo(body, [this] { return val(x1, 0); }, [this] { return val(x2, 0); });
    }
    template<typename Body, typename Exit1, typename Exit2>
    void startTwo(Body body, Exit1 exit1, Exit2 exit2)
    {
        start(withContext(concurrentContexts(Context(log, "1", [this] { return val(e1, 1); }, exit1),
                                             Context(log, "2", [this] { return val(e2, 2); }, exit2)),
                          [body](auto &) { return body(); }));
    }
    /// As startTwo(), both entered already.
    template<typename Exit1, typename Exit2, typename Body>
    void startExits(Exit1 exit1, Exit2 exit2, Body body)
    {
        e1.set();
        e2.set();
        startTwo(body, exit1, exit2);
    }
    /// Starts C in contexts 1, 2 and 3: 2 fails with E when e2 opens, \a enter3 enters the third.
    template<typename Enter3>
    void startThree(Enter3 enter3)
    {
        startThree(enter3, [this] { return val(x1, 0); }, [] { return now(0); });
    }
    template<typename Enter3, typename Exit1, typename Exit3>
    void startThree(Enter3 enter3, Exit1 exit1, Exit3 exit3)
    {
        start(withContext(concurrentContexts(Context(log, "1", [this] { return val(e1, 1); }, exit1),
                                             Context(log, "2", [this] { return err(e2); }, [] { return now(0); }),
                                             Context(log, "3", enter3, exit3)),
                          [this](auto &) { return now(5, &q); }));
    }
    /// Starts C, which awaits contextualize().
    template<typename Body>
    void startBeside(Task<int> background, Body body)
    {
        start(contextualize(asVoid(std::move(background)), body));
    }

    Event e1, e2, e3, x1, x2;
};

QTEST_MAIN(TestContext)
#include "tst_context.moc"
