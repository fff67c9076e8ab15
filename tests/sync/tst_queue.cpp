// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "allocations.h"
#include "synctest.h"

#include <CoDrive/sync/queue.h>

#include <functional>
#include <utility>

using namespace Words;

namespace {

using IntQueue = Queue<int>;

/// Move-only, not made by default, counted.
class Parcel
{
public:
    explicit Parcel(int value)
        : m_value(std::make_unique<int>(value))
    {
    }
    int value() const { return *m_value; }

private:
    InstanceCounter m_counter;
    std::unique_ptr<int> m_value;
};

int valueOf(int item)
{
    return item;
}

int valueOf(const Parcel &item)
{
    return item.value();
}

template<typename T>
Task<> gets(EventLog &log, Queue<T> &queue, QString name)
{
    const InstanceCounter alive;
    try {
        const T item = co_await queue.get();
        log << QStringLiteral("%1 gets %2").arg(name).arg(valueOf(item));
    } catch (const QueueClosed &) {
        log << name + " closed";
    } catch (const ObjectDestroyed &) {
        log << name + " destroyed";
    }
    co_await yieldNow();
}

template<typename T>
Task<> puts(EventLog &log, Queue<T> &queue, QString name, T item)
{
    const InstanceCounter alive;
    try {
        co_await queue.put(std::move(item));
        log << name + " put";
    } catch (const QueueClosed &) {
        log << name + " closed";
    } catch (const ObjectDestroyed &) {
        log << name + " destroyed";
    }
    co_await yieldNow();
}

/// An item that is copied where others are moved, which may throw.
class Fragile
{
public:
    explicit Fragile(int number)
        : value(number)
    {
    }
    Fragile(const Fragile &other)
        : value(other.value)
    {
        if (value == broken)
            throw E("broken");
    }
    static inline int broken = 0;
    const int value;
};

Task<int> getOnly(Queue<Fragile> &queue)
{
    const Fragile item = co_await queue.get();
    co_return item.value;
}

/// Calls a function when it dies.
class Caller
{
public:
    explicit Caller(std::function<void()> call)
        : m_call(std::move(call))
    {
    }
    Caller(Caller &&other) noexcept
        : m_call(std::exchange(other.m_call, {}))
    {
    }
    ~Caller()
    {
        if (m_call)
            m_call();
    }

private:
    std::function<void()> m_call;
};

struct Numbered
{
    int producer;
    int number;
};

} // namespace

