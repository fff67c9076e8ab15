// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/zipconcurrently.h>

using namespace Words;

class TestZipConcurrently : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_ZIP_01()
    {
        auto s = zipConcurrently(upTo(3), std::vector<QString>{"a", "b"});
        askAll(s);
        QCOMPARE(result(), "(1, a), (2, b), end");
    }

    void AD_ZIP_02()
    {
        auto s = zipConcurrently(once(val(a, 1, &p)), once(val(b, 2, &q)));
        ask(s);
        QVERIFY(p.entered && q.entered);
        open(b);
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "(1, 2)");
    }

    void AD_ZIP_03()
    {
        auto s = zipConcurrently(once(slow(g, h, &p)), upTo(0));
        ask(s);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "end");
    }

    void AD_ZIP_04()
    {
        auto second = upTo(1);
        auto s = zipConcurrently(upTo(9), second);
        askAll(s);
        QCOMPARE(result(), "(1, 1), end");
    }

    void AD_ZIP_05()
    {
        auto s = zipConcurrently(once(slow(g, h, &p)), once(err(a)));
        ask(s);
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_ZIP_06()
    {
        for (const bool isInOrder : {true, false}) {
            a.clear();
            b.clear();
            auto s = zipConcurrently(once(err(a, "E1")), once(err(b, "E2")));
            ask(s);
            (isInOrder ? a : b).set();
            (isInOrder ? b : a).set();
            settle();
            QCOMPARE(result(), "throws group [E1, E2]");
        }
    }

    void AD_ZIP_07()
    {
        auto s = zipConcurrently(once(dirty(g)), upTo(0));
        ask(s);
        settle();
        QCOMPARE(result(), "throws E");
    }

    void AD_ZIP_08()
    {
        auto s = zipConcurrently();
        ask(s);
        QCOMPARE(result(), "end");
        QCOMPARE(s.size(), std::optional<std::size_t>(0));
    }

    void AD_ZIP_09()
    {
        auto s = zipConcurrently(upTo(2));
        askAll(s);
        QCOMPARE(result(), "(1), (2), end");
    }

    void AD_ZIP_10()
    {
        auto s = zipConcurrently(once(slow(a, h1, &p)), once(slow(b, h2, &q)));
        ask(s);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h1);
        QVERIFY(!C.isFinished());
        open(h2);
        QCOMPARE(result(), "cancelled");
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_ZIP_12()
    {
        auto first = upTo(9);
        auto second = upToThen(1, nowErr());
        auto s = zipConcurrently(first, second);
        askAll(s);
        QCOMPARE(result(), "(1, 1), throws E, end");
        ask(first);
        QCOMPARE(result(), "3");
        auto third = upTo(1);
        auto t = zipConcurrently(third, first);
        askAll(t);
        QCOMPARE(result(), "(1, 4), end");
        ask(first);
        QCOMPARE(result(), "5");
    }

    void AD_ZIP_13()
    {
        auto source = once(slow(g, h, &p));
        auto s = zipConcurrently(source, source);
        ask(s);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws logic_error");
    }

    void AD_ZIP_14()
    {
        auto s = zipConcurrently(std::vector<int>(3), std::vector<int>(2));
        QCOMPARE(s.size(), std::optional<std::size_t>(2));
        auto t = zipConcurrently(std::vector<int>(3), upTo(2));
        QVERIFY(!t.size());
    }

    void STREAMS_ZIP_N3()
    {
        auto s = zipConcurrently(once(slow(g, h, &p)), upTo(0));
        ask(s);
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "end kept");
    }

    void destroyed()
    {
        auto s = std::make_unique<Stream<std::tuple<int, int>>>(zipConcurrently(once(val(a, 1)), once(val(b, 1))));
        ask(*s);
        s.reset();
        QCOMPARE(InstanceCounter::count(), 1);
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void closesOwned()
    {
        auto borrowed = upTo(3);
        auto s = zipConcurrently(upTo(3), borrowed);
        ask(s);
        close(s);
        ask(borrowed);
        QCOMPARE(result(), "(1, 1), closed, 2");
    }
};

QTEST_GUILESS_MAIN(TestZipConcurrently)
#include "tst_zipconcurrently.moc"
