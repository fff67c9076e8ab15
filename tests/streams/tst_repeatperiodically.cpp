// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/repeatperiodically.h>

#include <thread>

using namespace Words;

namespace {

/// Logs the time of each item, and sleeps after it.
Task<> ticks(EventLog &log, const VirtualClock &clock, Stream<std::monostate> &stream,
             std::vector<std::chrono::milliseconds> pauses)
{
    const InstanceCounter alive;
    for (const std::chrono::milliseconds pause : pauses) {
        co_await stream.next();
        log << QString::number(std::chrono::round<std::chrono::milliseconds>(clock.now()).count());
        co_await sleepFor(pause);
    }
}

} // namespace

class TestRepeatPeriodically : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_REPEAT_01()
    {
        VirtualClock clock;
        auto s = repeatPeriodically(100ms);
        QVERIFY(!s.size());
        clock.advance(70ms);
        ask(s);
        QCOMPARE(result(), "-");
        ask(s);
        clock.advance(99ms);
        QCOMPARE(result(), "pending");
        clock.advance(1ms);
        QCOMPARE(result(), "-");
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, (void)repeatPeriodically(0ms));
    }

    void AD_REPEAT_02()
    {
        VirtualClock clock;
        auto s = repeatPeriodically(100ms);
        scope->spawn(ticks(log, clock, s, {30ms, 30ms, 30ms}));
        waitForEnd(*scope);
        QCOMPARE(result(), "0, 100, 200");
    }

    // What is late gives the event queue its turn first.
    void AD_REPEAT_03()
    {
        VirtualClock clock;
        auto s = repeatPeriodically(100ms);
        scope->spawn(ticks(log, clock, s, {250ms, 1ms, 1ms}));
        clock.advance(249ms);
        QMetaObject::invokeMethod(
            qApp, [this] { log << QStringLiteral("turn"); }, Qt::QueuedConnection);
        clock.advance(1ms);
        QCOMPARE(result(), "0, turn, 250");
        waitForEnd(*scope);
        QCOMPARE(result(), "350");
    }

    void AD_REPEAT_06()
    {
        VirtualClock clock;
        auto s = repeatPeriodically(1ms);
        ask(s, 2);
        std::this_thread::sleep_for(5ms);
        settle();
        QCOMPARE(result(), "-");
    }

    void STREAMS_REPEAT_N2()
    {
        VirtualClock clock;
        auto s = std::make_unique<Stream<std::monostate>>(repeatPeriodically(100ms));
        ask(*s, 2);
        s.reset();
        QVERIFY(CoDrive::detail::Loop::current().timers().isEmpty());
        settle();
        QVERIFY(result().startsWith("-, throws ObjectDestroyed"));
    }

    void STREAMS_REPEAT_N3()
    {
        VirtualClock clock;
        auto s = repeatPeriodically(100ms);
        const auto cancels = [&]() -> Task<> {
            co_await sleepFor(100ms);
            C.cancel();
        };
        scope->spawn(cancels); // armed first: both are due, and it runs first
        ask(s, 2);
        QCOMPARE(result(), "-");
        clock.advance(100ms);
        QCOMPARE(result(), "- kept");
    }
};

QTEST_GUILESS_MAIN(TestRepeatPeriodically)
#include "tst_repeatperiodically.moc"
