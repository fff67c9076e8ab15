// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/tostream.h>

#include <algorithm>
#include <ranges>

using namespace Words;

namespace {

/// Gates, probes and mappers by item.
struct Mapping
{
    Event gates[10];
    Event cleanUps[10];
    Probe probes[10];
    int running = 0;
    int mostRunning = 0;
    QStringList entered;
};

class Counted
{
public:
    explicit Counted(Mapping &mapping)
        : m_mapping(mapping)
    {
        m_mapping.mostRunning = std::max(m_mapping.mostRunning, ++m_mapping.running);
    }
    Counted(Counted &&) = delete;
    ~Counted() { --m_mapping.running; }

private:
    Mapping &m_mapping;
};

} // namespace

class TestMapConcurrently : public QObject, private StreamsTest
{
    Q_OBJECT

private:
    std::unique_ptr<Mapping> m;

    Task<int> times10(int i)
    {
        const Counted counted(*m);
        m->entered << QString::number(i);
        co_await m->gates[i].wait();
        co_return 10 * i;
    }
    auto mapper()
    {
        return [this](int i) { return times10(i); };
    }
    /// Slow, except for some.
    auto slowMapper(int failing = -1)
    {
        return [this, failing](int i) {
            if (i == failing)
                return err(m->gates[i]);
            return slow(m->gates[i], m->cleanUps[i], &m->probes[i]);
        };
    }
    std::vector<int> items(int count)
    {
        std::vector<int> all;
        for (int i = 1; i <= count; ++i)
            all.push_back(i);
        return all;
    }
    void openGates(const std::vector<int> &order)
    {
        for (const int i : order)
            open(m->gates[i]);
    }

private Q_SLOTS:
    void init()
    {
        begin();
        m = std::make_unique<Mapping>();
    }
    void cleanup()
    {
        QCOMPARE(end(), QString());
        m.reset();
    }

    void AD_MAP_01()
    {
        auto s = mapConcurrently(mapper(), items(3));
        askAll(s);
        openGates({3, 1, 2});
        QCOMPARE(result(), "10, 20, 30, end");
    }

    void AD_MAP_02()
    {
        auto s = mapConcurrently(mapper(), items(3), {.ordered = false});
        askAll(s);
        openGates({3, 1, 2});
        QCOMPARE(result(), "30, 10, 20, end");
    }

    void AD_MAP_03()
    {
        auto s = mapConcurrently(mapper(), items(3));
        ask(s);
        QCOMPARE(m->entered, QStringList({"1", "2", "3"}));
    }

    void AD_MAP_04()
    {
        int given = 0;
        auto source = counting(given);
        {
            const InstanceCounter alive;
            const auto mapping = [this, alive](int i) { return times10(i); };
            auto s = mapConcurrently(mapping, source);
            QCOMPARE(InstanceCounter::count(), 3);
        }
        QCOMPARE(given, 0);
        QVERIFY(m->entered.isEmpty());
    }

    void AD_MAP_05()
    {
        auto s = mapConcurrently(mapper(), items(3), {.maxConcurrent = 1});
        askAll(s);
        openGates({3, 2, 1});
        QCOMPARE(result(), "10, 20, 30, end");
        QCOMPARE(m->mostRunning, 1);
    }

    void AD_MAP_06()
    {
        auto s = mapConcurrently(mapper(), items(5), {.maxConcurrent = 2});
        ask(s);
        open(m->gates[1]);
        QCOMPARE(result(), "10");
        QCOMPARE(m->entered, QStringList({"1", "2", "3"}));
        askAll(s);
        openGates({5, 4, 3, 2});
        QCOMPARE(result(), "20, 30, 40, 50, end");
        QCOMPARE(m->mostRunning, 2);
    }

    void AD_MAP_07()
    {
        auto s = mapConcurrently(mapper(), items(2), {.maxConcurrent = 2});
        askAll(s);
        openGates({1, 2});
        QCOMPARE(result(), "10, 20, end");
    }

