// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Every function that gives or takes a stream, with its owner destroyed before each thing that happens.

#include "ownersweep.h"
#include "sender.h"
#include "streamstest.h"

#include <CoDrive/core/unhandled.h>
#include <CoDrive/streams/amass.h>
#include <CoDrive/streams/buffered.h>
#include <CoDrive/streams/collect.h>
#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/merge.h>
#include <CoDrive/streams/queuestream.h>
#include <CoDrive/streams/reduce.h>
#include <CoDrive/streams/repeatperiodically.h>
#include <CoDrive/streams/shieldeach.h>
#include <CoDrive/streams/signalstream.h>
#include <CoDrive/streams/tostream.h>
#include <CoDrive/streams/yieldeach.h>
#include <CoDrive/streams/zipconcurrently.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/timeout.h>

#include <functional>

using namespace Words;

namespace {

Task<int> works(int value)
{
    const InstanceCounter alive;
    co_await sleepFor(value * U);
    co_await yieldNow();
    co_return value;
}

Stream<int> numbers(int count)
{
    const InstanceCounter alive;
    for (int i = 1; i <= count; ++i) {
        co_await sleepFor(U);
        co_yield int(i);
    }
}

Stream<int> failing()
{
    const InstanceCounter alive;
    co_await sleepFor(U);
    co_yield 1;
    co_await sleepFor(U);
    throw E();
}

/// Takes all items; an error ends it.
template<typename T>
Task<> takesAll(Stream<T> stream)
{
    const InstanceCounter alive;
    for (;;) {
        const std::optional<T> item = co_await stream.next();
        if (!item)
            break;
    }
}

/// Takes one item, waits, leaves a second ask, closes.
template<typename T>
Task<> takesSome(Stream<T> stream)
{
    const InstanceCounter alive;
    co_await stream.next();
    co_await sleepFor(U);
    co_await moveOnAfter(U / 2, stream.next());
    co_await stream.close();
}

Task<> collects()
{
    co_await collect(numbers(3));
}

Task<> reduces()
{
    co_await reduce(std::plus<>(), numbers(3), 0);
}

Task<> feeds(Queue<int> &queue)
{
    const InstanceCounter alive;
    for (int i = 0; i < 3; ++i) {
        co_await sleepFor(U);
        co_await queue.put(int(i));
    }
    queue.close();
}

Task<> sharesAQueue()
{
    const InstanceCounter alive;
    Queue<int> queue(1);
    co_await gather(feeds(queue), takesAll(toStream(queue)), takesAll(toStream(queue)));
}

Task<> emits(std::unique_ptr<S> sender)
{
    const InstanceCounter alive;
    for (int i = 0; i < 3; ++i) {
        co_await sleepFor(U);
        Q_EMIT sender->one(i);
    }
}

Task<> listens()
{
    const InstanceCounter alive;
    auto sender = std::make_unique<S>();
    auto stream = signalStream(sender.get(), &S::one);
    co_await gather(takesAll(std::move(stream)), emits(std::move(sender)));
}

Task<> repeats()
{
    const InstanceCounter alive;
    auto ticks = repeatPeriodically(U);
    for (int i = 0; i < 4; ++i)
        co_await ticks.next();
}

using Scenario = std::function<Task<>()>;

} // namespace

Q_DECLARE_METATYPE(Scenario)

class TestOwnerSweep : public QObject
{
    Q_OBJECT

private:
    template<typename Make>
    static void add(const char *name, Make make)
    {
        QTest::newRow(name) << Scenario([make] { return takesAll(make()); });
        const QByteArray some = QByteArray(name) + ", closed";
        QTest::newRow(some.constData()) << Scenario([make] { return takesSome(make()); });
    }

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        setUnhandledErrorHandler([](std::exception_ptr, const TaskInfo &) { });
    }
    void cleanup()
    {
        QCOMPARE(leftBehind(), QString());
        setUnhandledErrorHandler({});
    }

    void destroyed_data()
    {
        QTest::addColumn<Scenario>("scenario");
        add("coroutine", [] { return numbers(3); });
        add("coroutine with an error", [] { return failing(); });
        add("range", [] { return yieldEach(toStream(std::vector<int>{1, 2, 3})); });
        add("amass", [] { return amass(vectorOf(works(1), works(2), works(3))); });
        add("amass with limit", [] { return amass(vectorOf(works(2), works(1), works(3)), {.maxConcurrent = 2}); });
        add("asCompleted", [] { return asCompleted(vectorOf(works(1), works(2))); });
        add("buffered", [] { return buffered(numbers(4), 2); });
        add("buffered with an error", [] { return buffered(failing(), 2); });
        add("merge", [] { return merge(numbers(2), numbers(3)); });
        add("merge with an error", [] { return merge(failing(), numbers(9)); });
        add("zipConcurrently", [] { return zipConcurrently(numbers(2), numbers(3)); });
        add("zipConcurrently with an error", [] { return zipConcurrently(failing(), numbers(3)); });
        add("mapConcurrently", [] { return mapConcurrently(works, numbers(3), {.maxConcurrent = 2}); });
        add("mapConcurrently with an error", [] { return mapConcurrently(works, failing(), {.ordered = false}); });
        add("mapConcurrently of a range", [] { return mapConcurrently(works, std::vector<int>{3, 1, 2}); });
        add("shieldEach", [] { return shieldEach(numbers(3)); });
        add("shieldEach with an error", [] { return shieldEach(failing()); });
        add("yieldEach", [] { return yieldEach(numbers(2)); });
        add("one in the other", [] {
            return buffered(merge(mapConcurrently(works, numbers(2)), shieldEach(numbers(2))), 2);
        });
        QTest::newRow("collect") << Scenario(collects);
        QTest::newRow("reduce") << Scenario(reduces);
        QTest::newRow("queue") << Scenario(sharesAQueue);
        QTest::newRow("signalStream") << Scenario(listens);
        QTest::newRow("repeatPeriodically") << Scenario(repeats);
    }
    void destroyed()
    {
        QFETCH(const Scenario, scenario);
        const int runs = sweepOwner([&](TaskScope &scope) { scope.spawn(scenario()); });
        QVERIFY2(runs > 3, qPrintable(QString::number(runs)));
    }
};

QTEST_GUILESS_MAIN(TestOwnerSweep)
#include "tst_ownersweep.moc"
