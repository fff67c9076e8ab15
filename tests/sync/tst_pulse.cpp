// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "allocations.h"
#include "synctest.h"

#include <CoDrive/sync/pulse.h>
#include <CoDrive/tasks/timeout.h>

#include <QCoroTask>

using namespace Words;

namespace {

Task<> waits(EventLog &log, Pulse<> &pulse, QString name)
{
    const InstanceCounter alive;
    try {
        co_await pulse;
        log << name;
    } catch (const ObjectDestroyed &) {
        log << name + " destroyed";
    }
}

Task<> waitsFor(EventLog &log, Pulse<int> &pulse, QString name)
{
    const InstanceCounter alive;
    try {
        const int value = co_await pulse;
        log << QStringLiteral("%1 gets %2").arg(name).arg(value);
    } catch (const ObjectDestroyed &) {
        log << name + " destroyed";
    }
    co_await yieldNow();
}

Task<> waitsForCounted(Pulse<InstanceCounter> &pulse)
{
    const InstanceCounter value = co_await pulse;
    co_await waitForever();
}

Task<> answers(Pulse<> &mine, Pulse<> &theirs, int count)
{
    for (int i = 0; i < count; ++i) {
        co_await mine;
        theirs.fire();
    }
}

Task<> asks(Pulse<> &mine, Pulse<> &theirs, int count)
{
    for (int i = 0; i < count; ++i) {
        theirs.fire();
        co_await mine;
    }
}

QCoro::Task<> awaitInQCoro(EventLog &log, Pulse<int> &pulse)
{
    const int value = co_await pulse;
    log << QString::number(value);
}

} // namespace

