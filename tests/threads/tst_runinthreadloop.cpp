// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "remote.h"

#include <CoDrive/tasks/gather.h>

using namespace Words;

class TestRunInThreadLoop : public QObject
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
        for (ThreadsafeEvent *const gate : {&a, &h})
            gate->clear();
        log.take();
        QCOMPARE(leftBehind(), QString());
    }

    void AD_RTL_01()
    {
        std::atomic<bool> hasEnded = false;
        const auto value = [&]() -> Task<int> {
            noteThreadEnd(hasEnded);
            co_return 5;
        };
        QCOMPARE(run(runInThreadLoop(value)), 5);
        QVERIFY(hasEnded);
        hasEnded = false;
        const auto error = [&]() -> Task<int> {
            noteThreadEnd(hasEnded);
            throw E("broken");
            co_return 0;
        };
        QCOMPARE(run(textOf(runInThreadLoop(error))), "throws broken");
        QVERIFY(hasEnded);
    }

    void AD_RTL_03()
    {
        RemoteProbe probe;
        auto H = scope->spawn(runInThreadLoop(slow(a, h, probe)));
        until([&] { return probe.entered.load(); });
        H.cancel();
        until([&] { return probe.requests == 1; });
        H.cancel();
        until([&] { return H.isFinished(); });
        QCOMPARE(probe.requests.load(), 2);
        QVERIFY(H.isCancelled());
    }

    void AD_RTL_04()
    {
        std::atomic<int> there = 0;
        const auto meet = [&]() -> Task<int> {
            if (++there == 10)
                a.set();
            co_await a.wait();
            co_return 1;
        };
        const auto body = [&]() -> Task<std::size_t> {
            std::vector<Task<int>> tasks;
            for (int i = 0; i < 10; ++i)
                tasks.push_back(CoDrive::toTask(runInThreadLoop(meet)));
            const std::vector<int> results = co_await gather(std::move(tasks));
            co_return results.size();
        };
        QCOMPARE(run(body()), std::size_t(10));
    }

    void AD_RTL_05()
    {
        std::atomic<bool> isReleased = false;
        const auto blocking = [&]() -> Task<> {
            while (!isReleased)
                std::this_thread::yield();
            co_return;
        };
        const auto H = scope->spawn(runInThreadLoop(blocking));
        scope->spawn([&]() -> Task<> {
            for (int i = 0; i < 5; ++i)
                co_await sleepFor(2ms);
            isReleased = true;
        });
        waitForEnd(*scope);
        QVERIFY(H.outcome().isSuccess());
    }

    void AD_LTLS_05()
    {
        int sum = 0;
        for (int i = 0; i < 1'000; ++i)
            sum += runInThreadLoopSync(now(5));
        QCOMPARE(sum, 5'000);
        QCOMPARE(textOfCall([] { return runInThreadLoopSync(failingAtOnce()); }), "throws broken");
    }

    void syncInsideATask()
    {
        bool isCalled = false;
        const auto function = [&]() -> Task<> {
            isCalled = true;
            co_return;
        };
        const auto body = [&]() -> Task<QString> {
            co_return textOfCall([&] { runInThreadLoopSync(function); });
        };
        QCOMPARE(run(body()), "throws logic_error");
        QVERIFY(!isCalled);
    }

    void AD_RTLC_01()
    {
        RemoteProbe probe;
        std::atomic<bool> hasEnded = false;
        bool wasEntered = false;
        const auto background = [&]() -> Task<int> {
            noteThreadEnd(hasEnded);
            co_return co_await slow(a, h, probe);
        };
        const auto body = [&]() -> Task<int> {
            wasEntered = probe.entered;
            co_return 5;
        };
        const auto H = scope->spawn(withThreadLoop(background, body));
        until([&] { return probe.requests == 1; });
        settle();
        QVERIFY(wasEntered);
        QVERIFY(!H.isFinished());
        h.set();
        until([&] { return H.isFinished(); });
        QCOMPARE(text(H), "5");
        QVERIFY(hasEnded);
        QCOMPARE(probe.requests.load(), 1);
    }

    void AD_RTLC_02()
    {
        bool isUnwound = false;
        bool isBegun = false;
        const auto body = [&]() -> Task<> {
            const OnDestruction atTheEnd([&] { isUnwound = true; });
            isBegun = true;
            co_await waitForever();
        };
        scope->spawn(caller(log, withThreadLoop(failing(a), body)));
        until([&] { return isBegun; });
        a.set();
        until([&] { return !log.events().isEmpty(); });
        QVERIFY(isUnwound);
        QCOMPARE(log.take(), QStringList("throws broken"));
    }

    void AD_RTLC_03()
    {
        Event gate;
        const auto body = [&]() -> Task<int> {
            log << "begun";
            co_await gate.wait();
            co_return 4;
        };
        const auto H = scope->spawn(withThreadLoop(now(1), body));
        until([&] { return !log.events().isEmpty(); });
        settle();
        QVERIFY(!H.isFinished());
        gate.set();
        until([&] { return H.isFinished(); });
        QCOMPARE(text(H), "4");
    }

    void AD_RTLC_05()
    {
        RemoteProbe probe;
        LoopCaller there;
        const auto background = [&]() -> Task<int> {
            there = LoopCaller(CoDrive::detail::Loop::current());
            co_return co_await slow(a, h, probe);
        };
        const auto body = []() -> Task<int> { co_return 5; };
        auto H = scope->spawn(caller(log, withThreadLoop(background, body)));
        until([&] { return probe.requests == 1; });
        cancel(H);
        settleAll(there);
        QCOMPARE(probe.requests.load(), 1);
        QVERIFY(!H.isFinished());
        H.cancel();
        until([&] { return H.isFinished(); });
        QCOMPARE(probe.requests.load(), 2);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
    }

    void AD_RTLC_N2()
    {
        std::atomic<std::thread::id> destroyedIn;
        std::atomic<std::thread::id> bodyDestroyedIn;
        std::atomic<bool> entered = false;
        std::atomic<bool> hasEnded = false;
        std::atomic<std::thread::id> id;
        bool isBegun = false;
        const auto background = [&]() -> Task<int> {
            id = std::this_thread::get_id();
            noteThreadEnd(hasEnded);
            co_return co_await waiting(destroyedIn, entered);
        };
        const auto body = [&]() -> Task<> {
            const NotesDestruction note(bodyDestroyedIn);
            isBegun = true;
            co_await waitForever();
        };
        scope->spawn(withThreadLoop(background, body));
        until([&] { return isBegun; });
        scope.reset();
        QVERIFY(destroyedIn == id.load());
        QVERIFY(bodyDestroyedIn == std::this_thread::get_id());
        QVERIFY(hasEnded);
        QCOMPARE(InstanceCounter::count(), 0);
    }

private:
    std::optional<TaskScope> scope;
    ThreadsafeEvent a, h;
    EventLog log;
};

QTEST_GUILESS_MAIN(TestRunInThreadLoop)
#include "tst_runinthreadloop.moc"
