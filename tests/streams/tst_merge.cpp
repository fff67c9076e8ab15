// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/merge.h>

using namespace Words;

class TestMerge : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void STREAMS_MERGE_N1()
    {
        auto s = merge(gated(std::array{&a, &c}), gated(std::array{&b}, 10));
        askAll(s);
        open(b);
        open(a);
        open(c);
        QCOMPARE(result(), "10, 1, 2, end");
    }

    void ready()
    {
        auto s = merge(upTo(2), upTo(3), std::vector<int>{7});
        askAll(s);
        QVERIFY(C.isFinished());
        QCOMPARE(result(), "1, 1, 7, 2, 2, 3, end");
    }

    void STREAMS_MERGE_N4()
    {
        {
            auto s = merge(upTo(1), once(slow(g, h, &p)), once(err(a)));
            askToo(s);
            QCOMPARE(result(), "1");
        }
        auto t = merge(gated(std::array{&b}), gated(std::array{&c}, 2), once(slow(d, k, &q)), once(err(a)));
        ask(t);
        b.set();
        c.set();
        settle();
        QCOMPARE(result(), "1");
        open(a);
        QCOMPARE(q.requests, 1);
        ask(t);
        QCOMPARE(result(), "2");
        askAll(t);
        QCOMPARE(result(), "pending");
        open(k);
        QCOMPARE(result(), "throws E, end");
    }

    void STREAMS_MERGE_N5()
    {
        for (const int requests : {1, 2}) {
            p = q = Probe();
            h1.clear();
            h2.clear();
            auto s = merge(once(slow(a, h1, &p)), once(slow(b, h2, &q)));
            ask(s);
            cancel(C);
            QCOMPARE(p.requests, 1);
            QCOMPARE(q.requests, 1);
            if (requests == 2) {
                cancel(C);
                QCOMPARE(p.requests, 2);
                QCOMPARE(q.requests, 2);
            } else {
                open(h1);
                QVERIFY(!C.isFinished());
                open(h2);
            }
            QCOMPARE(result(), "cancelled");
        }
    }

    void STREAMS_MERGE_N6()
    {
        auto borrowed = upTo(9);
        auto s = merge(upTo(1), borrowed, once(slow(g, h, &p)));
        ask(s);
        close(s);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "1");
        open(h);
        QCOMPARE(result(), "closed");
        ask(borrowed);
        QCOMPARE(result(), "2");
        {
            auto t = merge(borrowed, once(slow(g, h)));
            ask(t);
            QCOMPARE(result(), "3");
        }
        QCOMPARE(InstanceCounter::count(), 1);
        ask(borrowed);
        QCOMPARE(result(), "4");
    }

    void STREAMS_STREAM_N15()
    {
        collectUnhandled();
        {
            auto s = merge(upTo(1), once(nowErr()));
            ask(s);
            close(s);
            QCOMPARE(result(), "1, throws E");
        }
        {
            auto s = merge(upTo(1), once(nowErr()));
            ask(s);
        }
        settle();
        QCOMPARE(unhandled, QStringList({"E"}));
    }

    void size()
    {
        auto s = merge(std::vector<int>(3), std::vector<int>(2));
        QCOMPARE(s.size(), std::optional<std::size_t>(5));
        auto t = merge(std::vector<int>(3), upTo(2));
        QVERIFY(!t.size());
    }
};

QTEST_GUILESS_MAIN(TestMerge)
#include "tst_merge.moc"
