// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// What goes wrong between threads: one that cannot start, ends early, or is gone before the others.

#include "messages.h"
#include "remote.h"
#include "threadsanitizer.h"

#include <CoDrive/threads/latch.h>
#include <CoDrive/threads/threadsafelock.h>
#include <CoDrive/threads/threadsafestate.h>
#include <CoDrive/threads/tothread.h>

#include <QProcess>

#include <cstdio>
#include <pthread.h>

using namespace Words;

namespace {

/// While it lives no thread can be started: there is no memory for such a stack.
class NoThreads
{
public:
    NoThreads()
    {
        pthread_getattr_default_np(&m_before);
        pthread_attr_t attributes;
        pthread_getattr_default_np(&attributes);
        pthread_attr_setstacksize(&attributes, std::size_t(1) << 48);
        pthread_setattr_default_np(&attributes);
        pthread_attr_destroy(&attributes);
    }
    NoThreads(NoThreads &&) = delete;
    ~NoThreads()
    {
        pthread_setattr_default_np(&m_before);
        pthread_attr_destroy(&m_before);
    }

private:
    pthread_attr_t m_before;
};

/// What a program may leave to the destructors of its statics.
class Statics
{
public:
    static Statics &instance()
    {
        static Statics statics;
        return statics;
    }
    ~Statics()
    {
        worker.reset();
        std::puts("statics destroyed");
        std::fflush(stdout);
    }

    ThreadsafeState<int> state{0};
    Latch latch;
    ThreadsafeLock lock;
    std::atomic<int> calls = 0;
    std::optional<ThreadLoop> worker{std::in_place, "static"};
};

Task<> setsForEver(Statics &statics)
{
    for (int i = 0;; ++i) {
        statics.state.set(i);
        statics.latch.toggle(i % 2);
        const ThreadsafeLock::Guard guard = co_await statics.lock.lock();
        co_await yieldNow();
    }
}

Task<> watchesForEver(Statics &statics)
{
    for (;;) {
        co_await statics.latch.wait();
        {
            const ThreadsafeLock::Guard guard = co_await statics.lock.lock();
        }
        co_await statics.state.waitUntil([](int value) { return value % 2 == 0; });
    }
}

/// main() of a program that returns while another thread works.
int leaveWhileOthersWork(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    Statics &statics = Statics::instance();
    QObject context;
    statics.state.observe(&context, [&](int) { ++statics.calls; });
    TaskScope scope;
    scope.spawn(watchesForEver(statics));
    ThreadTask<> task = statics.worker->spawn([&] { return setsForEver(statics); });
    until([&] { return statics.calls > 20; });
    return 0;
}

} // namespace

class TestFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void aThreadThatCannotStart()
    {
        RemoteProbe probe;
        ThreadsafeEvent gate;
        {
            const NoThreads none;
            const MessageCapture messages;
            QVERIFY_THROWS_EXCEPTION(std::system_error, ThreadLoop("none"));
            QVERIFY(run(textOf(launchInThreadLoop(remote(gate, probe))))
                        .startsWith("throws CoDrive: a thread could not be started"));
            QVERIFY(run(textOf(runInThreadLoop(remote(gate, probe)))).startsWith("throws CoDrive"));
            QVERIFY_THROWS_EXCEPTION(std::system_error, runInThreadLoopSync(remote(gate, probe)));
            bool isBegun = false;
            const auto body = [&]() -> Task<> {
                isBegun = true;
                co_return;
            };
            QVERIFY(run(textOf(withThreadLoop(remote(gate, probe), body))).startsWith("throws CoDrive"));
            QVERIFY(!isBegun);
            const QStringList texts = messages.texts();
            QCOMPARE(texts.size(), 5);
            QCOMPARE(texts.filter("QThread::start: Thread creation error").size(), texts.size());
        }
        QVERIFY(!probe.entered);
        QCOMPARE(runInThreadLoopSync(now(1)), 1);
    }

    void aTaskThatThrowsBeforeItsFirstSuspension()
    {
        for (int i = 0; i < 50; ++i) {
            ThreadLoop W;
            ThreadTask<int> task = W.spawn(failingAtOnce());
            QCOMPARE(run(textOf(std::move(task))), "throws broken");
            QCOMPARE(run(textOf(W.run(failingAtOnce()))), "throws broken");
            ThreadTask<int> launched = run(launchInThreadLoop(failingAtOnce()));
            QCOMPARE(run(textOf(std::move(launched))), "throws broken");
            const auto body = []() -> Task<> { co_await waitForever(); };
            QCOMPARE(run(textOf(withThreadLoop(failingAtOnce(), body))), "throws broken");
        }
    }

    void aLoopThatIsToldToQuit()
    {
        RemoteProbe probe;
        ThreadsafeEvent gate;
        End ends[3];
        TaskScope scope;
        ThreadLoop W("W");
        scope.spawn(noting(ends[0], W.run(remote(gate, probe))));
        ThreadTask<int> task = W.spawn(remote(gate, probe));
        scope.spawn(noting(ends[1], std::move(task)));
        until([&] { return probe.entered.load(); });
        W.thread()->quit();
        until([&] { return scope.count() == 0; });
        QCOMPARE(ends[0].text(), "throws Cancelled");
        QCOMPARE(ends[1].text(), "throws Cancelled");
        run(W.close());
        QCOMPARE(run(textOf(W.run(remote(gate, probe)))), "throws logic_error");
    }

    // A job that is submitted just when the loop ends is refused or ends; nobody waits for ever.
    void aLoopThatQuitsWhileJobsCome()
    {
        QSet<QString> seen;
        for (int i = 0; i < 200; ++i) {
            ThreadLoop W;
            std::vector<std::unique_ptr<PlainThread>> threads;
            for (int k = 0; k < 3; ++k) {
                threads.push_back(std::make_unique<PlainThread>([&] { return W.runSync(now(1)); }));
            }
            W.thread()->quit();
            for (const auto &thread : threads)
                seen << thread->text();
        }
        seen.subtract({"1", "throws logic_error", "throws Cancelled"});
        QCOMPARE(seen, QSet<QString>());
    }

    // Whoever waits on it may be woken by another thread at any moment of its end.
    void aLoopThatEndsWhileOthersWakeIt()
    {
        for (int i = 0; i < 100; ++i) {
            ThreadsafeState<int> state(0);
            Latch latch;
            ThreadsafeLock lock;
            std::atomic<bool> isOver = false;
            std::atomic<int> rounds = 0;
            PlainThread waker([&] {
                for (int k = 1; !isOver; ++k) {
                    state.set(k);
                    latch.toggle(k % 2);
                    const ThreadsafeLock::Guard guard = lock.lockSync();
                    ++rounds;
                }
            });
            LoopThread D;
            const auto waiter = [&]() -> Task<> {
                const InstanceCounter alive;
                for (;;) {
                    {
                        const ThreadsafeLock::Guard guard = co_await lock.lock();
                    }
                    co_await latch.wait();
                    const int seen = state.value();
                    co_await state.waitUntil([&](int value) { return value > seen; });
                }
            };
            auto first = waiter();
            auto second = waiter();
            D.spawn(std::move(first));
            D.spawn(std::move(second));
            while (rounds < 3 * (i % 4))
                std::this_thread::yield();
            isOver = isOver || i % 2;
            D.quit();
            isOver = true;
            D.destroyScope();
        }
    }

    void aStateDestroyedWhileItIsWatched()
    {
        for (int i = 0; i < 100; ++i) {
            std::optional<ThreadsafeState<int>> state(std::in_place, 0);
            std::atomic<int> calls = 0;
            End ends[2];
            LoopThread W;
            LoopThread V;
            std::unique_ptr<QObject> context;
            W.call([&] {
                context = std::make_unique<QObject>();
                state->observe(context.get(), [&](int) { ++calls; });
            });
            const auto never = [](int) { return false; };
            W.spawn(noting(ends[0], state->waitUntil(never)));
            V.spawn(noting(ends[1], state->waitUntil(never)));
            PlainThread plain([&watched = *state, never] { return watched.waitUntilSync(never); });
            untilWaiting(*state, 3);
            for (int k = 1; k < i; ++k)
                state->set(k);
            state.reset();
            QCOMPARE(plain.text(), "throws ObjectDestroyed");
            for (End &end : ends) {
                while (end.text() == "waits")
                    std::this_thread::yield();
                QCOMPARE(end.text(), "throws ObjectDestroyed");
            }
            W.call([&] { context.reset(); });
        }
    }

    // The thread that waits for others is gone before them; its tasks die later.
    void theWaitingThreadEndsFirst()
    {
        RemoteProbe probe;
        ThreadsafeEvent gate;
        End ends[2];
        ThreadLoop W("W");
        std::optional<LoopThread> gui(std::in_place);
        gui->spawn(noting(ends[0], W.run(remote(gate, probe))));
        gui->spawn(noting(ends[1], launchInThreadLoop(remote(gate, probe))));
        until([&] { return probe.entered.load(); });
        gui->quit();
        gate.set();
        gui.reset();
        QCOMPARE(ends[0].text(), "cancelled");
    }

    // Law L13: who waits for a function of the pool serves the destruction of its own tasks.
    void theFunctionOfAPoolDestroysATaskOfTheWaitingThread()
    {
        ThreadsafeEvent gate;
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<bool> entered = false;
        std::atomic<bool> isBegun = false;
        ThreadLoop W("W");
        std::optional<ThreadTask<int>> victim(W.spawn(waiting(destroyedIn, entered)));
        const auto body = [&]() -> Task<> {
            auto function = [&] {
                isBegun = true;
                gate.waitSync();
                victim.reset(); // on W, which blocks for this function
            };
            co_await toThread(function);
        };
        std::optional<ThreadTask<>> task(W.spawn(body));
        until([&] { return entered && isBegun; });
        // W gets both wishes at once, mostly: it must not take the second along into the wait of the first.
        std::binary_semaphore isBlocked(0);
        std::binary_semaphore goOn(0);
        LoopCaller caller = callerOf(W);
        const auto blocker = caller.post([&] {
            isBlocked.release();
            goOn.acquire();
        });
        isBlocked.acquire();
        PlainThread releaser([&] {
            QThread::msleep(10);
            gate.set();
            QThread::msleep(10);
            goOn.release();
        });
        task.reset();
        QVERIFY(destroyedIn != std::thread::id());
    }

    void theApplicationIsGoneFirst()
    {
        if (underThreadSanitizer)
            QSKIP("ThreadSanitizer aborts when QProcess forks");
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        for (int i = 0; i < 3; ++i) {
            process.start(QCoreApplication::applicationFilePath(), {"leave"});
            QVERIFY(process.waitForFinished());
            QCOMPARE(process.readAll().trimmed(), QByteArray("statics destroyed"));
            QCOMPARE(process.exitStatus(), QProcess::NormalExit);
            QCOMPARE(process.exitCode(), 0);
        }
    }
};

int main(int argc, char **argv)
{
    if (argc == 2 && QByteArray(argv[1]) == "leave")
        return leaveWhileOthersWork(argc, argv);
    QCoreApplication app(argc, argv);
    TestFaults test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_faults.moc"
