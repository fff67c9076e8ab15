// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/reduce.h>

using namespace Words;

namespace {

int minus(int a, int x)
{
    return a - x;
}

Stream<int> numbers(std::vector<int> items)
{
    for (const int item : items)
        co_yield item;
}

using Pointer = std::unique_ptr<int>;

Stream<Pointer> pointers()
{
    co_yield std::make_unique<int>(1);
    co_yield std::make_unique<int>(2);
}

} // namespace

class TestReduce : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_REDUCE_01()
    {
        start(reduce(minus, numbers({10, 1, 2})));
        QCOMPARE(result(), "7");
    }

    void AD_REDUCE_02()
    {
        start(reduce(minus, numbers({10, 1, 2}), 100));
        QCOMPARE(result(), "87");
    }

    void AD_REDUCE_03()
    {
        start(reduce(minus, numbers({}), 5));
        QCOMPARE(result(), "5");
        start(reduce(minus, numbers({})));
        QCOMPARE(result(), "throws logic_error");
        const auto tries = [&]() -> Task<> {
            try {
                co_await reduce(minus, numbers({}));
            } catch (const std::invalid_argument &error) {
                log << QString::fromUtf8(error.what());
            }
        };
        scope->spawn(tries);
        QVERIFY(result().contains("the stream is empty"));
    }

    void AD_REDUCE_04()
    {
        int calls = 0;
        start(reduce(
            [&](int x, int) {
                ++calls;
                return x;
            },
            upTo(1)));
        QCOMPARE(result(), "1");
        QCOMPARE(calls, 0);
    }

    void AD_REDUCE_05()
    {
        auto source = upTo(9);
        start(reduce([](int, int) -> int { throw E(); }, source));
        QCOMPARE(result(), "throws E");
        ask(source);
        QCOMPARE(result(), "3");
    }

    void AD_REDUCE_06()
    {
        start(reduce(minus, upToThen(2, nowErr())));
        QCOMPARE(result(), "throws E");
        cancel(C);
        log.take();
        start(reduce(minus, upToThen(2, val(g, 1))));
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void STREAMS_REDUCE_N1()
    {
        start(reduce([](QString text, Pointer item) { return text + QString::number(*item); }, pointers(),
                     QStringLiteral("x")));
        QCOMPARE(result(), "x12");
        start(reduce([](Pointer sum, Pointer item) { return std::make_unique<int>(*sum + *item); }, pointers()));
        QCOMPARE(result(), "*3");
        start(reduce([](Pointer sum, Pointer item) { return std::make_unique<int>(*sum + *item); }, pointers(),
                     std::make_unique<int>(10)));
        QCOMPARE(result(), "*13");
    }

    void STREAMS_REDUCE_N2()
    {
        auto own = std::make_unique<TaskScope>();
        own->spawn(reduce([](InstanceCounter sum, int) { return sum; }, upToThen(2, val(g, 1)), InstanceCounter()));
        QVERIFY(InstanceCounter::count() > 0);
        own.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }
};

QTEST_GUILESS_MAIN(TestReduce)
#include "tst_reduce.moc"
