// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"
#include "allocations.h"

#include <CoDrive/streams/collect.h>
#include <CoDrive/streams/reduce.h>

using namespace Words;

class TestCollect : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_COLLECT_01()
    {
        start(collect(upTo(3)));
        QCOMPARE(result(), "[1, 2, 3]");
        start(collect(upTo(0)));
        QCOMPARE(result(), "[]");
    }

    void AD_COLLECT_02()
    {
        auto source = upToThen(1, nowErr());
        start(collect(source));
        QCOMPARE(result(), "throws E");
    }

    void AD_COLLECT_03()
    {
        auto source = upToThen(1, val(g, 2));
        start(collect(source));
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_COLLECT_04()
    {
        start(collect(upToThen(1, absorb(g, h, 7))));
        cancel(C);
        open(h);
        QCOMPARE(result(), "[1, 7]");
    }

    void STREAMS_COLLECT_N1()
    {
        const auto pointers = []() -> Stream<std::unique_ptr<int>> {
            co_yield std::make_unique<int>(1);
            co_yield std::make_unique<int>(2);
        };
        start(collect(pointers()));
        QCOMPARE(result(), "[*1, *2]");
        if (!canCountAllocations)
            return;
        qint64 made[2] = {};
        for (const int i : {0, 1}) {
            std::vector<int> numbers(i == 0 ? 10 : 1000);
            const auto counts = [&]() -> Task<> {
                auto stream = toStream(std::move(numbers));
                const AllocationCount count;
                co_await collect(std::move(stream));
                made[i] = count.made();
            };
            scope->spawn(counts);
        }
        QVERIFY(made[0] > 0);
        QCOMPARE(made[0], made[1]);
    }

    void STREAMS_COLLECT_N2()
    {
        auto own = std::make_unique<TaskScope>();
        const auto counted = [](Event &gate) -> Stream<InstanceCounter> {
            co_yield InstanceCounter();
            co_yield InstanceCounter();
            const InstanceCounter alive;
            co_await gate.wait();
        };
        own->spawn(collect(counted(g)));
        QVERIFY(InstanceCounter::count() >= 3);
        own.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_NOTE_07()
    {
        auto source = upTo(9);
        start(reduce([](int x, int y) { return y == 2 ? throw E() : x + y; }, source));
        QCOMPARE(result(), "throws E");
        ask(source);
        QCOMPARE(result(), "3");
    }
};

QTEST_GUILESS_MAIN(TestCollect)
#include "tst_collect.moc"
