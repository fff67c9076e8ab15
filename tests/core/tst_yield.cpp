// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

using namespace Words;

class TestYield : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void AD_SUSP_02_data()
    {
        QTest::addColumn<bool>("before");
        QTest::newRow("pending before") << true;
        QTest::newRow("cancelled meanwhile") << false;
    }
    void AD_SUSP_02()
    {
        QFETCH(bool, before);
        EventLog log;
        TaskScope scope;
        Event start;
        TaskHandle<> handle;
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            co_await start.wait();
            if (before)
                handle.cancel();
            log << "yields";
            co_await yieldNow();
            log << "passed";
        };
        handle = scope.spawn(body);
        start.set();
        if (!before) {
            QTimer::singleShot(0, [&] { handle.cancel(); });
            // As far as the yield only: what is posted first comes first.
            while (log.events().isEmpty())
                QCoreApplication::sendPostedEvents();
            handle.cancel();
        }
        settle();
        QCOMPARE(log.take(), QStringList("yields"));
        QVERIFY(handle.isCancelled());
        QVERIFY(!CoDrive::detail::Loop::current().hasReady());
    }

    void AD_SUSP_03()
    {
        EventLog log;
        TaskScope scope;
        const auto body = [&](QString name) -> Task<> {
            for (int i = 0; i < 3; ++i) {
                log << name;
                co_await yieldNow();
            }
        };
        scope.spawn(body("A"));
        scope.spawn(body("B"));
        settle();
        QCOMPARE(log.take(), QStringList({"A", "B", "A", "B", "A", "B"}));
    }

    void AD_SUSP_04()
    {
        int reports = 0;
        setUnhandledErrorHandler([&](auto &&...) { ++reports; });
        const auto restored = qScopeGuard([] { setUnhandledErrorHandler({}); });
        TaskScope scope;
        const auto body = []() -> Task<> {
            for (;;)
                co_await yieldNow();
        };
        auto handle = scope.spawn(body());
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QVERIFY(!CoDrive::detail::Loop::current().hasReady());
        QCOMPARE(dumpTasks(), QString());
        QCOMPARE(reports, 0);
    }

    void CORE_YIELD_N1()
    {
        int ticks = 0;
        int ticksAtEnd = 0;
        QTimer timer;
        connect(&timer, &QTimer::timeout, [&] { ++ticks; });
        timer.start(0);
        const auto body = [&]() -> Task<> {
            for (int i = 0; i < 1'000; ++i)
                co_await yieldNow();
            ticksAtEnd = ticks;
        };
        run(body());
        QVERIFY2(ticksAtEnd >= 900, qPrintable(QString::number(ticksAtEnd)));
    }

    void CORE_YIELD_N1_readyTasksComeFirst()
    {
        EventLog log;
        Event g;
        TaskScope scope;
        const auto waits = [&](QString name) -> Task<> {
            co_await g.wait();
            log << name;
        };
        scope.spawn(waits("A"));
        scope.spawn(waits("B"));
        const auto yields = [&]() -> Task<> {
            co_await yieldNow();
            g.set();
            co_await yieldNow();
            log << "yielded";
        };
        scope.spawn(yields);
        settle();
        QCOMPARE(log.take(), QStringList({"A", "B", "yielded"}));
    }

    void postedEventsComeFirst()
    {
        EventLog log;
        const auto body = [&]() -> Task<> {
            for (int i = 0; i < 3; ++i) {
                QMetaObject::invokeMethod(
                    this, [&] { log << "posted"; }, Qt::QueuedConnection);
                co_await yieldNow();
                log << "task";
            }
        };
        run(body());
        QCOMPARE(log.take(), QStringList({"posted", "task", "posted", "task", "posted", "task"}));
    }

    void insideANestedLoop()
    {
        EventLog log;
        TaskScope scope;
        const auto yields = [&]() -> Task<> {
            for (int i = 0; i < 3; ++i)
                co_await yieldNow();
            log << "yielded";
        };
        const auto modal = [&]() -> Task<> {
            co_await yieldNow();
            QEventLoop dialog;
            QTimer::singleShot(5, &dialog, &QEventLoop::quit);
            dialog.exec();
            log << "dialog over";
        };
        scope.spawn(modal);
        scope.spawn(yields);
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"yielded", "dialog over"}));
    }

    void CORE_YIELD_N2()
    {
        bool passed = false;
        auto scope = std::make_unique<TaskScope>();
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            co_await yieldNow();
            passed = true;
        };
        scope->spawn(body);
        QCOMPARE(InstanceCounter::count(), 1);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QVERIFY(!passed);
        QVERIFY(!CoDrive::detail::Loop::current().hasReady());
    }
};

QTEST_GUILESS_MAIN(TestYield)
#include "tst_yield.moc"
