// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "remote.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/qt/timer.h>

using namespace Words;

class TestLaunchInThreadLoop : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        scope.emplace();
    }
    void cleanup()
    {
        scope.reset();
        for (ThreadsafeEvent *const gate : {&a, &b, &h})
            gate->clear();
        log.take();
        QCOMPARE(leftBehind(), QString());
    }

    void AD_LTL_01()
    {
        SharedLog events;
        std::thread::id thread;
        int level = 0;
        QString seen;
        const auto function = [&]() -> Task<> {
            thread = std::this_thread::get_id();
            level = QThread::currentThread()->loopLevel();
            events.add("begun");
            co_await a.wait();
        };
        const auto body = [&]() -> Task<> {
            ThreadTask<> task = co_await launchInThreadLoop(function);
            seen = events.take();
            a.set();
            co_await std::move(task);
        };
        run(body());
        QCOMPARE(seen, "begun");
        QVERIFY(thread != std::thread::id() && thread != std::this_thread::get_id());
        QCOMPARE(level, 1);
    }

    void AD_LTL_02()
    {
        RemoteProbe probe;
        ThreadTask<int> task = run(launchInThreadLoop(remote(a, probe, 5)));
        ThreadTask<int> other = run(launchInThreadLoop(failing(a)));
        a.set();
        QCOMPARE(run(textOf(std::move(task))), "5");
        QCOMPARE(run(textOf(std::move(other))), "throws broken");
    }

    void AD_LTL_03()
    {
        ThreadTask<int> task = run(launchInThreadLoop(now(5)));
        QCOMPARE(run(textOf(std::move(task))), "5");
        ThreadTask<int> other = run(launchInThreadLoop(failingAtOnce()));
        QCOMPARE(run(textOf(std::move(other))), "throws broken");
    }

    void AD_LTL_04()
    {
        RemoteProbe probe;
        std::atomic<bool> hasEnded = false;
        const auto function = [&]() -> Task<int> {
            noteThreadEnd(hasEnded);
            blockUntilReleased();
            co_return co_await remote(a, probe);
        };
        auto H = scope->spawn(launching(function));
        H.cancel();
        settle();
        QVERIFY(!H.isFinished());
        isReleased = true;
        until([&] { return H.isFinished(); });
        QVERIFY(H.isCancelled());
        QVERIFY(probe.entered);
        QCOMPARE(probe.requests.load(), 1);
        QVERIFY(hasEnded);
        QCOMPARE(log.take(), QStringList());
    }

    void AD_LTL_05()
    {
        RemoteProbe probe;
        const auto function = [&]() -> Task<int> {
            blockUntilReleased();
            co_return co_await dirty(a, probe);
        };
        auto H = scope->spawn(launching(function));
        H.cancel();
        isReleased = true;
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList({"throws dirty", "kept"}));
    }

    void absorbedDuringLaunch()
    {
        RemoteProbe probe;
        const auto function = [&]() -> Task<int> {
            blockUntilReleased();
            co_return co_await absorb(a, h, 8, probe);
        };
        h.set();
        auto H = scope->spawn(launching(function));
        H.cancel();
        isReleased = true;
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList({"handle", "kept"}));
    }

    void AD_LTL_06()
    {
        RemoteProbe probe;
        std::atomic<bool> hasEnded = false;
        auto H = scope->spawn(launchAndAwait(slowNoting(probe, hasEnded)));
        until([&] { return probe.entered.load(); });
        until([&] { return log.events() == QStringList("handle"); });
        H.cancel();
        until([&] { return probe.requests == 1; });
        settle();
        QVERIFY(!H.isFinished());
        H.cancel();
        until([&] { return H.isFinished(); });
        QCOMPARE(probe.requests.load(), 2);
        QVERIFY(hasEnded);
        QVERIFY(H.isCancelled());
        QCOMPARE(log.take(), QStringList("handle"));
    }

    void AD_LTL_07()
    {
        RemoteProbe probe;
        auto H = scope->spawn(launchAndAwait(absorb(a, h, 1, probe)));
        until([&] { return log.events() == QStringList("handle"); });
        H.cancel();
        until([&] { return probe.requests == 1; });
        h.set();
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList({"handle", "1", "kept"}));
    }

    void AD_LTL_08_data()
    {
        QTest::addColumn<bool>("throws");
        QTest::newRow("value") << false;
        QTest::newRow("error") << true;
    }
    void AD_LTL_08()
    {
        QFETCH(const bool, throws);
        RemoteProbe probe;
        std::atomic<bool> isEnding = false;
        const auto function = [&]() -> Task<int> {
            blocksTheEndUntil(isReleased, isEnding);
            int value = 0;
            if (throws)
                value = co_await failing(a);
            else
                value = co_await remote(a, probe, 5);
            co_return value;
        };
        auto H = scope->spawn(launchAndAwait(CoDrive::toTask(function)));
        until([&] { return log.events() == QStringList("handle"); });
        log.take();
        a.set();
        until([&] { return isEnding.load(); });
        settle();
        H.cancel();
        settle();
        QVERIFY(!H.isFinished());
        isReleased = true;
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList({throws ? "throws broken" : "5", "kept"}));
    }

    void AD_LTL_09()
    {
        std::atomic<bool> hasEnded = false;
        std::atomic<bool> isDeleted = false;
        const auto function = [&]() -> Task<int> {
            noteThreadEnd(hasEnded);
            auto *const object = new QObject;
            QObject::connect(object, &QObject::destroyed, [&] { isDeleted = true; });
            object->deleteLater();
            co_return 1;
        };
        for (int i = 0; i < 20; ++i) {
            hasEnded = isDeleted = false;
            ThreadTask<int> task = run(launchInThreadLoop(function));
            QCOMPARE(run(textOf(std::move(task))), "1");
            QVERIFY(hasEnded);
            QVERIFY(isDeleted);
        }
    }

    void AD_LTL_11()
    {
        TaskLocal<int> local(1);
        QList<int> seen;
        const auto function = [&]() -> Task<int> {
            const int before = local.get();
            auto inner = [&]() -> Task<int> { co_return local.get(); };
            const int below = co_await local.with(9, inner);
            co_return 10 * before + below;
        };
        const auto body = [&]() -> Task<> {
            ThreadTask<int> task = co_await launchInThreadLoop(function);
            const int value = co_await std::move(task);
            seen << value << local.get();
        };
        run(local.with(3, body));
        QCOMPARE(seen, QList<int>({39, 3}));
    }

    void AD_LTL_12()
    {
        ThreadTask<int> task = run(launchInThreadLoop(throwsBeforeTask));
        QCOMPARE(run(textOf(std::move(task))), "throws early");
    }

    void AD_LTL_13()
    {
        RemoteProbe probe;
        ThreadTask<int> task = run(launchInThreadLoop(remote(a, probe)));
        const auto H = scope->spawn([&]() -> Task<> {
            const QString result = co_await textOfAwaiting(task);
            log << result;
        });
        task.cancel();
        until([&] { return H.isFinished(); });
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
    }

    void AD_LTL_14()
    {
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<bool> entered = false;
        std::atomic<bool> hasEnded = false;
        std::thread::id id;
        const auto function = [&]() -> Task<int> {
            id = std::this_thread::get_id();
            noteThreadEnd(hasEnded);
            co_return co_await waiting(destroyedIn, entered);
        };
        {
            ThreadTask<int> task = run(launchInThreadLoop(function));
            QVERIFY(entered);
        }
        QVERIFY(hasEnded);
        QVERIFY(destroyedIn == id);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void anErrorNobodyAwaitsIsReported()
    {
        QStringList errors;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &info) {
            errors << info.name + ' ' + text(error);
        });
        {
            ThreadTask<int> task = run(launchInThreadLoop(failingAtOnce(), "failing"));
        }
        settle();
        setUnhandledErrorHandler({});
        QCOMPARE(errors, QStringList("failing broken"));
    }

    void AD_LTL_N1()
    {
        QString name;
        const auto function = [&]() -> Task<> {
            name = QThread::currentThread()->objectName();
            co_return;
        };
        ThreadTask<> task = run(launchInThreadLoop(function, "reader"));
        run(std::move(task));
        QCOMPARE(name, "reader");
    }

    void AD_LTL_N2()
    {
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<std::thread::id> ranIn;
        Task<> made = noting(destroyedIn, ranIn);
        QVERIFY(ranIn == std::thread::id());
        ThreadTask<> task = run(launchInThreadLoop(std::move(made)));
        run(std::move(task));
        QVERIFY(ranIn != std::thread::id() && ranIn != std::this_thread::get_id());
        QVERIFY(destroyedIn == ranIn.load());
    }

    void AD_LTL_N3()
    {
        const auto function = [&]() -> Task<bool> {
            QTimer timer;
            timer.setSingleShot(true);
            timer.start(1);
            co_await timer;
            co_return timer.thread() == QThread::currentThread();
        };
        ThreadTask<bool> task = run(launchInThreadLoop(function));
        QCOMPARE(run(textOf(std::move(task))), "1");
    }

    void AD_LTL_N4()
    {
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<bool> entered = false;
        std::atomic<bool> hasEnded = false;
        std::atomic<std::thread::id> id;
        const auto function = [&]() -> Task<int> {
            id = std::this_thread::get_id();
            noteThreadEnd(hasEnded);
            isBegun = true;
            blockUntilReleased();
            co_return co_await waiting(destroyedIn, entered);
        };
        scope->spawn(launching(function));
        while (!isBegun)
            std::this_thread::yield();
        PlainThread releaser([&] { isReleased = true; });
        scope.reset();
        QVERIFY(hasEnded);
        QVERIFY(destroyedIn == id.load());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void destroyedBeforeTheThreadRuns()
    {
        for (int i = 0; i < 100; ++i) {
            RemoteProbe probe;
            scope->spawn(launching([&] { return remote(a, probe); }));
            scope.emplace();
            QCOMPARE(InstanceCounter::count(), 0);
        }
    }

    void AD_LTL_N5()
    {
        const auto function = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(6); };
        ThreadTask<std::unique_ptr<int>> task = run(launchInThreadLoop(function));
        const std::unique_ptr<int> number = run(std::move(task));
        QCOMPARE(*number, 6);
    }

    void movedToItsOwnThreadAndDestroyedThere()
    {
        std::optional<ThreadTask<>> task;
        std::atomic<bool> hasEnded = false;
        const auto function = [&]() -> Task<> {
            noteThreadEnd(hasEnded);
            co_await a.wait();
            task.reset();
            co_await waitForever();
        };
        task = run(launchInThreadLoop(function));
        a.set();
        until([&] { return hasEnded.load(); });
    }