class TestPulse : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_BUTTON_01()
    {
        Pulse<> pulse;
        scope->spawn(waits(log, pulse, "A"));
        scope->spawn(waits(log, pulse, "B"));
        pulse.fire();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A, B");
    }

    void AD_BUTTON_02()
    {
        Pulse<> pulse;
        pulse.fire();
        scope->spawn(waits(log, pulse, "A"));
        settle();
        QCOMPARE(logged(), "");
        pulse.fire();
        settle();
        QCOMPARE(logged(), "A");
    }

    void AD_BUTTON_03()
    {
        Pulse<> pulse;
        const auto again = [&]() -> Task<> {
            for (;;) {
                co_await pulse;
                log << "A";
            }
        };
        scope->spawn(again);
        pulse.fire();
        settle();
        QCOMPARE(logged(), "A");
        pulse.fire();
        settle();
        QCOMPARE(logged(), "A");
    }

    void AD_BUTTON_04()
    {
        Pulse<> pulse;
        const auto again = [&]() -> Task<> {
            for (;;) {
                co_await pulse;
                log << "A";
            }
        };
        scope->spawn(again);
        pulse.fire();
        pulse.fire();
        settle();
        QCOMPARE(logged(), "A");
    }

    void AD_BUTTON_05()
    {
        Pulse<> pulse;
        auto A = scope->spawn(waits(log, pulse, "A"));
        scope->spawn(waits(log, pulse, "B"));
        cancel(A);
        QVERIFY(A.isCancelled());
        pulse.fire();
        settle();
        QCOMPARE(logged(), "B");
    }

    void AD_BUTTON_06()
    {
        Pulse<> pulse;
        const auto body = [&]() -> Task<> {
            co_await pulse;
            log << "returned";
            co_await yieldNow();
            log << "passed";
        };
        auto A = scope->spawn(body);
        pulse.fire();
        A.cancel();
        settle();
        QCOMPARE(logged(), "returned");
        QVERIFY(A.isCancelled());
    }

    void AD_BUTTON_07()
    {
        Pulse<> pulse;
        scope->spawn(waits(log, pulse, "A"));
        const auto firing = [&]() -> Task<> {
            co_await d.wait();
            pulse.fire();
            log << "behind";
        };
        scope->spawn(firing);
        open(d);
        QCOMPARE(logged(), "behind, A");
    }

    void AD_BUTTON_08()
    {
        Pulse<> pulse;
        Task<> made = toTask(pulse);
        pulse.fire();
        auto A = scope->spawn(std::move(made));
        settle();
        QVERIFY(!A.isFinished());
        pulse.fire();
        settle();
        QVERIFY(A.isFinished());
    }

    void AD_BUTTON_N1()
    {
        auto pulse = std::make_unique<Pulse<>>();
        scope->spawn(waits(log, *pulse, "A"));
        scope->spawn(waits(log, *pulse, "B"));
        pulse.reset();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A destroyed, B destroyed");
    }

    void AD_BUTTON_N1_afterItWasFired()
    {
        auto pulse = std::make_unique<Pulse<>>();
        scope->spawn(waits(log, *pulse, "A"));
        pulse->fire();
        pulse.reset();
        settle();
        QCOMPARE(logged(), "A");
    }

    void AD_BUTTON_N2_data()
    {
        QTest::addColumn<bool>("isFiredFirst");
        QTest::newRow("destroyed, then fired") << false;
        QTest::newRow("fired, then destroyed") << true;
    }
    void AD_BUTTON_N2()
    {
        QFETCH(const bool, isFiredFirst);
        Pulse<> pulse;
        other->spawn(waits(log, pulse, "A"));
        scope->spawn(waits(log, pulse, "B"));
        if (isFiredFirst)
            pulse.fire();
        other.reset();
        QCOMPARE(InstanceCounter::count(), 1);
        if (!isFiredFirst)
            pulse.fire();
        settle();
        QCOMPARE(logged(), "B");
    }

    void AD_BUTTON_N3()
    {
        Pulse<> ping;
        Pulse<> pong;
        auto A = scope->spawn(answers(ping, pong, 1'000'000));
        auto B = scope->spawn(asks(pong, ping, 1'000'000));
        settle();
        QVERIFY(A.isFinished());
        QVERIFY(B.isFinished());
    }

    void waitingAndWakingAllocateNothing()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        Pulse<> ping;
        Pulse<> pong;
        qint64 made = -1;
        const auto counting = [&]() -> Task<> {
            co_await yieldNow();
            const AllocationCount count;
            for (int i = 0; i < 1'000; ++i) {
                ping.fire();
                co_await pong;
            }
            made = count.made();
        };
        scope->spawn(answers(ping, pong, 1'000));
        scope->spawn(counting);
        settle();
        QCOMPARE(made, 0);
    }

    void AD_CARGO_01()
    {
        Pulse<int> pulse;
        scope->spawn(waitsFor(log, pulse, "A"));
        scope->spawn(waitsFor(log, pulse, "B"));
        pulse.fire(7);
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A gets 7, B gets 7");
    }

    void AD_CARGO_02()
    {
        Pulse<int> pulse;
        pulse.fire(7);
        scope->spawn(waitsFor(log, pulse, "A"));
        settle();
        QCOMPARE(logged(), "");
    }

    void AD_CARGO_03()
    {
        Pulse<int> pulse;
        scope->spawn(waitsFor(log, pulse, "A"));
        pulse.fire(1);
        pulse.fire(2);
        settle();
        QCOMPARE(logged(), "A gets 1");
    }

    void AD_CARGO_04()
    {
        Pulse<int> pulse;
        auto A = scope->spawn(waitsFor(log, pulse, "A"));
        scope->spawn(waitsFor(log, pulse, "B"));
        cancel(A);
        QVERIFY(A.isCancelled());
        pulse.fire(7);
        settle();
        QCOMPARE(logged(), "B gets 7");
    }

    void AD_CARGO_04_withoutSettling()
    {
        Pulse<int> pulse;
        auto A = scope->spawn(waitsFor(log, pulse, "A"));
        pulse.fire(7);
        A.cancel();
        settle();
        QCOMPARE(logged(), "A gets 7");
        QVERIFY(A.isCancelled());
    }

    void AD_CARGO_N1()
    {
        auto pulse = std::make_unique<Pulse<int>>();
        scope->spawn(waitsFor(log, *pulse, "A"));
        scope->spawn(waitsFor(log, *pulse, "B"));
        pulse.reset();
        settle();
        QCOMPARE(logged(), "A destroyed, B destroyed");
    }

    void AD_CARGO_N2()
    {
        Pulse<InstanceCounter> pulse;
        other->spawn(waitsForCounted(pulse));
        QCOMPARE(InstanceCounter::count(), 0);
        pulse.fire(InstanceCounter());
        QCOMPARE(InstanceCounter::count(), 1);
        other.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void aPulseIsReferredToByFunctions()
    {
        Pulse<int> pulse;
        const auto body = [&]() -> Task<> {
            const Outcome<int> outcome = co_await attempt(pulse);
            log << text(outcome);
            const int value = co_await withTimeout(1h, pulse);
            log << QString::number(value);
        };
        scope->spawn(body);
        pulse.fire(1);
        settle();
        pulse.fire(2);
        settle();
        QCOMPARE(logged(), "1, 2");
    }

    void aPulseIsReferredToInOtherCoroutines()
    {
        Pulse<int> pulse;
        const QCoro::Task<> task = awaitInQCoro(log, pulse);
        pulse.fire(3);
        settle();
        QCOMPARE(logged(), "3");
    }
};

QTEST_GUILESS_MAIN(TestPulse)
#include "tst_pulse.moc"
