// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/tasklocal.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/threads/runblocking.h>
#include <CoDrive/threads/tothread.h>

#include <QRandomGenerator>
#include <QThread>
#include <QThreadPool>

#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>

using namespace Words;
using namespace std::chrono_literals;

namespace {

/// A function on another thread tells that it has begun, and blocks until it is released.
class Blocker
{
public:
    void block()
    {
        m_begun.release();
        m_release.acquire();
    }
    void waitUntilBegun() { m_begun.acquire(); }
    void release() { m_release.release(); }

private:
    std::binary_semaphore m_begun{0};
    std::binary_semaphore m_release{0};
};

/// Occupies the one thread of a pool.
class BusyPool : public QThreadPool
{
public:
    BusyPool()
    {
        setMaxThreadCount(1);
        start([this] { m_blocker.block(); });
        m_blocker.waitUntilBegun();
    }
    void release() { m_blocker.release(); }

private:
    Blocker m_blocker;
};

/// Collects what nobody awaited.
class UnhandledErrors
{
public:
    UnhandledErrors()
    {
        setUnhandledErrorHandler([this](std::exception_ptr error, const TaskInfo &task) {
            m_texts << task.name + QStringLiteral(": ") + text(error);
        });
    }
    UnhandledErrors(UnhandledErrors &&) = delete;
    ~UnhandledErrors() { setUnhandledErrorHandler({}); }
    QStringList texts() const { return m_texts; }

private:
    QStringList m_texts;
};

void waitForStop(std::stop_token stop)
{
    while (!stop.stop_requested())
        QThread::yieldCurrentThread();
}

class MoveOnlyFunction
{
public:
    MoveOnlyFunction() = default;
    MoveOnlyFunction(const MoveOnlyFunction &) = delete;
    MoveOnlyFunction(MoveOnlyFunction &&) = default;
    ~MoveOnlyFunction() = default;

    std::unique_ptr<int> operator()(std::unique_ptr<int> number) &&
    {
        ++*number;
        return number;
    }
};

class Counter
{
public:
    int add(int number) { return m_sum += number; }

private:
    int m_sum = 0;
};

QCoro::Task<int> inQCoroTask()
{
    co_return co_await toThread([] { return 6; });
}

} // namespace