    void AD_MAP_08()
    {
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument,
                                 (void)mapConcurrently(mapper(), items(2), {.maxConcurrent = 0}));
    }

    void AD_MAP_09() { empty({}); }
    void AD_MAP_10() { empty({.ordered = false}); }

    void AD_MAP_11()
    {
        auto s = mapConcurrently([](int i) { return now(10 * i); }, upToThen(1, slow(g, h)), {.ordered = false});
        askAll(s);
        open(g);
        QCOMPARE(result(), "10, 10, end");
    }

    void AD_MAP_12()
    {
        auto s = mapConcurrently(mapper(), upTo(2), {.ordered = false});
        askAll(s);
        openGates({2, 1});
        QCOMPARE(result(), "20, 10, end");
    }

    void AD_MAP_13()
    {
        int asked = 0;
        const auto source = [&]() -> Stream<int> {
            for (int i = 1; i <= 2; ++i) {
                ++asked;
                co_await m->gates[i].wait();
                co_yield i;
            }
            ++asked;
        };
        auto s = mapConcurrently([](int i) { return now(10 * i); }, source());
        askAll(s);
        QCOMPARE(asked, 1);
        openGates({1, 2});
        QCOMPARE(result(), "10, 20, end");
        QCOMPARE(asked, 3);
        ask(s);
        QCOMPARE(asked, 3);
    }

    void AD_MAP_14()
    {
        auto s = mapConcurrently(slowMapper(2), items(3));
        askAll(s);
        open(m->gates[2]);
        QCOMPARE(m->probes[1].requests, 1);
        QCOMPARE(m->probes[3].requests, 1);
        open(m->cleanUps[1]);
        QCOMPARE(result(), "pending");
        open(m->cleanUps[3]);
        QCOMPARE(result(), "throws E, end");
    }

    void AD_MAP_15()
    {
        auto s = mapConcurrently([&](int i) { return i == 1 ? err(a, "E1") : dirty(b, "E2"); }, items(2));
        askAll(s);
        open(a);
        QCOMPARE(result(), "throws group [E1, E2], end");
    }

    void AD_MAP_16()
    {
        auto s = mapConcurrently(
            [&](int i) {
                if (i < 2)
                    return now(10 * i);
                return i == 2 ? err(a) : slow(b, h, &p);
            },
            std::vector<int>{0, 1, 2, 3});
        ask(s);
        QCOMPARE(result(), "0");
        open(a);
        QCOMPARE(p.requests, 1);
        ask(s);
        QCOMPARE(result(), "10");
        askAll(s);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E, end");
        a.clear();
        auto t = mapConcurrently([&](int i) { return i == 2 ? err(a) : now(10 * i); }, items(3));
        ask(t);
        open(a);
        askAll(t);
        QCOMPARE(result(), "10, throws E, end");
    }

    void AD_MAP_17()
    {
        auto s = mapConcurrently(slowMapper(), upToThen(2, err(a)));
        askAll(s);
        open(a);
        QCOMPARE(m->probes[1].requests, 1);
        QCOMPARE(m->probes[2].requests, 1);
        open(m->cleanUps[1]);
        QCOMPARE(result(), "pending");
        open(m->cleanUps[2]);
        QCOMPARE(result(), "throws E, end");
    }

    void AD_MAP_18()
    {
        int given = 0;
        auto source = counting(given);
        auto s = mapConcurrently(
            [&](int i) {
                if (i == 1)
                    return now(10);
                return slow(m->gates[i], m->cleanUps[i], &m->probes[i]);
            },
            source, {.maxConcurrent = 2});
        ask(s);
        settle();
        QCOMPARE(result(), "10");
        close(s);
        settle();
        QCOMPARE(m->probes[2].requests + m->probes[3].requests, 2);
        open(m->cleanUps[2]);
        QCOMPARE(result(), "pending");
        open(m->cleanUps[3]);
        QCOMPARE(result(), "closed");
        ask(source);
        QCOMPARE(result(), "4");
    }

    void AD_MAP_19()
    {
        auto s = mapConcurrently([&](int i) { return i == 1 ? now(10) : dirty(a); }, items(2));
        ask(s);
        QCOMPARE(result(), "10");
        close(s);
        settle();
        QCOMPARE(result(), "throws E");
    }

    void AD_MAP_20()
    {
        auto s = mapConcurrently(slowMapper(), upToThen(2, slow(g, h, &p)));
        ask(s);
        cancel(C);
        QCOMPARE(m->probes[1].requests, 1);
        QCOMPARE(m->probes[2].requests, 1);
        QCOMPARE(p.requests, 1);
        open(m->cleanUps[1]);
        open(m->cleanUps[2]);
        QVERIFY(!C.isFinished());
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void AD_MAP_21()
    {
        auto s = mapConcurrently(slowMapper(), upToThen(2, slow(g, h, &p)));
        ask(s);
        cancel(C);
        cancel(C);
        QCOMPARE(m->probes[1].requests, 2);
        QCOMPARE(m->probes[2].requests, 2);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_MAP_22()
    {
        auto s = mapConcurrently(mapper(), items(3));
        QCOMPARE(s.size(), std::optional<std::size_t>(3));
        auto t = mapConcurrently(mapper(), toStream(items(2)));
        QCOMPARE(t.size(), std::optional<std::size_t>(2));
    }

    void AD_NOTE_11()
    {
        auto s = mapConcurrently([](int i) { return now(10 * i); }, upTo(2));
        QVERIFY(!s.size());
        askAll(s);
        QCOMPARE(result(), "10, 20, end");
    }

    void AD_MAP_23()
    {
        auto s = mapConcurrently([](int i) { return now(i); }, std::views::iota(0, 100'000));
        int next = 0;
        const auto reads = [&]() -> Task<> {
            QCORO_FOREACH(const int item, s)
                next += item == next ? 1 : 0;
        };
        scope->spawn(reads);
        settle();
        QCOMPARE(next, 100'000);
    }

    void AD_MAPC_01()
    {
        auto s = mapConcurrently(mapper(), upTo(5));
        askAll(s);
        QCOMPARE(m->running, 5);
        openGates({5, 4, 3, 2, 1});
        QCOMPARE(result(), "10, 20, 30, 40, 50, end");
    }

    void STREAMS_MAP_N1()
    {
        auto s = std::make_unique<Stream<int>>(mapConcurrently(slowMapper(), upToThen(2, slow(g, h))));
        ask(*s);
        s.reset();
        QCOMPARE(InstanceCounter::count(), 1);
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void STREAMS_MAP_N2()
    {
        std::unique_ptr<Stream<int>> s;
        const auto resets = [&](int i) -> Task<int> {
            const InstanceCounter alive;
            co_await m->gates[i].wait();
            if (i == 1) {
                s.reset();
                log << QStringLiteral("behind");
            }
            co_await waitForever();
            log << QStringLiteral("passed");
            co_return i;
        };
        s = std::make_unique<Stream<int>>(mapConcurrently(resets, items(2)));
        ask(*s);
        open(m->gates[1]);
        QCOMPARE(result(), "behind, throws ObjectDestroyed");
        // In its first segment, started by the feeder.
        s = std::make_unique<Stream<int>>(mapConcurrently(resets, items(2)));
        ask(*s);
        settle();
        QCOMPARE(result(), "behind, throws ObjectDestroyed");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void STREAMS_MAP_N3()
    {
        auto s = mapConcurrently(
            [&](int i) {
                if (i == 2)
                    throw E();
                return slow(a, h, &p);
            },
            items(3));
        askAll(s);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E, end");
        auto t = mapConcurrently([](int) { return nowErr(); }, items(2));
        askAll(t);
        QCOMPARE(result(), "throws E, end");
    }

    void STREAMS_MAP_N4()
    {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
        QSKIP("A");
#else
        std::vector<std::unique_ptr<int>> pointers;
        pointers.push_back(std::make_unique<int>(1));
        auto s = mapConcurrently(
            [captured = InstanceCounter(), this](std::unique_ptr<int> item) -> Task<std::unique_ptr<int>> {
                co_await a.wait();
                log << QString::number(InstanceCounter::count() > 1);
                co_return std::move(item);
            },
            std::move(pointers));
        ask(s);
        open(a);
        QCOMPARE(result(), "1, *1");
#endif
    }

    void STREAMS_MAP_N5()
    {
        auto s = mapConcurrently(mapper(), items(1));
        ask(s);
        m->gates[1].set();
        cancel(C);
        QCOMPARE(result(), "10 kept");
    }

    void STREAMS_MAP_N6()
    {
        auto s = mapConcurrently(slowMapper(2), items(3));
        ask(s);
        open(m->gates[2]);
        cancel(C);
        QCOMPARE(m->probes[1].requests, 1);
        QCOMPARE(m->probes[3].requests, 1);
        open(m->cleanUps[1]);
        open(m->cleanUps[3]);
        QCOMPARE(result(), "throws E kept");
    }

    // S5: the end is what the call needs, too; but not when a result of an item is missing.
    void inputEndsWhenCancelled()
    {
        const auto absorbing = [](Event &gate) -> Stream<int> {
            co_yield 1;
            [[maybe_unused]] const auto outcome = co_await attempt(gate.wait());
        };
        for (const bool isOrdered : {true, false}) {
            auto s = mapConcurrently([](int i) { return now(10 * i); }, absorbing(g), {.ordered = isOrdered});
            ask(s);
            QCOMPARE(result(), "10");
            ask(s);
            cancel(C);
            QCOMPARE(result(), "end kept");
            auto t = mapConcurrently([&](int) { return val(a, 1); }, absorbing(g), {.ordered = isOrdered});
            ask(t);
            cancel(C);
            QCOMPARE(result(), "cancelled");
        }
    }

    void STREAMS_STREAM_N15()
    {
        collectUnhandled();
        {
            auto s = mapConcurrently([&](int i) { return i == 1 ? now(1) : err(a); }, items(2));
            ask(s);
            open(a);
            close(s);
            QCOMPARE(result(), "1, throws E");
        }
        a.clear();
        {
            auto s = mapConcurrently([&](int i) { return i == 1 ? now(1) : err(a); }, items(2));
            ask(s);
            open(a);
        }
        settle();
        QCOMPARE(unhandled, QStringList({"E"}));
    }

    void AD_NOTE_07()
    {
        int given = 0;
        auto source = counting(given);
        auto s = mapConcurrently([](int i) { return i == 2 ? nowErr() : now(i); }, source, {.maxConcurrent = 1});
        askAll(s);
        settle();
        QCOMPARE(result(), "1, throws E, end");
        ask(source);
        QCOMPARE(result(), "3");
    }

private:
    void empty(MapOptions options)
    {
        auto s = mapConcurrently(mapper(), items(0), options);
        ask(s);
        QCOMPARE(result(), "end");
        auto t = mapConcurrently(mapper(), upTo(0), options);
        ask(t);
        QCOMPARE(result(), "end");
    }
};

QTEST_GUILESS_MAIN(TestMapConcurrently)
#include "tst_mapconcurrently.moc"
