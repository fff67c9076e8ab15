// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/amass.h>
#include <CoDrive/tasks/cleanup.h>

#include <ranges>

using namespace Words;

namespace {

/// Awaits a handle of another, which may be cancelled.
Task<int> awaits(TaskHandle<int> handle)
{
    const InstanceCounter alive;
    co_return co_await handle;
}

Task<int> resets(EventLog &log, std::unique_ptr<Stream<int>> &victim, Event &gate)
{
    const InstanceCounter alive;
    const LogsDestruction local(log, QStringLiteral("child"));
    co_await gate.wait();
    victim.reset();
    log << QStringLiteral("reset");
    co_await waitForever();
    log << QStringLiteral("passed");
    co_return 1;
}

} // namespace

class TestAmass : public QObject, private StreamsTest
{
    Q_OBJECT

private:
    static constexpr AmassOptions insensitive{.sensitive = false};

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_AMASS_01()
    {
        auto s = amass(vectorOf(val(a, 1), val(b, 2), val(c, 3)));
        askAll(s);
        open(c);
        open(a);
        open(b);
        QCOMPARE(result(), "3, 1, 2, end");
    }

    void AD_AMASS_02()
    {
        auto s = amass(std::vector<Task<int>>());
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_AMASS_03()
    {
        auto s = amass(vectorOf(now(1), now(2), now(3)));
        QCOMPARE(s.size(), std::optional<std::size_t>(3));
        askAll(s);
        QCOMPARE(s.size(), std::optional<std::size_t>(3));
        QCOMPARE(result(), "1, 2, 3, end");
    }

    void AD_AMASS_04()
    {
        {
            auto s = amass(vectorOf(val(a, 1, &p), val(b, 2, &q)));
        }
        auto s = amass(vectorOf(val(a, 1, &p), val(b, 2, &q)));
        close(s);
        QCOMPARE(result(), "closed");
        QVERIFY(!p.entered && !q.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_AMASS_05()
    {
        Probe probes[4];
        auto s = amass(vectorOf(val(a, 1, &probes[0]), val(b, 2, &probes[1]), val(c, 3, &probes[2]),
                                val(d, 4, &probes[3])),
                       {.maxConcurrent = 2});
        askAll(s);
        QVERIFY(probes[0].entered && probes[1].entered && !probes[2].entered);
        open(a);
        QVERIFY(probes[2].entered && !probes[3].entered);
        open(b);
        QVERIFY(probes[3].entered);
        open(c);
        open(d);
        QCOMPARE(result(), "1, 2, 3, 4, end");
    }

    void AD_AMASS_06()
    {
        auto s = amass(vectorOf(val(a, 1), val(b, 2), val(c, 3, &p)), {.maxConcurrent = 2});
        ask(s);
        open(a);
        QCOMPARE(result(), "1");
        QVERIFY(!p.entered);
        ask(s);
        QVERIFY(p.entered);
    }

    void AD_AMASS_07()
    {
        int pulled = 0;
        Event *gates[] = {&a, &b, &c, &d, &g};
        auto s = amass(std::views::iota(0, 5) | std::views::transform([&](int i) {
                           ++pulled;
                           return val(*gates[i], i);
                       }),
                       {.maxConcurrent = 2});
        ask(s);
        a.set();
        open(b);
        QCOMPARE(result(), "0");
        ask(s);
        QCOMPARE(result(), "1");
        QCOMPARE(pulled, 2);
        ask(s);
        QVERIFY(pulled > 2);
    }

    void AD_AMASS_08()
    {
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument,
                                 (void)amass(vectorOf(val(a, 1, &p)), {.maxConcurrent = 0}));
        QVERIFY(!p.entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_AMASS_09()
    {
        auto s = amass(vectorOf(val(a, 1), val(b, 2)));
        askAll(s);
        b.set();
        open(a);
        QCOMPARE(result(), "2, 1, end");
    }

    void AD_AMASS_10()
    {
        auto s = amass(vectorOf(val(a, 1), val(b, 2), val(c, 3)));
        ask(s);
        open(a);
        QCOMPARE(result(), "1");
        open(c);
        open(b);
        ask(s, 2);
        QVERIFY(C.isFinished());
        QCOMPARE(result(), "3, 2");
    }

    void AD_AMASS_11()
    {
        auto s = amass(vectorOf(err(a), slow(b, h, &p)));
        askAll(s);
        open(a);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E, end");
    }

    void AD_AMASS_12()
    {
        auto s = amass(vectorOf(dirty(a, "E1"), err(b, "E2")));
        askAll(s);
        open(b);
        QCOMPARE(result(), "throws group [E1, E2], end");
    }

    void AD_AMASS_13()
    {
        auto s = amass(vectorOf(err(a), val(b, 2, &p)), {.maxConcurrent = 1});
        const auto asks = [&]() -> Task<> {
            try {
                co_await s.next();
            } catch (const E &) {
                log << QString::number(InstanceCounter::count());
            }
        };
        C = scope->spawn(asks);
        open(a);
        QCOMPARE(result(), "0");
        QVERIFY(!p.entered);
    }

    void AD_AMASS_15()
    {
        auto s = amass(vectorOf(err(a), val(b, 2), val(c, 3)), insensitive);
        askAll(s);
        open(a);
        open(b);
        open(c);
        QCOMPARE(result(), "2, 3, throws E, end");
    }

    void AD_AMASS_16()
    {
        auto s = amass(vectorOf(err(a, "E1"), err(b, "E2"), val(c, 3)), insensitive);
        askAll(s);
        open(b);
        open(a);
        open(c);
        QCOMPARE(result(), "3, throws group [E1, E2], end");
    }

    void AD_AMASS_17()
    {
        auto s = amass(vectorOf(err(a), val(b, 2, &p)), {.maxConcurrent = 1, .sensitive = false});
        ask(s);
        open(a);
        QVERIFY(p.entered);
        open(b);
        QCOMPARE(result(), "2");
        askAll(s);
        QCOMPARE(result(), "throws E, end");
    }

    void AD_AMASS_18()
    {
        H = scope->spawn(never());
        auto s = amass(vectorOf(awaits(H), slow(b, h, &p)));
        askAll(s);
        cancel(H);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws Cancelled, end");
        QVERIFY(!C.isCancelled());
    }

    void AD_AMASS_20()
    {
        auto s = amass(vectorOf(val(a, 1), slow(b, h, &p)));
        ask(s);
        open(a);
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

    void AD_AMASS_21()
    {
        auto s = amass(vectorOf(val(a, 1), dirty(b)));
        ask(s);
        open(a);
        QCOMPARE(result(), "1");
        close(s);
        settle();
        QCOMPARE(result(), "throws E");
    }

    void AD_AMASS_22()
    {
        auto s = amass(vectorOf(err(a), slow(b, h, &p), val(c, 3)), insensitive);
        ask(s);
        open(a);
        open(c);
        QCOMPARE(result(), "3");
        close(s);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void AD_AMASS_23()
    {
        auto s = amass(vectorOf(slow(a, h1, &p), slow(b, h2, &q)));
        ask(s);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        open(h1);
        QCOMPARE(result(), "pending");
        QVERIFY(!C.isFinished());
        open(h2);
        QCOMPARE(result(), "cancelled");
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_AMASS_24()
    {
        auto s = amass(vectorOf(absorb(a, h, 1), slow(b, k)));
        ask(s);
        cancel(C);
        open(h);
        QCOMPARE(result(), "pending");
        open(k);
        QCOMPARE(result(), "1 kept");
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_AMASS_26()
    {
        auto s = amass(vectorOf(dirty(a)));
        ask(s);
        cancel(C);
        QCOMPARE(result(), "throws E kept");
    }

    void AD_AMASS_27()
    {
        for (const AmassOptions options : {AmassOptions(), insensitive}) {
            auto s = amass(std::views::iota(0, 2) | std::views::transform([&](int i) {
                               if (i == 1)
                                   throw E();
                               return slow(a, h, &p);
                           }),
                           options);
            p = Probe();
            h.clear();
            askAll(s);
            settle();
            QCOMPARE(p.requests, 1);
            QCOMPARE(result(), "pending");
            open(h);
            QCOMPARE(result(), "throws E, end");
        }
    }

    void AD_AMASS_28()
    {
        auto s = amass(vectorOf(now(1)));
        ask(s, 1);
        close(s);
        askAll(s);
        askAll(s);
        QCOMPARE(result(), "1, closed, end, end");
    }

    void STREAMS_AMASS_N1()
    {
        auto s = std::make_unique<Stream<int>>(amass(vectorOf(slow(a, h, &p), slow(b, h, &q))));
        ask(*s);
        s.reset();
        QCOMPARE(InstanceCounter::count(), 1);
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
        auto t = amass(vectorOf(slow(a, h, &p), slow(b, h, &q)));
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, t, 1));
        own.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests + q.requests, 0);
        ask(t);
        QCOMPARE(result(), "end");
    }

    void STREAMS_AMASS_N2()
    {
        std::unique_ptr<Stream<int>> s;
        s = std::make_unique<Stream<int>>(amass(vectorOf(resets(log, s, a), slow(b, h))));
        ask(*s);
        open(a);
        QCOMPARE(result(), "reset, child, throws ObjectDestroyed");
        // In its first segment, while next() starts it; and while nobody asks.
        a.set();
        s = std::make_unique<Stream<int>>(amass(vectorOf(resets(log, s, a), slow(b, h, &p))));
        ask(*s);
        settle();
        QCOMPARE(result(), "reset, child, throws ObjectDestroyed");
        QVERIFY(!p.entered);
        a.clear();
        s = std::make_unique<Stream<int>>(amass(vectorOf(resets(log, s, a), now(1))));
        ask(*s);
        QCOMPARE(result(), "1");
        open(a);
        QCOMPARE(result(), "reset, child");
    }

    void STREAMS_AMASS_N4()
    {
        int pulled = 0;
        auto s = amass(std::views::iota(0) | std::views::transform([&](int i) {
                           ++pulled;
                           return now(i);
                       }),
                       {.maxConcurrent = 2});
        const int expected[] = {2, 2, 4};
        for (int i = 0; i < 3; ++i) {
            ask(s);
            QCOMPARE(result(), QString::number(i));
            QCOMPARE(pulled, expected[i]);
        }
    }

    void STREAMS_AMASS_N5()
    {
        for (const int requests : {1, 2}) {
            p = Probe();
            a.clear();
            h.clear();
            auto s = amass(vectorOf(err(a), slow(b, h, &p)));
            ask(s);
            open(a);
            cancel(C);
            QCOMPARE(p.requests, 1);
            if (requests == 2) {
                cancel(C);
                QCOMPARE(p.requests, 2);
            } else {
                open(h);
            }
            QCOMPARE(result(), "throws E kept");
        }
        p = Probe();
        h.clear();
        auto s = amass(vectorOf(now(1), slow(b, h, &p)));
        ask(s);
        QCOMPARE(result(), "1");
        close(s);
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "closed kept");
    }

    void STREAMS_STREAM_N15()
    {
        collectUnhandled();
        {
            auto s = amass(vectorOf(nowErr(), now(1)), insensitive);
            ask(s);
            QCOMPARE(result(), "1");
            close(s);
            QCOMPARE(result(), "throws E");
            auto t = asCompleted(vectorOf(now(1), nowErr()));
            ask(t);
            QCOMPARE(result(), "1");
            close(t);
            QCOMPARE(result(), "throws E");
        }
        settle();
        QCOMPARE(unhandled, QStringList());
        {
            auto s = amass(vectorOf(nowErr(), now(1)), insensitive);
            ask(s);
        }
        settle();
        QCOMPARE(unhandled, QStringList({"E"}));
        {
            auto t = asCompleted(vectorOf(now(1), nowErr()));
            ask(t);
        }
        settle();
        QCOMPARE(unhandled, QStringList({"E", "E"}));
    }

    void STREAMS_ACS_N1()
    {
        auto s = asCompleted(vectorOf(val(a, 1, &p), err(b), val(c, 3, &q)));
        askAll(s);
        open(b);
        open(c);
        open(a);
        QCOMPARE(result(), "throws E, 3, 1, end");
        QCOMPARE(p.requests + q.requests, 0);
    }

    void STREAMS_ACS_N2()
    {
        auto empty = asCompleted(std::vector<Task<int>>());
        ask(empty);
        QCOMPARE(result(), "end");
        auto s = asCompleted(vectorOf(val(a, 1, &p), val(b, 2, &q), val(c, 3)), {.maxConcurrent = 1});
        QCOMPARE(s.size(), std::optional<std::size_t>(3));
        QVERIFY(!p.entered);
        ask(s);
        open(a);
        QCOMPARE(result(), "1");
        QVERIFY(!q.entered);
        ask(s);
        QVERIFY(q.entered);
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument,
                                 (void)asCompleted(vectorOf(now(1)), {.maxConcurrent = 0}));
    }

    void STREAMS_ACS_N4()
    {
        H = scope->spawn(never());
        auto s = asCompleted(vectorOf(nowErr(), awaits(H), unwinding(a)));
        askAll(s);
        cancel(H);
        open(a);
        QCOMPARE(result(), "throws E, throws Cancelled, cancelled, end");
    }

    void STREAMS_ACS_N5()
    {
        auto s = asCompleted(vectorOf(slow(a, h, &p)));
        ask(s);
        cancel(C);
        QCOMPARE(p.requests, 1);
        QVERIFY(!C.isFinished());
        open(h);
        QCOMPARE(result(), "cancelled");
        auto t = asCompleted(vectorOf(dirty(a)));
        ask(t);
        cancel(C);
        QCOMPARE(result(), "throws E kept");
    }

    void STREAMS_ACS_N6()
    {
        auto s = asCompleted(vectorOf(now(1), slow(b, h, &p)));
        ask(s);
        close(s);
        settle();
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "1, closed");
        auto t = asCompleted(vectorOf(now(1), now(2), dirty(b)));
        ask(t);
        close(t);
        settle();
        QCOMPARE(result(), "1, throws E");
        auto u = std::make_unique<Stream<Outcome<int>>>(asCompleted(vectorOf(now(1), slow(b, h))));
        ask(*u);
        u.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void selfUnwound()
    {
        auto s = amass(vectorOf(unwinding(a), slow(b, h, &p)));
        ask(s);
        open(a);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    // Between the end of the last that runs, with an error, and the start of the next.
    void cancelledBeforeTheNextIsStarted()
    {
        auto s = amass(vectorOf(err(a), val(b, 2, &p)), {.maxConcurrent = 1, .sensitive = false});
        ask(s);
        const auto cancels = [&]() -> Task<> {
            co_await d.wait();
            C.cancel();
        };
        scope->spawn(cancels);
        a.set();
        d.set();
        settle();
        QCOMPARE(result(), "throws E kept");
        QVERIFY(!p.entered);
    }

    // Law L14: what gives the tasks destroys the stream, or who asks it.
    void rangeDestroys_data()
    {
        QTest::addColumn<bool>("isStream");
        QTest::addColumn<bool>("isFromLoop");
        QTest::addColumn<QString>("expected");
        const QString error = QStringLiteral("throws ObjectDestroyed");
        QTest::newRow("stream, in next()") << true << false << error;
        QTest::newRow("stream, from the loop") << true << true << error;
        QTest::newRow("scope, in next()") << false << false << QString();
        QTest::newRow("scope, from the loop") << false << true << QString();
    }
    void rangeDestroys()
    {
        QFETCH(const bool, isStream);
        QFETCH(const bool, isFromLoop);
        QFETCH(const QString, expected);
        std::unique_ptr<Stream<int>> s;
        auto own = std::make_unique<TaskScope>();
        const int last = isFromLoop ? 1 : 0;
        s = std::make_unique<Stream<int>>(
            amass(std::views::iota(0, 3) | std::views::transform([&, last](int i) {
                      if (i == last) {
                          if (isStream)
                              s.reset();
                          else
                              own.reset();
                          return val(b, 1, &p);
                      }
                      return err(a);
                  }),
                  {.maxConcurrent = 1, .sensitive = false}));
        collectUnhandled();
        own->spawn(consumes(log, *s, 1));
        open(a);
        QCOMPARE(log.take().join(", "), expected);
        QVERIFY(!p.entered);
        s.reset();
        own.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void destroyedWhileItIsClosed()
    {
        auto s = std::make_unique<Stream<int>>(amass(vectorOf(now(1), slow(b, h, &p))));
        ask(*s);
        close(*s);
        settle();
        QCOMPARE(p.requests, 1);
        askToo(*s);
        QCOMPARE(result(), "1, throws logic_error");
        s.reset();
        QCOMPARE(InstanceCounter::count(), 1);
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void dumped()
    {
        auto s = amass(vectorOf(now(1), val(a, 2)));
        ask(s);
        QVERIFY(dumpTasks().contains("amass"));
        ask(s);
        QVERIFY(!dumpTasks().contains("amass")); // but below C
        open(a);
        QCOMPARE(result(), "1, 2");
        QCOMPARE(dumpTasks(), QString());
    }

    void AD_ACLOSE_01()
    {
        auto s = amass(vectorOf(now(1), slow(b, h, &p)));
        const auto uses = [&]() -> Task<> { co_await s.next(); };
        const auto cleans = [&]() -> Task<> { co_await s.close(); };
        C = scope->spawn(caller(log, withCleanup(uses, cleans)));
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "value");
    }

    void AD_ACLOSE_02()
    {
        auto s = amass(vectorOf(now(1), slow(b, h, &p)));
        const auto uses = [&]() -> Task<> {
            co_await s.next();
            co_await waitForever();
        };
        const auto cleans = [&]() -> Task<> { co_await s.close(); };
        C = scope->spawn(caller(log, withCleanup(uses, cleans)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QVERIFY(!C.isFinished());
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_ACLOSE_05()
    {
        auto s = amass(vectorOf(now(1), dirty(b, "E2")));
        const auto uses = [&]() -> Task<> {
            co_await s.next();
            throw E("E1");
        };
        const auto cleans = [&]() -> Task<> { co_await s.close(); };
        C = scope->spawn(caller(log, withCleanup(uses, cleans)));
        settle();
        QCOMPARE(result(), "throws group [E1, E2]");
    }
};

QTEST_GUILESS_MAIN(TestAmass)
#include "tst_amass.moc"
