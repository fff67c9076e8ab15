// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/shieldeach.h>

using namespace Words;

class TestShieldEach : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_SHITER_02()
    {
        auto s = shieldEach(once(slow(g, h, &p)));
        ask(s);
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(p.requests, 0);
        QVERIFY(InstanceCounter::count() > 0);
        close(s);
        open(h);
        QCOMPARE(result(), "closed");
    }

    void AD_SHITER_03()
    {
        auto s = shieldEach(once(slow(g, h, &p)));
        ask(s);
        cancel(C);
        QCOMPARE(result(), "cancelled");
        ask(s);
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "1");
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_SHITER_04()
    {
        auto s = shieldEach(upToThen(1, err(g)));
        ask(s);
        settle();
        QCOMPARE(result(), "1");
        ask(s);
        open(g);
        QCOMPARE(result(), "throws E");
        ask(s);
        QCOMPARE(result(), "end");
        g.clear();
        auto t = shieldEach(once(err(g)));
        ask(t);
        cancel(C);
        open(g);
        QCOMPARE(result(), "cancelled");
        ask(t, 2);
        QCOMPARE(result(), "throws E, end");
    }

    void AD_SHITER_05()
    {
        auto source = once(val(g, 1));
        auto s = shieldEach(source);
        ask(s);
        cancel(C);
        ask(source);
        QCOMPARE(result(), "throws logic_error");
        open(g);
    }

    void STREAMS_SHIELD_N1()
    {
        collectUnhandled();
        for (const bool fails : {false, true}) {
            g.clear();
            {
                auto s = shieldEach(once(fails ? err(g) : val(g, 1)));
                ask(s);
                cancel(C);
            }
            QVERIFY(InstanceCounter::count() > 0);
            open(g);
            QCOMPARE(InstanceCounter::count(), 0);
        }
        QCOMPARE(unhandled, QStringList({"E"}));
        auto s = shieldEach(once(slow(a, h, &p)));
        ask(s);
        cancel(C);
        QCOMPARE(result(), "cancelled");
        close(s);
        settle();
        QCOMPARE(p.requests, 1);
        QVERIFY(!C.isFinished());
        open(h);
        QCOMPARE(result(), "closed");
    }

    void STREAMS_SHIELD_N2()
    {
        std::optional<Stream<int>> s;
        const auto body = [&]() -> Task<> {
            s = shieldEach(once(slow(g, h, &p)));
            h.set();
            ask(*s);
            C.cancel();
            co_await yieldNow();
        };
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression("."));
        run(body());
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
        ask(*s);
        settle();
        QCOMPARE(result(), "end");
    }

    void STREAMS_SHIELD_N3()
    {
        auto s = shieldEach(once(val(g, 1)));
        ask(s);
        g.set();
        cancel(C);
        QCOMPARE(result(), "cancelled");
        ask(s);
        QCOMPARE(result(), "1");
    }

    void STREAMS_STREAM_N15()
    {
        collectUnhandled();
        for (const bool closing : {true, false}) {
            g.clear();
            auto s = shieldEach(once(err(g)));
            ask(s);
            cancel(C);
            open(g);
            QCOMPARE(result(), "cancelled");
            if (closing) {
                close(s);
                QCOMPARE(result(), "throws E");
            }
        }
        settle();
        QCOMPARE(unhandled, QStringList({"E"}));
    }

    void waiterDestroyed()
    {
        auto s = shieldEach(once(val(g, 1)));
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, s, 1));
        own.reset();
        open(g);
        ask(s);
        QCOMPARE(result(), "1");
    }
};

QTEST_GUILESS_MAIN(TestShieldEach)
#include "tst_shieldeach.moc"