private:
    static Task<int> throwsBeforeTask()
    {
        if (InstanceCounter::count() >= 0)
            throw E("early");
        return now(1);
    }

    static Task<> noting(std::atomic<std::thread::id> &destroyedIn, std::atomic<std::thread::id> &ranIn)
    {
        const NotesDestruction note(destroyedIn);
        ranIn = std::this_thread::get_id();
        co_return;
    }

    /// Launches and logs how that ended.
    template<typename Function>
    Task<> launching(Function function)
    {
        isReleased = false;
        isBegun = false;
        const InstanceCounter alive;
        QString result;
        try {
            auto task = co_await launchInThreadLoop(function);
            result = "handle";
        } catch (...) {
            result = "throws " + text(std::current_exception());
        }
        log << result;
        const Outcome<> next = co_await attempt(waitForever());
        log << (next.isCancelled() ? "kept" : "not kept");
        co_await unwind();
    }

    Task<> launchAndAwait(Task<int> remoteTask)
    {
        isReleased = false;
        const InstanceCounter alive;
        ThreadTask<int> task = co_await launchInThreadLoop(std::move(remoteTask));
        log << "handle";
        co_await caller(log, std::move(task));
    }

    Task<int> slowNoting(RemoteProbe &probe, std::atomic<bool> &hasEnded)
    {
        noteThreadEnd(hasEnded);
        co_return co_await slow(a, h, probe);
    }

    void blockUntilReleased()
    {
        while (!isReleased)
            std::this_thread::yield();
    }

    static void blocksTheEndUntil(std::atomic<bool> &released, std::atomic<bool> &isEnding)
    {
        class AtTheEnd
        {
        public:
            ~AtTheEnd()
            {
                *isEnding = true;
                while (!*released)
                    std::this_thread::yield();
            }
            std::atomic<bool> *released = nullptr;
            std::atomic<bool> *isEnding = nullptr;
        };
        static thread_local AtTheEnd atTheEnd;
        atTheEnd.released = &released;
        atTheEnd.isEnding = &isEnding;
    }

    std::optional<TaskScope> scope;
    ThreadsafeEvent a, b, h;
    EventLog log;
    std::atomic<bool> isReleased = false;
    std::atomic<bool> isBegun = false;
};

QTEST_GUILESS_MAIN(TestLaunchInThreadLoop)
#include "tst_launchinthreadloop.moc"