class TestQueue : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void storesInOrder()
    {
        IntQueue queue;
        for (int i = 0; i < 100; ++i)
            QVERIFY(queue.tryPut(i));
        QCOMPARE(queue.size(), 100);
        for (int i = 0; i < 100; ++i)
            QCOMPARE(queue.tryGet(), std::optional<int>(i));
        QCOMPARE(queue.tryGet(), std::nullopt);
        QCOMPARE(queue.size(), 0);
    }

    void getAndPutDoNotSuspendWhenTheyNeedNot()
    {
        IntQueue queue(1);
        scope->spawn(puts(log, queue, "A", 1));
        QCOMPARE(logged(), "A put");
        scope->spawn(gets(log, queue, "B"));
        QCOMPARE(logged(), "B gets 1");
    }

    void tryPutLeavesWhatHasNoRoom()
    {
        Queue<std::unique_ptr<int>> queue(1);
        auto item = std::make_unique<int>(1);
        QVERIFY(queue.tryPut(std::move(item)));
        item = std::make_unique<int>(2);
        QVERIFY(!queue.tryPut(std::move(item)));
        QVERIFY(item);
        queue.close();
        QVERIFY(queue.tryGet().has_value());
        QVERIFY(!queue.tryPut(std::move(item)));
        QCOMPARE(*item, 2);
    }

    void SYNC_QUEUE_N2()
    {
        IntQueue queue;
        scope->spawn(gets(log, queue, "A"));
        scope->spawn(gets(log, queue, "B"));
        QVERIFY(queue.tryPut(1));
        QVERIFY(queue.tryPut(2));
        QCOMPARE(queue.size(), 0);
        auto C = scope->spawn(gets(log, queue, "C"));
        QCOMPARE(queue.tryGet(), std::nullopt);
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A gets 1, B gets 2");
        QVERIFY(!C.isFinished());
    }

    void SYNC_QUEUE_N3()
    {
        IntQueue queue;
        scope->spawn(gets(log, queue, "A"));
        const auto putting = [&]() -> Task<> {
            co_await a.wait();
            co_await queue.put(1);
            log << "behind";
        };
        scope->spawn(putting);
        open(a);
        QCOMPARE(logged(), "behind, A gets 1");
    }

    void SYNC_QUEUE_N4()
    {
        IntQueue queue(2);
        QVERIFY(queue.tryPut(1));
        QVERIFY(queue.tryPut(2));
        QVERIFY(!queue.tryPut(7));
        scope->spawn(puts(log, queue, "A", 3));
        settle();
        QCOMPARE(logged(), "");
        QCOMPARE(queue.tryGet(), std::optional<int>(1));
        QCOMPARE(queue.size(), 2);
        QVERIFY(!queue.tryPut(7));
        settle();
        QCOMPARE(logged(), "A put");
        scope->spawn(gets(log, queue, "B"));
        scope->spawn(gets(log, queue, "C"));
        QCOMPARE(logged(), "B gets 2, C gets 3");
    }

    void SYNC_QUEUE_N4_byAWaitingPut()
    {
        IntQueue queue(1);
        QVERIFY(queue.tryPut(1));
        scope->spawn(puts(log, queue, "A", 2));
        scope->spawn(puts(log, queue, "B", 3));
        scope->spawn(gets(log, queue, "C"));
        QCOMPARE(logged(), "C gets 1");
        settle();
        QCOMPARE(logged(), "A put");
        QCOMPARE(queue.tryGet(), std::optional<int>(2));
        settle();
        QCOMPARE(logged(), "B put");
    }

    void SYNC_QUEUE_N7()
    {
        IntQueue queue;
        auto A = scope->spawn(gets(log, queue, "A"));
        scope->spawn(gets(log, queue, "B"));
        cancel(A);
        QVERIFY(A.isCancelled());
        QVERIFY(queue.tryPut(1));
        settle();
        QCOMPARE(logged(), "B gets 1");
    }

    // CORE-L7-N1 is the same case.
    void SYNC_QUEUE_N8()
    {
        IntQueue queue;
        auto A = scope->spawn(gets(log, queue, "A"));
        QVERIFY(queue.tryPut(1));
        A.cancel();
        settle();
        QCOMPARE(logged(), "A gets 1");
        QVERIFY(A.isCancelled());
        QCOMPARE(queue.size(), 0);
    }

    void SYNC_QUEUE_N9()
    {
        IntQueue queue;
        other->spawn(gets(log, queue, "A"));
        QVERIFY(queue.tryPut(1));
        QVERIFY(queue.tryPut(2));
        QCOMPARE(queue.size(), 1);
        other.reset();
        QCOMPARE(queue.size(), 2);
        scope->spawn(gets(log, queue, "C"));
        scope->spawn(gets(log, queue, "D"));
        QCOMPARE(logged(), "C gets 1, D gets 2");
    }

    void SYNC_QUEUE_N9_withBWaiting()
    {
        IntQueue queue;
        other->spawn(gets(log, queue, "A"));
        scope->spawn(gets(log, queue, "B"));
        QVERIFY(queue.tryPut(1));
        other.reset();
        settle();
        QCOMPARE(logged(), "B gets 1");
    }

    void SYNC_QUEUE_N9_keepsTheOrderAmongSeveral()
    {
        IntQueue queue;
        other->spawn(gets(log, queue, "A"));
        scope->spawn(gets(log, queue, "B"));
        scope->spawn(gets(log, queue, "C"));
        for (int i = 1; i <= 3; ++i)
            QVERIFY(queue.tryPut(i));
        other.reset();
        settle();
        QCOMPARE(logged(), "B gets 1, C gets 2");
        QCOMPARE(queue.tryGet(), std::optional<int>(3));
    }

    void SYNC_QUEUE_N9_itsPlaceIsFullAgain()
    {
        IntQueue queue(1);
        other->spawn(gets(log, queue, "A"));
        QVERIFY(queue.tryPut(1));
        QVERIFY(queue.tryPut(2));
        scope->spawn(puts(log, queue, "B", 3));
        other.reset();
        QCOMPARE(queue.size(), 2);
        QCOMPARE(queue.tryGet(), std::optional<int>(1));
        settle();
        QCOMPARE(logged(), "");
        QCOMPARE(queue.tryGet(), std::optional<int>(2));
        settle();
        QCOMPARE(logged(), "B put");
        QCOMPARE(queue.tryGet(), std::optional<int>(3));
    }

    void SYNC_QUEUE_N10()
    {
        Queue<Parcel> queue(1);
        QVERIFY(queue.tryPut(Parcel(1)));
        auto A = scope->spawn(puts(log, queue, "A", Parcel(2)));
        scope->spawn(puts(log, queue, "B", Parcel(3)));
        const int before = InstanceCounter::count();
        cancel(A);
        QVERIFY(A.isCancelled());
        // The frame's own counter, the argument, the item.
        QCOMPARE(InstanceCounter::count(), before - 3);
        for (int i = 0; i < 2; ++i) {
            scope->spawn(gets(log, queue, "C"));
            settle();
        }
        QCOMPARE(logged(), "C gets 1, B put, C gets 3");
        QCOMPARE(queue.size(), 0);
    }

    void SYNC_QUEUE_N10_anItemThatTakesFromTheQueueWhenItDies()
    {
        Queue<Caller> queue(1);
        QVERIFY(queue.tryPut(Caller({})));
        bool hasTaken = false;
        other->spawn([&]() -> Task<> {
            co_await queue.put(Caller([&] { hasTaken = queue.tryGet().has_value(); }));
        });
        other.reset();
        QVERIFY(hasTaken);
        QCOMPARE(queue.size(), 0);
    }

    void SYNC_QUEUE_N11()
    {
        IntQueue queue(1);
        QVERIFY(queue.tryPut(1));
        auto A = scope->spawn(puts(log, queue, "A", 2));
        QCOMPARE(queue.tryGet(), std::optional<int>(1));
        A.cancel();
        settle();
        QCOMPARE(logged(), "A put");
        QVERIFY(A.isCancelled());
        QCOMPARE(queue.tryGet(), std::optional<int>(2));
        QCOMPARE(queue.tryGet(), std::nullopt);
    }

    void SYNC_QUEUE_N11_destroyed()
    {
        IntQueue queue(1);
        QVERIFY(queue.tryPut(1));
        other->spawn(puts(log, queue, "A", 2));
        QCOMPARE(queue.tryGet(), std::optional<int>(1));
        other.reset();
        settle();
        QCOMPARE(logged(), "");
        QCOMPARE(queue.tryGet(), std::optional<int>(2));
        QCOMPARE(queue.tryGet(), std::nullopt);
    }

    void SYNC_QUEUE_N12()
    {
        IntQueue queue;
        QVERIFY(queue.tryPut(1));
        QVERIFY(queue.tryPut(2));
        QVERIFY(!queue.isClosed());
        queue.close();
        queue.close();
        QVERIFY(queue.isClosed());
        for (const char *name : {"A", "B", "C"})
            scope->spawn(gets(log, queue, name));
        scope->spawn(puts(log, queue, "D", 3));
        QCOMPARE(logged(), "A gets 1, B gets 2, C closed, D closed");
        QVERIFY(!queue.tryPut(3));
        QCOMPARE(queue.size(), 0);
    }

    void SYNC_QUEUE_N13()
    {
        IntQueue queue;
        scope->spawn(gets(log, queue, "A"));
        queue.close();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A closed");
    }

    void SYNC_QUEUE_N13_afterTheHandOver()
    {
        IntQueue queue;
        scope->spawn(gets(log, queue, "A"));
        scope->spawn(gets(log, queue, "B"));
        QVERIFY(queue.tryPut(1));
        queue.close();
        settle();
        QCOMPARE(logged(), "A gets 1, B closed");
    }

    void SYNC_QUEUE_N14()
    {
        IntQueue queue(1);
        QVERIFY(queue.tryPut(1));
        scope->spawn(puts(log, queue, "A", 2));
        queue.close();
        settle();
        QCOMPARE(logged(), "A closed");
        QCOMPARE(queue.tryGet(), std::optional<int>(1));
        QCOMPARE(queue.tryGet(), std::nullopt);
    }

    void SYNC_QUEUE_N17()
    {
        auto queue = std::make_unique<Queue<Parcel>>(1);
        scope->spawn(gets(log, *queue, "A"));
        scope->spawn(gets(log, *queue, "B"));
        queue.reset();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "A destroyed, B destroyed");

        queue = std::make_unique<Queue<Parcel>>(1);
        QVERIFY(queue->tryPut(Parcel(1)));
        scope->spawn(puts(log, *queue, "A", Parcel(2)));
        scope->spawn(puts(log, *queue, "B", Parcel(3)));
        const int before = InstanceCounter::count();
        queue.reset();
        QCOMPARE(InstanceCounter::count(), before - 1);
        settle();
        QCOMPARE(logged(), "A destroyed, B destroyed");
    }

    void SYNC_QUEUE_N17_whatWasHandedOverIsDelivered()
    {
        auto queue = std::make_unique<Queue<Parcel>>();
        other->spawn(gets(log, *queue, "A"));
        scope->spawn(gets(log, *queue, "B"));
        scope->spawn(gets(log, *queue, "C"));
        QVERIFY(queue->tryPut(Parcel(1)));
        QVERIFY(queue->tryPut(Parcel(2)));
        queue.reset();
        other.reset();
        settle();
        QCOMPARE(logged(), "B gets 2, C destroyed");
    }

    void SYNC_QUEUE_N17_aPutThatWasAdmittedReturns()
    {
        auto queue = std::make_unique<IntQueue>(1);
        QVERIFY(queue->tryPut(1));
        scope->spawn(puts(log, *queue, "A", 2));
        QCOMPARE(queue->tryGet(), std::optional<int>(1));
        queue.reset();
        settle();
        QCOMPARE(logged(), "A put");
    }

    void SYNC_QUEUE_N18()
    {
        Queue<Parcel> queue(2);
        for (int i = 1; i <= 3; ++i)
            scope->spawn(puts(log, queue, QString::number(i), Parcel(i)));
        QCOMPARE(logged(), "1 put, 2 put");
        for (const char *name : {"A", "B", "C", "D"})
            scope->spawn(gets(log, queue, name));
        QCOMPARE(logged(), "A gets 1, B gets 2, C gets 3");
        QVERIFY(queue.tryPut(Parcel(4)));
        settle();
        QCOMPARE(logged(), "3 put, D gets 4");
        QVERIFY(!queue.tryGet().has_value());
    }

    void SYNC_QUEUE_N19()
    {
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, IntQueue(0));
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, IntQueue(-1));
    }

    void SYNC_QUEUE_N20_data() { addSeeds(10); }
    void SYNC_QUEUE_N20()
    {
        QFETCH(const quint32, seed);
        constexpr int Producers = 10;
        constexpr int Consumers = 5;
        constexpr int Items = 1'000;
        Dice dice(seed);
        Queue<Numbered> queue(3);
        std::vector<int> next(Producers);
        std::vector<std::vector<int>> returned(Producers);
        std::vector<std::vector<int>> got(Producers);
        int closed = 0;
        int killed = 0;

        const auto produces = [&](int producer) -> Task<> {
            const InstanceCounter alive;
            const auto index = static_cast<std::size_t>(producer);
            while (next[index] < Items) {
                const int number = next[index]++;
                co_await queue.put(Numbered{producer, number});
                returned[index].push_back(number);
                if (dice.roll(8) == 0)
                    co_await yieldNow();
            }
        };
        const auto consumes = [&]() -> Task<> {
            const InstanceCounter alive;
            try {
                for (;;) {
                    const Numbered item = co_await queue.get();
                    got[static_cast<std::size_t>(item.producer)].push_back(item.number);
                    if (dice.roll(8) == 0)
                        co_await yieldNow();
                }
            } catch (const QueueClosed &) {
                ++closed;
            }
        };

        struct Worker
        {
            std::unique_ptr<TaskScope> scope;
            TaskHandle<> handle;
        };
        std::vector<Worker> workers(Producers + Consumers);
        for (;;) {
            bool isProducing = false;
            for (int i = 0; i < Producers + Consumers; ++i) {
                Worker &worker = workers[static_cast<std::size_t>(i)];
                const bool isProducer = i < Producers;
                const bool isOver = isProducer ? next[static_cast<std::size_t>(i)] == Items : closed > 0;
                if (worker.handle.isFinished() && !isOver) {
                    worker.scope = std::make_unique<TaskScope>();
                    worker.handle = worker.scope->spawn(isProducer ? produces(i) : consumes());
                }
                isProducing = isProducing || (isProducer && !worker.handle.isFinished());
            }
            if (!isProducing)
                break;
            turn();
            for (int i = dice.roll(3); i > 0; --i) {
                Worker &worker = workers[dice.index(workers.size())];
                ++killed;
                if (dice.roll(2) == 0)
                    worker.handle.cancel();
                else
                    worker.scope.reset();
            }
        }
        queue.close();
        settle();

        QVERIFY(killed > 100);
        QCOMPARE(queue.size(), 0);
        for (std::size_t producer = 0; producer < Producers; ++producer) {
            QVERIFY(returned[producer].size() > Items / 2);
            QVERIFY(std::is_sorted(got[producer].begin(), got[producer].end()));
            QVERIFY(std::adjacent_find(got[producer].begin(), got[producer].end()) == got[producer].end());
            QVERIFY(std::includes(got[producer].begin(), got[producer].end(), returned[producer].begin(),
                                  returned[producer].end()));
        }
    }

    void anItemThatCannotBeMovedIsNotLost()
    {
        Queue<Fragile> queue(1);
        QVERIFY(queue.tryPut(Fragile(1)));
        Fragile::broken = 1;
        QVERIFY_THROWS_EXCEPTION(E, (void)queue.tryGet());
        const auto getting = [&]() -> Task<> {
            const Fragile item = co_await queue.get();
            log << QString::number(item.value);
        };
        auto A = scope->spawn(attempt(getting));
        QCOMPARE(text(A.outcome()), "throws broken");
        QCOMPARE(queue.size(), 1);
        Fragile::broken = 0;
        scope->spawn(getting);
        QCOMPARE(logged(), "1");
        QCOMPARE(queue.size(), 0);
    }

    void anItemThatCannotBeStoredIsAnErrorOfItsPut()
    {
        Queue<Fragile> queue(1);
        QVERIFY(queue.tryPut(Fragile(1)));
        const auto putting = [&](int value) -> Task<> {
            const Fragile item(value);
            log << co_await textOf(toTask(queue.put(item)));
        };
        scope->spawn(putting(2));
        scope->spawn(putting(3));
        Fragile::broken = 2;
        QCOMPARE(queue.tryGet()->value, 1);
        settle();
        QCOMPARE(logged(), "throws broken, value");
        QCOMPARE(queue.tryGet()->value, 3);
        Fragile::broken = 0;
    }

    void SYNC_QUEUE_N17_anItemThatCannotBeDelivered()
    {
        auto queue = std::make_unique<Queue<Fragile>>();
        const auto getting = [&]() -> Task<> { log << co_await textOf(getOnly(*queue)); };
        scope->spawn(getting);
        QVERIFY(queue->tryPut(Fragile(1)));
        Fragile::broken = 1;
        queue.reset();
        Fragile::broken = 0;
        settle();
        QCOMPARE(logged(), "throws broken");
    }

    void waitingAndWakingAllocateNothing()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        IntQueue there(1);
        IntQueue back(1);
        qint64 made = -1;
        const auto echoes = [&]() -> Task<> {
            for (int i = 0; i < 1'001; ++i) {
                const int item = co_await there.get();
                co_await back.put(item);
            }
        };
        const auto counting = [&]() -> Task<> {
            co_await yieldNow();
            co_await there.put(-1);
            co_await back.get();
            const AllocationCount count;
            for (int i = 0; i < 1'000; ++i) {
                co_await there.put(i);
                co_await back.get();
            }
            made = count.made();
        };
        scope->spawn(echoes);
        scope->spawn(counting);
        settle();
        QCOMPARE(made, 0);
    }
};

QTEST_GUILESS_MAIN(TestQueue)
#include "tst_queue.moc"
