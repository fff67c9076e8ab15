// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/yieldeach.h>

using namespace Words;

namespace {

Task<> posts(EventLog &log, Stream<int> &stream)
{
    const InstanceCounter alive;
    for (;;) {
        QMetaObject::invokeMethod(
            qApp, [&log] { log << QStringLiteral("turn"); }, Qt::QueuedConnection);
        const std::optional<int> item = co_await stream.next();
        if (!item)
            break;
        log << QString::number(*item);
    }
    log << QStringLiteral("end");
}

} // namespace

class TestYieldEach : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_SUSPITER_01()
    {
        auto s = yieldEach(std::vector<int>{1, 2, 3});
        QCOMPARE(s.size(), std::optional<std::size_t>(3));
        C = scope->spawn(posts(log, s));
        settle();
        QCOMPARE(result(), "turn, 1, turn, 2, turn, 3, turn, end");
    }

    void AD_SUSPITER_02()
    {
        auto s = yieldEach(std::vector<int>());
        C = scope->spawn(posts(log, s));
        QCOMPARE(result(), "pending");
        settle();
        QCOMPARE(result(), "turn, end");
    }

    void AD_SUSPITER_04()
    {
        auto s = yieldEach(upToThen(1, nowErr()));
        askAll(s);
        settle();
        QCOMPARE(result(), "1, throws E, end");
    }

    void STREAMS_YIELD_N1()
    {
        int given = 0;
        auto s = yieldEach(counting(given));
        int ticks = 0;
        QTimer timer;
        QObject::connect(&timer, &QTimer::timeout, [&] {
            if (++ticks == 3)
                C.cancel();
        });
        timer.start(16);
        const auto loop = [&]() -> Task<> {
            QCORO_FOREACH([[maybe_unused]] const int item, s) { }
        };
        C = scope->spawn(loop);
        waitForEnd(*scope);
        QVERIFY(C.isCancelled());
        QCOMPARE(ticks, 3);
        QVERIFY(given > 3);
    }

    void STREAMS_YIELD_N2()
    {
        int given = 0;
        auto source = counting(given);
        auto s = std::make_unique<Stream<int>>(yieldEach(source));
        ask(*s);
        s.reset();
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
        auto t = yieldEach(source);
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, t, 1));
        own.reset();
        settle();
        QCOMPARE(given, 0);
        ask(source);
        QCOMPARE(result(), "1");
    }
};

QTEST_GUILESS_MAIN(TestYieldEach)
#include "tst_yieldeach.moc"
