// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// ctest: RUN_SERIAL ON

#include "signalstest.h"

#include <QEventLoop>

#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

#include <sys/wait.h>

using namespace Words;
using namespace std::chrono_literals;

namespace {

std::atomic<int> s_handled = 0;

void countHandled(int)
{
    ++s_handled;
}

/// How a child process ends that sends \a code to itself: the signal, or 0.
int endOfChild(int code)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::raise(code);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

Task<int> blockedReturn(bool suspendsBefore, int &requests)
{
    if (suspendsBefore)
        co_await yieldNow();
    raiseInProcess(SIGUSR1);
    requests += currentTask().cancelRequested ? 1 : 0;
    co_return 5;
}

} // namespace

class TestSignal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_interrupt = disposition(SIGINT); } // Qt Test has a handler
    void init() { failOnWarnings(); }
    void cleanup()
    {
        unblockSignals();
        QVERIFY(!blocksSignals());
        settle();
        QCOMPARE(leftBehind(), QString());
        QVERIFY(isDefault(SIGUSR1));
        QVERIFY(isDefault(SIGUSR2));
        QVERIFY(disposition(SIGINT) == m_interrupt);
    }

    void AD_SIG_02()
    {
        Event a;
        Probe seen;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, withSignalHandler(SignalSet(SIGUSR1), [&] {
                               return val(a, 5, &seen);
                           })));
        QVERIFY(seen.entered);
        raiseAndSettle(SIGUSR1);
        QCOMPARE(seen.requests, 1);
        QVERIFY(!seen.passed);
        QCOMPARE(log.take(), QStringList("throws received SIGUSR1"));
        QVERIFY(isDefault(SIGUSR1));
    }

    void AD_SIG_03()
    {
        Event a;
        Event h;
        Probe seen;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, withSignalHandler(SignalSet(SIGUSR1, SIGUSR2), [&] {
                               return slow(a, h, &seen);
                           })));
        raiseAndSettle(SIGUSR1);
        QCOMPARE(seen.requests, 1);
        QCOMPARE(log.take(), QStringList());
        raiseAndSettle(SIGUSR2);
        QCOMPARE(seen.requests, 2);
        QCOMPARE(log.take(), QStringList("throws received SIGUSR2"));
    }

    void AD_SIG_06()
    {
        Event a;
        Event h;
        Probe seen;
        EventLog log;
        TaskScope scope;
        const auto outer = scope.spawn(caller(log, withSignalHandler(SignalSet(SIGUSR1), [&] {
                                                  return slow(a, h, &seen);
                                              })));
        raiseAndSettle(SIGUSR1);
        cancel(outer);
        QCOMPARE(seen.requests, 1);
        QCOMPARE(log.take(), QStringList());
        open(h);
        QCOMPARE(seen.requests, 1);
        QCOMPARE(log.take(), QStringList({"throws received SIGUSR1", "kept"}));
    }

    void signalAfterRequestFromOutside()
    {
        Event a;
        Event h;
        Probe seen;
        EventLog log;
        TaskScope scope;
        const auto outer = scope.spawn(caller(log, withSignalHandler(SignalSet(SIGUSR1), [&] {
                                                  return slow(a, h, &seen);
                                              })));
        cancel(outer);
        QCOMPARE(seen.requests, 1);
        raiseAndSettle(SIGUSR1);
        QCOMPARE(seen.requests, 1);
        raiseAndSettle(SIGUSR1);
        QCOMPARE(seen.requests, 2);
        QCOMPARE(log.take(), QStringList({"throws received SIGUSR1", "kept"}));
    }

    void AD_SIG_08_data()
    {
        QTest::addColumn<QString>("end");
        QTest::newRow("value") << "5";
        QTest::newRow("error") << "throws E";
        QTest::newRow("signal") << "throws received SIGUSR1";
        QTest::newRow("error after a signal") << "throws E";
        QTest::newRow("value after a signal") << "throws received SIGUSR1";
        QTest::newRow("cancelled") << "cancelled";
        QTest::newRow("unwound by itself") << "cancelled";
    }
    void AD_SIG_08()
    {
        QFETCH(const QString, end);
        const QByteArray row = QTest::currentDataTag();
        Event a;
        Event h;
        const auto body = [&]() -> Task<int> {
            if (row == "error")
                return err(a);
            if (row == "error after a signal")
                return dirty(a);
            if (row == "value after a signal")
                return absorb(a, h, 5);
            return val(a, 5);
        };
        const auto unwinding = []() -> Task<int> {
            co_await unwind();
            co_return 5;
        };
        TaskScope scope;
        scope.onError([](auto, auto) { });
        auto outer = row == "unwound by itself"
            ? scope.spawn(withSignalHandler(SignalSet(SIGUSR1), unwinding))
            : scope.spawn(withSignalHandler(SignalSet(SIGUSR1), body));
        if (row.contains("signal"))
            raiseAndSettle(SIGUSR1);
        else if (row == "cancelled")
            cancel(outer);
        open(a);
        open(h);
        QCOMPARE(text(outer), end);
        QVERIFY(isDefault(SIGUSR1));
        QCOMPARE(endOfChild(SIGUSR1), SIGUSR1);
    }

    void AD_SIG_09()
    {
        for (int i = 0; i < 2; ++i) {
            EventLog log;
            TaskScope scope;
            scope.spawn(
                caller(log, withSignalHandler(SignalSet(SIGUSR1), [] { return never(); })));
            raiseAndSettle(SIGUSR1);
            QCOMPARE(log.take(), QStringList("throws received SIGUSR1"));
        }
    }

    void AD_SIG_10_data()
    {
        QTest::addColumn<bool>("suspendsBefore");
        QTest::newRow("at once") << false;
        QTest::newRow("later") << true;
    }
    void AD_SIG_10()
    {
        QFETCH(const bool, suspendsBefore);
        int requests = 0;
        const auto body = [&] { return blockedReturn(suspendsBefore, requests); };
        QCOMPARE(run(textOf(withSignalHandler(SignalSet(SIGUSR1), body))),
                 "throws received SIGUSR1");
        QCOMPARE(requests, 0);
    }

    void AD_SIG_11()
    {
        EventLog log;
        TaskScope scope;
        scope.spawn(
            caller(log, withSignalHandler(SignalSet(SIGINT, SIGTERM), [] { return never(); })));
        raiseAndSettle(SIGINT);
        QCOMPARE(log.take(), QStringList("throws received SIGINT"));
    }

    void AD_SIG_12()
    {
        Event a;
        Probe inner;
        EventLog log;
        TaskScope scope;
        const auto nested = [&]() -> Task<int> {
            const auto body = [&] { return never(&inner); };
            log << co_await textOf(withSignalHandler(SignalSet(SIGUSR2, SIGUSR1), body));
            co_return co_await val(a, 5);
        };
        scope.spawn(caller(log, withSignalHandler(SignalSet(SIGUSR1), nested)));
        QCOMPARE(log.take(), QStringList("throws logic_error"));
        QVERIFY(!inner.entered);
        QVERIFY(isDefault(SIGUSR2));
        raiseAndSettle(SIGUSR1);
        QCOMPARE(log.take(), QStringList("throws received SIGUSR1"));
    }

    void otherSignalInside()
    {
        EventLog log;
        TaskScope scope;
        const auto nested = [&]() -> Task<int> {
            const auto body = [&] { return never(); };
            log << co_await textOf(withSignalHandler(SignalSet(SIGUSR2), body));
            co_return 5;
        };
        scope.spawn(caller(log, withSignalHandler(SignalSet(SIGUSR1), nested)));
        raiseAndSettle(SIGUSR2);
        QCOMPARE(log.take(), QStringList({"throws received SIGUSR2", "5"}));
    }

    void twoBesideEachOther()
    {
        EventLog log;
        TaskScope scope;
        for (int i = 0; i < 2; ++i)
            scope.spawn(
                caller(log, withSignalHandler(SignalSet(SIGUSR1), [] { return never(); })));
        raiseAndSettle(SIGUSR1);
        QCOMPARE(log.take(), QStringList(2, "throws received SIGUSR1"));
    }

    void AD_SIG_N1()
    {
        Probe seen;
        std::optional<TaskScope> scope(std::in_place);
        scope->spawn(withSignalHandler(SignalSet(SIGUSR1), [&] { return never(&seen); }));
        QVERIFY(!isDefault(SIGUSR1));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(isDefault(SIGUSR1));
        ::signal(SIGUSR1, SIG_IGN);
        raiseInProcess(SIGUSR1);
        settle();
        QCOMPARE(seen.requests, 0);
        ::signal(SIGUSR1, SIG_DFL);
    }

    void AD_SIG_N2_data()
    {
        QTest::addColumn<Handler>("handler");
        QTest::newRow("ignore") << Handler(SIG_IGN);
        QTest::newRow("handler") << Handler(countHandled);
    }
    void AD_SIG_N2()
    {
        QFETCH(const Handler, handler);
        s_handled = 0;
        ::signal(SIGUSR1, handler);
        QCOMPARE(run(textOf(withSignalHandler(SignalSet(SIGUSR1), []() -> Task<> {
                     raiseInProcess(SIGUSR1);
                     co_await waitForever();
                 }))),
                 "throws received SIGUSR1");
        QCOMPARE(s_handled.load(), 0);
        QVERIFY(disposition(SIGUSR1) == handler);
        raiseInProcess(SIGUSR1);
        QCOMPARE(s_handled.load(), handler == countHandled ? 1 : 0);
        ::signal(SIGUSR1, SIG_DFL);
    }

    void AD_SIG_N3_data()
    {
        QTest::addColumn<bool>("inNestedLoop");
        QTest::newRow("another thread") << false;
        QTest::newRow("nested event loop") << true;
    }
    void AD_SIG_N3()
    {
        QFETCH(const bool, inNestedLoop);
        QThread *unwoundIn = nullptr;
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const OnDestruction guard([&] { unwoundIn = QThread::currentThread(); });
            co_await waitForever();
        };
        scope.spawn(caller(log, withSignalHandler(SignalSet(SIGUSR1), body)));
        if (inNestedLoop) {
            const auto nesting = scope.spawn([&]() -> Task<> {
                co_await yieldNow();
                QEventLoop loop;
                QTimer poll;
                QObject::connect(&poll, &QTimer::timeout, &loop, [&] {
                    if (unwoundIn)
                        loop.quit();
                });
                poll.start(1);
                raiseInProcess(SIGUSR1);
                loop.exec();
            });
            run(nesting);
        } else {
            std::thread([] { ::raise(SIGUSR1); }).join();
            QVERIFY(!unwoundIn);
            QTRY_VERIFY(unwoundIn);
        }
        settle();
        QCOMPARE(unwoundIn, QThread::currentThread());
        QCOMPARE(log.take(), QStringList("throws received SIGUSR1"));
    }

    void AD_SIG_N4()
    {
        std::binary_semaphore isWaiting(0);
        QThread *unwoundIn = nullptr;
        QString result;
        const auto remote = [&]() -> Task<> {
            const auto body = [&]() -> Task<> {
                const OnDestruction guard([&] { unwoundIn = QThread::currentThread(); });
                isWaiting.release();
                co_await waitForever();
            };
            result = co_await textOf(withSignalHandler(SignalSet(SIGUSR1), body));
        };
        const auto thread = runInThread(remote);
        isWaiting.acquire();
        raiseInProcess(SIGUSR1);
        thread->wait();
        QCOMPARE(unwoundIn, thread.get());
        QCOMPARE(result, "throws received SIGUSR1");
    }

    void AD_SIG_N5_data() { addInvalid(); }
    void AD_SIG_N5()
    {
        QFETCH(const SignalSet, codes);
        Probe seen;
        const auto body = [&] { return never(&seen); };
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, run(withSignalHandler(codes, body)));
        QVERIFY(!seen.entered);
        QVERIFY(isDefault(SIGUSR1));
    }

    void AD_WSIG_01()
    {
        TaskScope scope;
        const auto waiter = scope.spawn(waitForSignal(SignalSet(SIGUSR1)));
        QVERIFY(!isDefault(SIGUSR1));
        raiseInProcess(SIGUSR1);
        waitForEnd(scope);
        QCOMPARE(waiter.outcome().value(), SIGUSR1);
        QVERIFY(isDefault(SIGUSR1));
        QCOMPARE(endOfChild(SIGUSR1), SIGUSR1);
    }

    void AD_WSIG_02()
    {
        TaskScope scope;
        const auto waiter = scope.spawn(waitForSignal(SignalSet(SIGUSR1, SIGUSR2)));
        raiseInProcess(SIGUSR2);
        waitForEnd(scope);
        QCOMPARE(waiter.outcome().value(), SIGUSR2);
    }

    void AD_WSIG_04()
    {
        TaskScope scope;
        const auto waiter = scope.spawn(waitForSignal(SignalSet(SIGUSR1)));
        cancel(waiter);
        QVERIFY(waiter.isCancelled());
        QVERIFY(isDefault(SIGUSR1));
    }

    void AD_WSIG_05_data() { addInvalid(); }
    void AD_WSIG_05()
    {
        QFETCH(const SignalSet, codes);
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, run(waitForSignal(codes)));
        QVERIFY(isDefault(SIGUSR1));
    }

    void AD_WSIG_N1()
    {
        std::binary_semaphore isWaiting(0);
        std::binary_semaphore canEnd(0);
        QThread *resumedIn = nullptr;
        int received = 0;
        const auto remote = [&]() -> Task<> {
            auto signal = waitForSignal(SignalSet(SIGUSR1));
            QMetaObject::invokeMethod(
                QAbstractEventDispatcher::instance(), [&] { isWaiting.release(); },
                Qt::QueuedConnection);
            received = co_await signal;
            resumedIn = QThread::currentThread();
            canEnd.acquire();
        };
        const auto thread = runInThread(remote);
        isWaiting.acquire();
        TaskScope scope;
        const auto home = scope.spawn([&]() -> Task<QThread *> {
            co_await waitForSignal(SignalSet(SIGUSR1));
            co_return QThread::currentThread();
        });
        raiseInProcess(SIGUSR1);
        waitForEnd(scope);
        QCOMPARE(home.outcome().value(), QThread::currentThread());
        canEnd.release();
        thread->wait();
        QCOMPARE(received, SIGUSR1);
        QCOMPARE(resumedIn, thread.get());
        QVERIFY(isDefault(SIGUSR1));
    }

    void restoredAfterTheLast()
    {
        TaskScope scope;
        const auto first = scope.spawn(waitForSignal(SignalSet(SIGUSR1)));
        const auto second = scope.spawn(waitForSignal(SignalSet(SIGUSR1, SIGUSR2)));
        cancel(first);
        QVERIFY(!isDefault(SIGUSR1) && !isDefault(SIGUSR2));
        cancel(second);
        QVERIFY(isDefault(SIGUSR1) && isDefault(SIGUSR2));
    }

    void AD_WSIG_N2()
    {
        EventLog log;
        TaskScope scope;
        TaskHandle<> h;
        scope.spawn([&]() -> Task<> {
            co_await waitForSignal(SignalSet(SIGUSR1));
            h.cancel();
        });
        h = scope.spawn(caller(log, waitForSignal(SignalSet(SIGUSR1))));
        raiseInProcess(SIGUSR1);
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({QString::number(SIGUSR1), "kept"}));
    }

    void signalBeforeTheLoopNoticed()
    {
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(caller(log, waitForSignal(SignalSet(SIGUSR1))));
        raiseInProcess(SIGUSR1);
        h.cancel();
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({QString::number(SIGUSR1), "kept"}));
    }

    void AD_WSIG_N3()
    {
        std::optional<TaskScope> scope(std::in_place);
        scope->spawn(waitForSignal(SignalSet(SIGUSR1)));
        QVERIFY(!isDefault(SIGUSR1));
        scope.reset();
        QVERIFY(isDefault(SIGUSR1));
    }

    void AD_WSIG_N4()
    {
        const auto unawaited = waitForSignal(SignalSet(SIGUSR1));
        Q_UNUSED(unawaited)
        QVERIFY(isDefault(SIGUSR1));
    }

    void earlierSignalIsNotSeen()
    {
        TaskScope scope;
        scope.spawn(waitForSignal(SignalSet(SIGUSR1)));
        raiseInProcess(SIGUSR1);
        const auto late = scope.spawn(waitForSignal(SignalSet(SIGUSR1)));
        run(sleepFor(20ms));
        QCOMPARE(scope.count(), 1);
        QVERIFY(!late.isFinished());
        scope.cancel();
        waitForEnd(scope);
    }

    void signalsBetweenForkAndExecAreTheChilds()
    {
        if (underThreadSanitizer)
            QSKIP("ThreadSanitizer keeps the signal back until the child has ended");
        TaskScope scope;
        const auto waiter = scope.spawn(waitForSignal(SignalSet(SIGUSR1)));
        QCOMPARE(endOfChild(SIGUSR1), SIGUSR1);
        run(sleepFor(20ms));
        QVERIFY(!waiter.isFinished());
        cancel(waiter);
    }

    void manyListenersOnManyThreads()
    {
        std::atomic<bool> isOver = false;
        std::atomic<int> received = 0;
        const auto remote = [&]() -> Task<> {
            for (int i = 0; i < 200; ++i) {
                TaskScope scope;
                for (int k = 0; k < 3; ++k) {
                    scope.spawn([&]() -> Task<> {
                        co_await waitForSignal(SignalSet(SIGUSR1, SIGUSR2));
                        ++received;
                    });
                }
                if (i % 3 == 0)
                    co_await yieldNow();
                else
                    co_await scope.join();
            }
        };
        TaskScope scope;
        scope.spawn(waitForSignal(SignalSet(SIGUSR1, SIGUSR2))); // keeps the handlers
        std::vector<std::unique_ptr<QThread>> threads;
        for (int i = 0; i < 3; ++i)
            threads.push_back(runInThread(remote));
        std::thread raising([&] {
            while (!isOver) {
                raiseInProcess(SIGUSR1);
                raiseInProcess(SIGUSR2);
                std::this_thread::yield();
            }
        });
        for (const auto &thread : threads)
            thread->wait();
        isOver = true;
        raising.join();
        QVERIFY(received > 0);
    }

    void signalsThatComeWhileOthersAreHandedOn()
    {
        const int first = SIGRTMIN;
        const SignalSet codes(first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, first + 7);
        TaskScope scope;
        scope.spawn(waitForSignal(codes)); // keeps the handlers
        std::atomic<bool> isOver = false;
        std::vector<std::thread> raising;
        for (int i = 0; i < 3; ++i) {
            raising.emplace_back([&, i] {
                for (int k = i; !isOver; ++k)
                    ::raise(first + k * 5 % 8);
            });
        }
        for (int i = 0; i < 20'000; ++i) {
            TaskScope late;
            late.spawn(waitForSignal(codes));
        }
        isOver = true;
        for (std::thread &thread : raising)
            thread.join();
        QTRY_VERIFY2_WITH_TIMEOUT(scope.count() == 0, qPrintable(dumpTasks()), 60'000);
        QVERIFY(isDefault(first));
    }

private:
    static void addInvalid()
    {
        QTest::addColumn<SignalSet>("codes");
        QTest::newRow("none") << SignalSet();
        QTest::newRow("SIGKILL") << SignalSet(SIGUSR1, SIGKILL);
        QTest::newRow("SIGSEGV") << SignalSet(SIGSEGV);
        QTest::newRow("0") << SignalSet(SIGUSR1, 0);
        QTest::newRow("-1") << SignalSet(-1);
        QTest::newRow("1000") << SignalSet(1000, SIGUSR1);
    }

    Handler m_interrupt = nullptr;
};

QTEST_GUILESS_MAIN(TestSignal)
#include "tst_signal.moc"
