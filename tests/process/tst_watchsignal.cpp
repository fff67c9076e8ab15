// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// ctest: RUN_SERIAL ON

#include "../streams/streamstest.h"
#include "signalstest.h"

#include <CoDrive/process/watchsignal.h>
#include <CoDrive/tasks/timeout.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

using namespace Words;

class TestWatchSignal : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup()
    {
        unblockSignals();
        QVERIFY(!blocksSignals());
        QCOMPARE(end(), QString());
        QVERIFY(isDefault(SIGUSR1));
        QVERIFY(isDefault(SIGUSR2));
    }

    void AD_WATCHSIG_01()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        QVERIFY(!s.size());
        ask(s);
        QCOMPARE(result(), "pending");
        raiseInProcess(SIGUSR1);
        waitForEnd(*scope);
        QCOMPARE(result(), QString::number(SIGUSR1));
    }

    void AD_WATCHSIG_02()
    {
        auto s = watchSignal(SignalSet(SIGUSR1, SIGUSR2));
        ask(s);
        raiseAndSettle(SIGUSR1);
        QCOMPARE(result(), QString::number(SIGUSR1));
        for (const int code : {SIGUSR2, SIGUSR1, SIGUSR1, SIGUSR1})
            raiseAndSettle(code);
        ask(s, 3);
        QCOMPARE(result(), QStringLiteral("%1, %2").arg(SIGUSR2).arg(SIGUSR1));
        settle();
        QVERIFY(!C.isFinished());
        raiseAndSettle(SIGUSR2);
        QCOMPARE(result(), QString::number(SIGUSR2));
    }

    void AD_WATCHSIG_03()
    {
        TaskScope keeper;
        const auto kept = keeper.spawn(watched(SIGUSR1));
        auto s = watchSignal(SignalSet(SIGUSR1, SIGUSR2));
        QVERIFY(isDefault(SIGUSR2));
        raiseAndSettle(SIGUSR1);
        QVERIFY(kept.isFinished());
        ask(s);
        QVERIFY(!isDefault(SIGUSR2));
        settle();
        QCOMPARE(result(), "pending");
        raiseAndSettle(SIGUSR1);
        QCOMPARE(result(), QString::number(SIGUSR1));
    }

    void aSignalJustBeforeTheFirstNext()
    {
        TaskScope keeper;
        keeper.spawn(waitForSignal(SignalSet(SIGUSR1))); // keeps the handler
        auto s = watchSignal(SignalSet(SIGUSR1));
        raiseInProcess(SIGUSR1);
        ask(s);
        waitForEnd(keeper);
        QCOMPARE(result(), "pending");
    }

    void AD_WATCHSIG_04()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        ask(s);
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QVERIFY(!isDefault(SIGUSR1));
        raiseAndSettle(SIGUSR1);
        ask(s);
        QCOMPARE(result(), QString::number(SIGUSR1));
        raiseAndSettle(SIGUSR1);
        close(s);
        QVERIFY(C.isFinished());
        QVERIFY(isDefault(SIGUSR1));
        ask(s);
        close(s);
        QCOMPARE(result(), "closed, end, closed");
    }

    void closedBeforeTheFirstNext()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        close(s);
        ask(s);
        QCOMPARE(result(), "closed, end");
        QVERIFY(isDefault(SIGUSR1));
    }

    void AD_WATCHSIG_N1_data()
    {
        QTest::addColumn<bool>("isWaiting");
        QTest::newRow("between two items") << false;
        QTest::newRow("while next() is pending") << true;
    }
    void AD_WATCHSIG_N1()
    {
        QFETCH(const bool, isWaiting);
        const auto consumer = [&]() -> Task<> {
            const InstanceCounter alive;
            auto s = watchSignal(SignalSet(SIGUSR1));
            co_await s.next();
            if (isWaiting)
                co_await s.next();
            else
                co_await waitForever();
        };
        scope->spawn(consumer());
        raiseAndSettle(SIGUSR1);
        QVERIFY(!isDefault(SIGUSR1));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(isDefault(SIGUSR1));
    }

    void destroyedWhileAnotherWaits()
    {
        auto s = std::make_unique<Stream<int>>(watchSignal(SignalSet(SIGUSR1)));
        ask(*s);
        s.reset();
        QVERIFY(isDefault(SIGUSR1));
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void theWaiterIsDestroyedAfterTheSignal()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, s, 1));
        raiseInProcess(SIGUSR1);
        own.reset();
        ask(s);
        waitForEnd(*scope);
        QCOMPARE(result(), QString::number(SIGUSR1));
    }

    void AD_WATCHSIG_N2()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        ask(s);
        D = scope->spawn(closes(log, s));
        QCOMPARE(result(), "throws logic_error");
        QVERIFY(!isDefault(SIGUSR1));
        raiseAndSettle(SIGUSR1);
        QCOMPARE(result(), QString::number(SIGUSR1));
    }

    void AD_WATCHSIG_N3()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        ask(s);
        C.cancel();
        raiseInProcess(SIGUSR1);
        settle();
        QCOMPARE(result(), "cancelled");
        ask(s);
        waitForEnd(*scope);
        QCOMPARE(result(), QString::number(SIGUSR1));
    }

    void completedIsDelivered()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        TaskHandle<> later;
        const auto first = [&]() -> Task<> {
            co_await waitForSignal(SignalSet(SIGUSR1));
            later.cancel();
        };
        scope->spawn(first());
        ask(s);
        later = C;
        raiseInProcess(SIGUSR1);
        waitForEnd(*scope);
        QCOMPARE(result(), QStringLiteral("%1 kept").arg(SIGUSR1));
    }

    void invalid()
    {
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, (void)watchSignal(SignalSet()));
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, (void)watchSignal(SignalSet(SIGUSR1, SIGKILL)));
    }

    void everybodyGetsIt()
    {
        constexpr int threadCount = 3;
        std::counting_semaphore<> areThere(0);
        std::atomic<int> received = 0;
        const auto remote = [&]() -> Task<> {
            auto s = watchSignal(SignalSet(SIGUSR1, SIGUSR2));
            static_cast<void>(co_await moveOnAfter(0ms, s.next())); // it listens from here on
            areThere.release();
            bool isLast = false;
            while (!isLast) {
                const std::optional<int> code = co_await s.next();
                received += code == SIGUSR1 ? 1 : 0;
                isLast = code == SIGUSR2;
            }
        };
        std::vector<std::unique_ptr<QThread>> threads;
        for (int i = 0; i < threadCount; ++i)
            threads.push_back(runInThread(remote));
        for (int i = 0; i < threadCount; ++i)
            areThere.acquire();
        auto s = watchSignal(SignalSet(SIGUSR1));
        auto t = watchSignal(SignalSet(SIGUSR1));
        ask(s);
        askToo(t);
        const auto waiter = scope->spawn(waitForSignal(SignalSet(SIGUSR1)));
        raiseInProcess(SIGUSR1);
        waitForEnd(*scope);
        while (received < threadCount)
            std::this_thread::yield();
        QCOMPARE(result(), QStringLiteral("%1, %1").arg(SIGUSR1));
        QCOMPARE(text(waiter), QString::number(SIGUSR1));
        raiseInProcess(SIGUSR2);
        for (const auto &thread : threads)
            thread->wait();
        QCOMPARE(received.load(), threadCount);
    }

    void besideASignalHandler()
    {
        auto s = watchSignal(SignalSet(SIGUSR1));
        ask(s);
        const auto body = [] { return never(); };
        const auto handled = scope->spawn(textOf(withSignalHandler(SignalSet(SIGUSR1), body)));
        raiseAndSettle(SIGUSR1);
        QCOMPARE(result(), QString::number(SIGUSR1));
        QCOMPARE(text(handled), "throws received SIGUSR1");
        QVERIFY(!isDefault(SIGUSR1));
    }

    void noneIsLostWhileNextIsCancelled()
    {
        constexpr int count = 300;
        auto s = watchSignal(SignalSet(SIGUSR1));
        std::counting_semaphore<> isTaken(0);
        int received = 0;
        const auto consumer = [&]() -> Task<> {
            while (received < count) {
                const std::optional<std::optional<int>> code = co_await moveOnAfter(100us, s.next());
                if (code) {
                    ++received;
                    isTaken.release();
                }
            }
        };
        scope->spawn(consumer());
        std::thread raising([&] {
            for (int i = 0; i < count; ++i) {
                raiseInProcess(SIGUSR1);
                isTaken.acquire(); // one that was not taken is one with the next
            }
        });
        waitForEnd(*scope);
        raising.join();
        QCOMPARE(received, count);
    }

private:
    /// The first signal of a stream that dies with it.
    static Task<int> watched(int code)
    {
        auto s = watchSignal(SignalSet(code));
        const std::optional<int> first = co_await s.next();
        co_return first.value_or(0);
    }
};

QTEST_GUILESS_MAIN(TestWatchSignal)
#include "tst_watchsignal.moc"
