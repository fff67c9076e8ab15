// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/qt/future.h>
#include <CoDrive/tasks/awaitables.h>
#include <CoDrive/tasks/prime.h>

#include <QFuture>
#include <QPromise>

using namespace Words;

namespace {

Task<int> waitsWithLocals(EventLog &log, Event &gate)
{
    const LogsDestruction first(log, QStringLiteral("first"));
    const LogsDestruction second(log, QStringLiteral("second"));
    co_await gate.wait();
    log << QStringLiteral("passed");
    co_return 1;
}

} // namespace

class TestAwaitables : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    // --- maybeAwait

    void AD_POSS_01()
    {
        start(maybeAwait(5));
        QCOMPARE(result(), "5");
        const QString name = QStringLiteral("name");
        start(maybeAwait(name));
        QCOMPARE(result(), "name");
    }

    void AD_POSS_02()
    {
        start(maybeAwait(val(g, 5)));
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "5");
        start(maybeAwait(nowErr()));
        QCOMPARE(result(), "throws E");
    }

    void AD_POSS_03()
    {
        start(maybeAwait(never(&p)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void AD_POSS_04()
    {
        startRequested(maybeAwait(5));
        settle();
        QCOMPARE(result(), "5, kept");
    }

    void TASKS_MAYBE_N1()
    {
        start(maybeAwait(std::make_unique<int>(7)));
        QCOMPARE(result(), "*7");
        start(maybeAwait(now(std::make_unique<int>(8))));
        QCOMPARE(result(), "*8");
    }

    // --- discard

    void AD_TERM_01()
    {
        start(discard(val(g, 1, &p)));
        QCOMPARE(result(), "void");
        QVERIFY(!p.entered);
    }

    void AD_TERM_02()
    {
        auto primed = prime(waitsWithLocals(log, g));
        start(discard(std::move(primed)));
        QCOMPARE(result(), "second, first, void");
        open(g);
        QCOMPARE(log.take(), QStringList());
    }

    void AD_TERM_04()
    {
        QPromise<int> promise;
        promise.start();
        start(discard(promise.future()));
        QCOMPARE(result(), "void");
        QVERIFY(promise.isCanceled());
        QVERIFY(!promise.future().isFinished());
        promise.finish();
    }

    void AD_TERM_05()
    {
        QPromise<int> promise;
        promise.start();
        promise.setException(std::make_exception_ptr(E()));
        promise.finish();
        start(discard(promise.future()));
        QCOMPARE(result(), "throws E");
    }

    // --- ensureDaemon

    void AD_DAEMON_01()
    {
        start(ensureDaemon(val(g, 1)));
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "throws logic_error");
        bool isRight = false;
        const auto body = [&isRight]() -> Task<> {
            try {
                co_await ensureDaemon(now(1));
            } catch (const DaemonReturnError &) {
                isRight = true;
            }
        };
        scope->spawn(body);
        QVERIFY(isRight);
    }

    void AD_DAEMON_02()
    {
        start(ensureDaemon(err(g)));
        open(g);
        QCOMPARE(result(), "throws E");
    }

    void AD_DAEMON_04()
    {
        start(ensureDaemon(absorb(g, h, 1, &p)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws logic_error, kept");
    }

    void AD_DAEMON_05()
    {
        {
            const InstanceCounter counted;
            const auto daemon = [](InstanceCounter, Probe &probe) -> Task<> {
                probe.entered = true;
                co_return;
            };
            auto unawaited = ensureDaemon(daemon(counted, p));
            Q_UNUSED(unawaited)
            QVERIFY(InstanceCounter::count() > 1);
        }
        QVERIFY(!p.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void TASKS_DAEMON_N1()
    {
        H = scope->spawn(never());
        start(ensureDaemon(H));
        cancel(H);
        QCOMPARE(result(), "throws Cancelled");
    }

    void TASKS_DAEMON_N2()
    {
        start(ensureDaemon(val(g, 1)));
        g.set();
        cancel(C);
        QCOMPARE(result(), "throws logic_error, kept");
    }

    void TASKS_DAEMON_N3()
    {
        start(ensureDaemon(val(g, 1, &p)));
        QVERIFY(InstanceCounter::count() > 0);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
    }
};

QTEST_MAIN(TestAwaitables)
#include "tst_awaitables.moc"
