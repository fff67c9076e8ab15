// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/buffered.h>

using namespace Words;

class TestBuffered : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_BUFFER_01()
    {
        auto s = buffered(upTo(3), 2);
        askAll(s);
        settle();
        QCOMPARE(result(), "1, 2, 3, end");
    }

    void AD_BUFFER_03()
    {
        int given = 0;
        auto source = counting(given);
        auto s = buffered(source, 2);
        QCOMPARE(given, 0);
        ask(s);
        QCOMPARE(result(), "1");
        askToo(source);
        settle();
        QVERIFY(D.isFinished());
        log.take();
        QVERIFY(given <= 4);
    }

    void AD_BUFFER_04()
    {
        int given = 0;
        auto s = buffered(counting(given), 2);
        ask(s);
        QCOMPARE(result(), "1");
        QCOMPARE(given, 2);
        settle();
        QCOMPARE(given, 3);
        ask(s);
        settle();
        QCOMPARE(result(), "2");
        QCOMPARE(given, 4);
    }

    void AD_BUFFER_06()
    {
        auto s = buffered(upTo(0), 1);
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_BUFFER_07()
    {
        const auto ends = [](Event &gate) -> Stream<int> {
            co_await gate.wait();
            for (int i = 0; i < 0; ++i)
                co_yield i;
        };
        auto s = buffered(ends(g), 1);
        ask(s);
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "end");
    }

    void AD_BUFFER_08()
    {
        auto s = buffered(upToThen(2, err(a)), 2);
        ask(s);
        settle();
        QCOMPARE(result(), "1");
        open(a);
        QVERIFY(log.events().isEmpty());
        askAll(s);
        QCOMPARE(result(), "2, throws E, end");
    }

    void AD_BUFFER_09()
    {
        auto s = buffered(upTo(3), 2);
        ask(s);
        const auto asks = [&]() -> Task<> {
            requestSelf();
            co_await consumes(log, s, 1);
            co_await checkpoint();
            log << QStringLiteral("passed");
        };
        C = scope->spawn(asks);
        QVERIFY(C.isFinished());
        QCOMPARE(result(), "1, 2 kept");
    }

    void AD_BUFFER_10()
    {
        auto s = buffered(once(slow(g, h, &p)), 2);
        ask(s);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QVERIFY(!C.isFinished());
        open(h);
        QCOMPARE(result(), "cancelled");
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_BUFFER_11()
    {
        auto s = buffered(once(slow(g, h, &p)), 2);
        ask(s);
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_BUFFER_12()
    {
        auto source = upToThen(2, slow(g, h, &p));
        auto s = buffered(source, 2);
        ask(s);
        settle();
        QCOMPARE(result(), "1");
        close(s);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "closed");
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_BUFFER_13()
    {
        auto s = buffered(upToThen(1, dirty(g)), 2);
        ask(s);
        close(s);
        settle();
        QCOMPARE(result(), "1, throws E");
    }

    void AD_BUFFER_14() { QVERIFY_THROWS_EXCEPTION(std::invalid_argument, (void)buffered(upTo(1), 0)); }

    void STREAMS_BUFFER_N1()
    {
        auto source = upToThen(1, slow(g, h, &p));
        {
            auto s = buffered(source, 2);
            ask(s);
            QCOMPARE(result(), "1");
        }
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
        ask(source);
        QCOMPARE(result(), "end");
        auto other = upTo(9);
        {
            auto s = buffered(other, 2);
            ask(s);
            QCOMPARE(result(), "1");
        }
        ask(other);
        QCOMPARE(result(), "3");
    }

    void STREAMS_BUFFER_N2()
    {
        auto s = buffered(upTo(9), 2);
        ask(s);
        const auto closing = [&]() -> Task<> {
            co_await s.close();
            log << QString::number(InstanceCounter::count());
        };
        scope->spawn(closing);
        QCOMPARE(result(), "1, 0");
    }

    void STREAMS_BUFFER_N3()
    {
        auto source = std::make_unique<Stream<int>>(upTo(9));
        auto s = buffered(*source, 2);
        ask(s);
        source.reset();
        askAll(s);
        settle();
        QCOMPARE(result(), "1, 2, throws ObjectDestroyed, end");
        // One that was moved is followed.
        auto first = upTo(3);
        auto t = buffered(first, 1);
        ask(t);
        auto second = std::move(first);
        askAll(t);
        settle();
        QCOMPARE(result(), "1, 2, 3, end");
    }

    void STREAMS_BUFFER_N4()
    {
        const auto source = [&]() -> Stream<int> {
            co_await g.wait();
            log << QStringLiteral("before");
            co_yield 1;
            log << QStringLiteral("after");
            co_await waitForever();
        };
        auto s = buffered(source(), 2);
        ask(s);
        open(g);
        QCOMPARE(log.events().first(), "before");
        QVERIFY(log.events().contains("1"));
        log.take();
        QVERIFY(!s.size());
    }

    void STREAMS_STREAM_N15()
    {
        collectUnhandled();
        {
            auto s = buffered(upToThen(1, nowErr()), 2);
            ask(s);
            close(s);
            QCOMPARE(result(), "1, throws E");
        }
        {
            auto s = buffered(upToThen(1, nowErr()), 2);
            ask(s);
        }
        settle();
        QCOMPARE(unhandled, QStringList({"E"}));
    }

    // S5: the end is what the call needs, too.
    void inputEndsWhenCancelled()
    {
        const auto absorbing = [&]() -> Stream<int> {
            [[maybe_unused]] const auto outcome = co_await attempt(g.wait());
            for (int i = 0; i < 0; ++i)
                co_yield i;
        };
        auto s = buffered(absorbing(), 2);
        ask(s);
        cancel(C);
        QCOMPARE(result(), "end kept");
    }

    void closesOwnedSourceWithChildren()
    {
        auto s = buffered(buffered(upToThen(2, slow(g, h, &p)), 2), 1);
        ask(s);
        settle();
        close(s);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "1");
        open(h);
        QCOMPARE(result(), "closed");
    }
};

QTEST_GUILESS_MAIN(TestBuffered)
#include "tst_buffered.moc"