class TestToThread : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup()
    {
        settle();
        QCOMPARE(leftBehind(), QString());
    }

    void AD_TOTH_01()
    {
        QThread *thread = nullptr;
        const int value = run(toThread([&] {
            thread = QThread::currentThread();
            return 5;
        }));
        QCOMPARE(value, 5);
        QVERIFY(thread && thread != QThread::currentThread());
        QCOMPARE(run(textOf(toThread([]() -> int { throw E("broken"); }))), "throws broken");
        QCOMPARE(run(textOf(toThread([] { throw E("broken"); }))), "throws broken");
    }

    void AD_TOTH_02_data()
    {
        QTest::addColumn<int>("requests");
        QTest::newRow("once") << 1;
        QTest::newRow("three times") << 3;
    }
    void AD_TOTH_02()
    {
        QFETCH(const int, requests);
        Blocker blocker;
        EventLog log;
        TaskScope scope;
        const auto h = scope.spawn(caller(log, toThread([&] {
                                              blocker.block();
                                              return 5;
                                          })));
        blocker.waitUntilBegun();
        for (int i = 0; i < requests; ++i)
            cancel(h);
        QCOMPARE(log.take(), QStringList());
        QVERIFY(!h.isFinished());
        blocker.release();
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
        QVERIFY(h.isCancelled());
    }

    void AD_TOTH_03()
    {
        Blocker blocker;
        EventLog log;
        TaskScope scope;
        const auto h = scope.spawn(caller(log, toThread([&] {
                                              blocker.block();
                                              throw E("broken");
                                          })));
        blocker.waitUntilBegun();
        cancel(h);
        blocker.release();
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"throws broken", "kept"}));
    }

    void AD_TOTH_04()
    {
        Blocker blocker;
        TaskScope scope;
        const auto h = scope.spawn(toThread([&] { blocker.block(); }));
        blocker.waitUntilBegun();
        int ticks = 0;
        const auto ticker = scope.spawn([&]() -> Task<> {
            for (; ticks < 5; ++ticks)
                co_await sleepFor(2ms);
            blocker.release();
        });
        waitForEnd(scope);
        QCOMPARE(ticks, 5);
        QVERIFY(h.outcome().isSuccess());
    }

    void AD_TOTH_05()
    {
        TaskLocal<int> local(1);
        QCOMPARE(run(toThread([&] { return local.get(); })), 1);
        QCOMPARE(run(local.with(3, [&] { return toThread([&] { return local.get(); }); })), 3);
        QCOMPARE(run(toThread([&] { return local.get(); })), 1);
    }

    void AD_TOTH_05_whatTheFunctionRuns()
    {
        TaskLocal<int> local(1);
        const auto read = [&]() -> Task<int> {
            co_await yieldNow();
            co_return local.get();
        };
        const auto function = [&] { return 10 * runBlocking(read) + runInThreadLoopSync(read); };
        const auto body = [&] { return toThread(function); };
        QCOMPARE(run(toThread(function)), 11);
        QCOMPARE(run(local.with(3, body)), 33);
        QCOMPARE(run(toThread(function)), 11);
    }

    void AD_TOTH_N1()
    {
        BusyPool pool;
        std::atomic<int> calls = 0;
        EventLog log;
        TaskScope scope;
        const auto h = scope.spawn(caller(log, toThread(&pool, [&] { ++calls; })));
        settle();
        QVERIFY(!h.isFinished());
        cancel(h);
        QVERIFY(h.isCancelled());
        QCOMPARE(log.take(), QStringList());
        pool.release();
        pool.waitForDone();
        QCOMPARE(calls.load(), 0);
    }

    void requestPendingAtTheStart()
    {
        std::atomic<int> calls = 0;
        EventLog log;
        TaskScope scope;
        TaskHandle<> h;
        Event go;
        h = scope.spawn([&]() -> Task<> {
            co_await go.wait();
            h.cancel();
            co_await caller(log, toThread([&] { ++calls; }));
        });
        open(go);
        QVERIFY(h.isCancelled());
        QThreadPool::globalInstance()->waitForDone();
        QCOMPARE(calls.load(), 0);
        QCOMPARE(log.take(), QStringList());
    }

    void AD_TOTH_N2()
    {
        UnhandledErrors errors;
        Blocker blocker;
        std::atomic<bool> returned = false;
        std::optional<TaskScope> scope(std::in_place);
        scope->spawn(
            [&]() -> Task<> {
                const InstanceCounter alive;
                int local = 1;
                co_await toThread([&] {
                    blocker.block();
                    QThread::msleep(50);
                    local = 2;
                    returned = true;
                    throw E("broken");
                });
            },
            "hasher");
        blocker.waitUntilBegun();
        blocker.release();
        scope.reset();
        QVERIFY(returned);
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QCOMPARE(errors.texts(), QStringList("hasher: broken"));
    }

    void destroyedBeforeItBegan()
    {
        BusyPool pool;
        std::atomic<int> calls = 0;
        std::optional<TaskScope> scope(std::in_place);
        scope->spawn(toThread(&pool, [&] { ++calls; }));
        scope.reset();
        pool.release();
        pool.waitForDone();
        QCOMPARE(calls.load(), 0);
    }

    void destroyedWhenItHasReturned_data()
    {
        QTest::addColumn<bool>("noticed");
        QTest::newRow("in the inbox") << false;
        QTest::newRow("on the ready list") << true;
    }
    void destroyedWhenItHasReturned()
    {
        QFETCH(const bool, noticed);
        UnhandledErrors errors;
        QThreadPool pool;
        pool.setMaxThreadCount(1);
        std::optional<TaskScope> scope(std::in_place);
        scope->spawn([&]() -> Task<> {
            co_await toThread(&pool, [] { });
            if (noticed)
                scope.reset();
        });
        const auto failing = scope->spawn(toThread(&pool, [] { throw E("broken"); }), "failing");
        pool.waitForDone();
        if (!noticed)
            scope.reset();
        settle();
        QVERIFY(!scope);
        QVERIFY(failing.isCancelled());
        QCOMPARE(errors.texts(), QStringList("failing: broken"));
    }

    void AD_TOTH_N3()
    {
        std::unique_ptr<int> result
            = run(toThread(MoveOnlyFunction(), std::make_unique<int>(7)));
        QCOMPARE(*result, 8);
    }

    void AD_TOTH_N4()
    {
        QThreadPool pool;
        pool.setMaxThreadCount(1);
        EventLog log;
        TaskScope scope;
        TaskHandle<> h;
        scope.spawn([&]() -> Task<> {
            co_await toThread(&pool, [] { });
            h.cancel();
        });
        h = scope.spawn(caller(log, toThread(&pool, [] { return 7; })));
        pool.waitForDone();
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"7", "kept"}));
    }

    void stopTokenOnRequest()
    {
        Blocker blocker;
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(caller(log, toThread(
                                                   [&](std::stop_token stop, int number) {
                                                       blocker.block();
                                                       waitForStop(stop);
                                                       return number;
                                                   },
                                                   9)));
        blocker.waitUntilBegun();
        blocker.release();
        h.cancel();
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"9", "kept"}));
    }

    void stopTokenOnDestruction()
    {
        Blocker blocker;
        std::atomic<bool> returned = false;
        std::optional<TaskScope> scope(std::in_place);
        scope->spawn(toThread([&](std::stop_token stop) {
            blocker.block();
            waitForStop(stop);
            returned = true;
        }));
        blocker.waitUntilBegun();
        blocker.release();
        scope.reset();
        QVERIFY(returned);
    }

    void stopCallbackDoesNotRunInsideCancel()
    {
        Blocker blocker;
        std::atomic<bool> called = false;
        TaskScope scope;
        auto h = scope.spawn(toThread([&](std::stop_token stop) {
            const std::stop_callback callback(stop, [&] { called = true; });
            blocker.block();
        }));
        blocker.waitUntilBegun();
        h.cancel();
        QVERIFY(!called);
        settle();
        QVERIFY(called);
        blocker.release();
        waitForEnd(scope);
    }

    void stopTokenIsNotSetByTheEnd()
    {
        std::stop_token kept;
        run(toThread([&](std::stop_token stop) { kept = stop; }));
        QVERIFY(!kept.stop_requested());
    }

    void arguments()
    {
        QString text("abc");
        QCOMPARE(run(toThread([](const QString &a, QString &&b) { return a + b; }, text, text)),
                 "abcabc");
        QCOMPARE(text, "abc");
        run(toThread([](QString &changed) { changed += "d"; }, std::ref(text)));
        QCOMPARE(text, "abcd");
        Counter counter;
        QCOMPARE(run(toThread(&Counter::add, &counter, 4)), 4);
        QCOMPARE(run(toThread(&Counter::add, std::ref(counter), 4)), 8);
    }

    void pools()
    {
        QThreadPool pool;
        QVERIFY(run(toThread(&pool, [&] { return pool.contains(QThread::currentThread()); })));
        QVERIFY(run(toThread(
            [&] { return QThreadPool::globalInstance()->contains(QThread::currentThread()); })));
    }

    void atMostAsManyAsThePoolAllows()
    {
        QThreadPool pool;
        pool.setMaxThreadCount(3);
        std::atomic<int> running = 0;
        std::atomic<int> most = 0;
        TaskScope scope;
        for (int i = 0; i < 200; ++i) {
            scope.spawn(toThread(&pool, [&] {
                const int now = ++running;
                int before = most;
                while (before < now && !most.compare_exchange_weak(before, now)) { }
                QThread::yieldCurrentThread();
                --running;
            }));
        }
        waitForEnd(scope);
        QVERIFY(most >= 1 && most <= 3);
    }

    void clearedPool()
    {
        BusyPool pool;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, toThread(&pool, [] { return 1; })));
        pool.clear();
        settle();
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
        pool.release();
    }

    void destroyedPool()
    {
        EventLog log;
        TaskScope scope;
        {
            QThreadPool pool;
            pool.setMaxThreadCount(1);
            for (int i = 0; i < 3; ++i)
                scope.spawn(caller(log, toThread(&pool, [i] { return i; })));
        }
        settle();
        QCOMPARE(log.take(), QStringList({"0", "1", "2"}));
    }

    void virtualClockStandsStill()
    {
        const VirtualClock clock;
        Blocker blocker;
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            auto call = toThread([&] { blocker.block(); });
            co_await call;
            log << "returned";
            co_await sleepFor(10h); // the object of the call lives on: the clock must not mind
            log << "slept longer";
        });
        scope.spawn([&]() -> Task<> {
            co_await sleepFor(1h);
            log << "slept";
        });
        blocker.waitUntilBegun();
        QTimer::singleShot(20, [&] { blocker.release(); });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"returned", "slept", "slept longer"}));
        QCOMPARE(clock.now(), 10h);
    }

    void deadWaiter()
    {
        Blocker blocker;
        std::atomic<bool> returned = false;
        std::optional<TaskScope> scope;
        std::thread([&] {
            scope.emplace();
            scope->spawn(toThread([&](std::stop_token stop) {
                blocker.block();
                waitForStop(stop);
                returned = true;
            }));
        }).join();
        blocker.waitUntilBegun();
        blocker.release();
        scope.reset();
        QVERIFY(returned);
    }

    void insideQCoroTask() { QCOMPARE(QCoro::waitFor(inQCoroTask()), 6); }

    void awaitedTwice()
    {
        const QString second = run([]() -> Task<QString> {
            auto call = toThread([] { return 1; });
            co_await call;
            QString text;
            try {
                co_await call;
            } catch (const std::logic_error &) {
                text = "logic_error";
            }
            co_return text;
        });
        QCOMPARE(second, "logic_error");
    }

    void manyWithRandomEnds()
    {
        const quint32 seed = QRandomGenerator::global()->generate();
        QRandomGenerator random(seed);
        QThreadPool pool;
        pool.setMaxThreadCount(3);
        std::atomic<int> inside = 0;
        for (int round = 0; round < 60; ++round) {
            std::optional<TaskScope> scope(std::in_place);
            QList<TaskHandle<int>> handles;
            for (int i = 0; i < 20; ++i) {
                handles << scope->spawn(toThread(
                    &pool,
                    [&](std::stop_token stop, int number) {
                        ++inside;
                        for (int k = 0; k < number && !stop.stop_requested(); ++k)
                            QThread::yieldCurrentThread();
                        --inside;
                        return number;
                    },
                    random.bounded(50)));
            }
            for (int i = 0; i < 10; ++i) {
                handles[random.bounded(handles.size())].cancel();
                if (random.bounded(2))
                    QCoreApplication::processEvents();
            }
            switch (random.bounded(3)) {
            case 0:
                scope.reset();
                QCOMPARE(inside.load(), 0);
                break;
            case 1:
                scope->cancel();
                [[fallthrough]];
            default:
                waitForEnd(*scope);
            }
            for (const auto &handle : std::as_const(handles))
                QVERIFY2(handle.isFinished(), qPrintable(QString("seed %1").arg(seed)));
        }
    }
};

QTEST_GUILESS_MAIN(TestToThread)
#include "tst_tothread.moc"
