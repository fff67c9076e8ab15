// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "messages.h"
#include "words.h"

#include <CoDrive/tasks/shield.h>

#include <thread>

using namespace Words;

namespace {

constexpr RunOptions ThrowLeftovers{Leftovers::Throw};

} // namespace

class TestRun : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_RUN_N1()
    {
        QCOMPARE(run(now(5)), 5);
        Event g;
        QTimer::singleShot(1, [&] { g.set(); });
        QCOMPARE(run(val(g, 5)), 5);
        QVERIFY_THROWS_EXCEPTION(E, run(nowErr()));
        g.clear();
        QTimer::singleShot(1, [&] { g.set(); });
        QVERIFY_THROWS_EXCEPTION(E, run(err(g)));
        run(pass(g));
        static_assert(std::is_void_v<decltype(run(pass(g)))>);
        TaskScope scope;
        auto handle = scope.spawn(never());
        QTimer::singleShot(1, [&] { handle.cancel(); });
        QVERIFY_THROWS_EXCEPTION(Cancelled, run(handle));
        const auto makePointer = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
        QCOMPARE(*run(makePointer()), 7);
        QCOMPARE(run([] { return now(3); }), 3);
        const auto unwinds = []() -> Task<> { co_await unwind(); };
        QVERIFY_THROWS_EXCEPTION(Cancelled, run(unwinds()));
    }

    void CORE_RUN_N3()
    {
        EventLog log;
        TaskScope scope;
        Event g;
        QTimer outer;
        int ticks = 0;
        connect(&outer, &QTimer::timeout, [&] { ++ticks; });
        outer.start(0);
        const auto other = [&]() -> Task<> {
            co_await g.wait();
            log << "other task";
            co_await sleepFor(1ms);
            log << "other slept";
        };
        scope.spawn(other);
        QEventLoop exec;
        QTimer::singleShot(0, [&] {
            const auto inner = [&]() -> Task<int> {
                g.set();
                co_await sleepFor(5ms);
                co_return 5;
            };
            const int before = ticks;
            const int result = run(inner());
            log << QString::number(result) << (ticks > before ? "ticked" : "stood");
            exec.quit();
        });
        exec.exec();
        QCOMPARE(log.take(), QStringList({"other task", "other slept", "5", "ticked"}));
    }

    void CORE_RUN_N4()
    {
        TaskScope scope;
        Event g;
        QString result;
        const auto innermost = []() -> Task<int> {
            co_await yieldNow();
            co_return 1;
        };
        const auto inner = [&]() -> Task<int> {
            co_await yieldNow();
            const int value = run(innermost());
            co_await yieldNow();
            co_return value + 1;
        };
        const auto outer = [&]() -> Task<> {
            const QString before = "local";
            const quint64 id = currentTask().id;
            const int value = run(inner());
            const bool isSame = currentTask().id == id;
            co_await g.wait();
            result = before + QString::number(value) + (isSame ? " same" : " other");
        };
        auto handle = scope.spawn(outer);
        open(g);
        QCOMPARE(result, "local2 same");
        QVERIFY(handle.isFinished());
    }

    void CORE_RUN_N6()
    {
        std::vector<std::thread::id> seen;
        std::thread::id id;
        QStringList results;
        std::thread thread([&] {
            id = std::this_thread::get_id();
            for (int i = 0; i < 2; ++i) {
                Event g;
                TaskScope scope;
                const auto opens = [&]() -> Task<> {
                    co_await sleepFor(1ms);
                    g.set();
                };
                scope.spawn(opens);
                const auto body = [&]() -> Task<int> {
                    seen.push_back(std::this_thread::get_id());
                    co_await g.wait();
                    seen.push_back(std::this_thread::get_id());
                    co_return 5;
                };
                results << QString::number(run(body()));
            }
        });
        thread.join();
        QCOMPARE(results, QStringList({"5", "5"}));
        QCOMPARE(seen.size(), std::size_t(4));
        for (const auto &place : seen)
            QVERIFY(place == id);
    }

    void CORE_RUN_N7_data()
    {
        QTest::addColumn<bool>("reports");
        QTest::newRow("CORE-RUN-N7: a warning") << false;
        QTest::newRow("CORE-RUN-N8: LeftoverTasks") << true;
    }
    void CORE_RUN_N7()
    {
        QFETCH(bool, reports);
        Event a;
        Event h;
        Probe probe;
        TaskScope scope;
        const auto leaves = [&]() -> Task<> {
            const auto shielded = [&]() -> Task<> { co_await shield(slow(a, h, &probe)); };
            auto handle = scope.spawn(shielded);
            handle.cancel();
            co_await yieldNow();
        };
        const auto body = [&]() -> Task<int> {
            co_await leaves();
            QTimer::singleShot(2, [&] { h.set(); });
            co_return 5;
        };
        const MessageCapture messages;
        if (reports) {
            QString what;
            try {
                run(body(), ThrowLeftovers);
            } catch (const LeftoverTasks &leftovers) {
                what = leftovers.what();
            }
            QVERIFY2(what.contains("task"), qPrintable(what));
            QCOMPARE(messages.texts(), QStringList());
        } else {
            QCOMPARE(run(body()), 5);
            QCOMPARE(messages.texts("codrive").size(), 1);
            QVERIFY(messages.texts("codrive").first().contains("task"));
        }
        QCOMPARE(probe.requests, 1);
        QVERIFY(h.isSet());
    }

    void CORE_RUN_N9()
    {
        Event a;
        TaskScope scope;
        const auto body = [&]() -> Task<int> {
            const auto shielded = [&]() -> Task<> { co_await shield(val(a, 1)); };
            auto handle = scope.spawn(shielded);
            handle.cancel();
            co_await yieldNow();
            throw E();
        };
        QString error;
        try {
            run(body(), ThrowLeftovers);
        } catch (...) {
            error = text(std::current_exception());
        }
        QCOMPARE(error, "group [E, LeftoverTasks]");
    }

    void CORE_RUN_N10_data()
    {
        QTest::addColumn<bool>("reports");
        QTest::newRow("Warn") << false;
        QTest::newRow("Throw") << true;
    }
    void CORE_RUN_N10()
    {
        QFETCH(bool, reports);
        EventLog log;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &) { log << text(error); });
        const auto reset = qScopeGuard([] { setUnhandledErrorHandler({}); });
        Event a;
        TaskScope scope;
        const auto body = [&]() -> Task<int> {
            const auto shielded = [&]() -> Task<> { co_await shield(dirty(a, "F")); };
            auto handle = scope.spawn(shielded);
            handle.cancel();
            co_await yieldNow();
            co_return 5;
        };
        const MessageCapture messages;
        QString result;
        try {
            result = QString::number(run(body(), reports ? ThrowLeftovers : RunOptions()));
        } catch (...) {
            result = text(std::current_exception());
        }
        settle();
        QCOMPARE(result, reports ? "LeftoverTasks" : "5");
        QCOMPARE(log.take(), QStringList("F"));
    }

    void CORE_RUN_N11()
    {
        Event g;
        Probe probe;
        TaskScope scope;
        auto handle = scope.spawn(val(g, 1, &probe));
        QCOMPARE(run(now(5)), 5);
        QCOMPARE(run(now(5), ThrowLeftovers), 5);
        settle();
        QCOMPARE(probe.requests, 0);
        QVERIFY(!handle.isFinished());
        open(g);
        QCOMPARE(text(handle), "1");
    }

    void CORE_RUN_N12()
    {
        Event a;
        Probe probe;
        TaskScope scope;
        const auto shielded = [&]() -> Task<> { co_await shield(val(a, 1, &probe)); };
        auto handle = scope.spawn(shielded);
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QCOMPARE(run(now(5), ThrowLeftovers), 5);
        settle();
        QCOMPARE(probe.requests, 0);
        open(a);
        QVERIFY(probe.passed);
    }

    void CORE_RUN_N12_insideARun()
    {
        Event a;
        Probe probe;
        TaskScope scope;
        const auto body = [&]() -> Task<int> {
            const auto shielded = [&]() -> Task<> { co_await shield(val(a, 1, &probe)); };
            auto handle = scope.spawn(shielded);
            handle.cancel();
            co_await yieldNow();
            const int value = run(now(5), ThrowLeftovers);
            a.set();
            co_await yieldNow();
            co_await yieldNow();
            co_return value + probe.requests;
        };
        QCOMPARE(run(body(), ThrowLeftovers), 5);
        QVERIFY(probe.passed);
    }

    void CORE_RUN_N13_data()
    {
        QTest::addColumn<bool>("underExec");
        QTest::newRow("exit") << false;
        QTest::newRow("quit under exec") << true;
    }
    void CORE_RUN_N13()
    {
        QFETCH(bool, underExec);
        Event a;
        Event h;
        Probe probe;
        QString result;
        const auto runs = [&] {
            QTimer::singleShot(1, [&] {
                if (underExec)
                    QCoreApplication::quit();
                else
                    QCoreApplication::exit();
            });
            QTimer::singleShot(5, [&] { h.set(); });
            try {
                run(slow(a, h, &probe));
            } catch (const Cancelled &) {
                result = "Cancelled";
            }
        };
        if (underExec) {
            QTimer::singleShot(0, runs);
            QCoreApplication::exec();
        } else {
            runs();
        }
        QCOMPARE(result, "Cancelled");
        QCOMPARE(probe.requests, 1);
        QVERIFY(h.isSet());
        // The next one is none of the quit's business.
        QCOMPARE(run(now(5)), 5);
        Event g;
        QTimer::singleShot(1, [&] { g.set(); });
        QCOMPARE(run(val(g, 5)), 5);
    }

    void runsUnwindingDestructorsRunTasks()
    {
        // A destructor that runs a loop of its own while its task is being unwound.
        QString result;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const OnDestruction guard([&] { result = QString::number(run(now(5))); });
            co_await waitForever();
        };
        auto handle = scope.spawn(body);
        cancel(handle);
        QCOMPARE(result, "5");
        QVERIFY(handle.isCancelled());
    }
};

QTEST_GUILESS_MAIN(TestRun)
#include "tst_run.moc"
