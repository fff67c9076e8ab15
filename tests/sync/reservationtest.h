// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The cases that OrderedQueue and UnorderedQueue share.

#include "synctest.h"

#include <CoDrive/sync/detail/reservationqueue.h>

namespace Words {

/// Logs every item, and the end.
template<typename Queue>
Task<> reads(EventLog &log, Queue &queue)
{
    const InstanceCounter alive;
    try {
        for (;;) {
            const std::optional<QString> item = co_await queue.next();
            if (!item)
                break;
            log << *item;
        }
        log << QStringLiteral("end");
    } catch (const ObjectDestroyed &) {
        log << QStringLiteral("destroyed");
    } catch (const std::logic_error &) {
        log << QStringLiteral("logic_error");
    }
}

/// Logs one item.
template<typename Queue>
Task<> readsOne(EventLog &log, Queue &queue)
{
    const InstanceCounter alive;
    const std::optional<QString> item = co_await queue.next();
    log << item.value_or(QStringLiteral("end"));
    co_await yieldNow();
    log << QStringLiteral("passed");
}

template<template<typename> typename Queue>
class ReservationTest : protected SyncTest
{
protected:
    void closedWhileEmpty()
    {
        Queue<QString> queue;
        scope->spawn(reads(log, queue));
        settle();
        QCOMPARE(logged(), "");
        queue.close();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "end");
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "end");
    }

    void closedTwice()
    {
        Queue<QString> queue;
        QVERIFY(!queue.isClosed());
        queue.close();
        QVERIFY(queue.isClosed());
        QVERIFY_THROWS_EXCEPTION(std::logic_error, queue.reserve().put("a"));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, queue.close());
        QCOMPARE(queue.size(), 0);
    }

    void lastReservationGivenUp()
    {
        Queue<QString> queue;
        std::optional<Reservation<QString>> p1 = queue.reserve();
        queue.close();
        scope->spawn(reads(log, queue));
        settle();
        QCOMPARE(logged(), "");
        p1.reset();
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "end");
    }

    void givenUpByAssignment()
    {
        Queue<QString> queue;
        auto p = queue.reserve();
        p = queue.reserve();
        scope->spawn(reads(log, queue));
        p.put("b");
        settle();
        QCOMPARE(logged(), "b");
    }

    void secondReader()
    {
        Queue<QString> queue;
        auto p1 = queue.reserve();
        scope->spawn(reads(log, queue));
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "logic_error");
        p1.put("a");
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "logic_error");
        settle();
        QCOMPARE(logged(), "a");
    }

    void putWakesOnceFromTheLoop()
    {
        Queue<QString> queue;
        scope->spawn(reads(log, queue));
        const auto putting = [&]() -> Task<> {
            co_await a.wait();
            queue.reserve().put("a");
            queue.reserve().put("b");
            log << "behind";
        };
        scope->spawn(putting);
        open(a);
        QCOMPARE(logged(), "behind, a, b");
    }

    void cancelledAfterPut()
    {
        Queue<QString> queue;
        auto reader = scope->spawn(readsOne(log, queue));
        queue.reserve().put("a");
        reader.cancel();
        settle();
        QCOMPARE(logged(), "a");
        QVERIFY(reader.isCancelled());
    }

    void queueDestroyed()
    {
        auto queue = std::make_unique<Queue<QString>>();
        auto p1 = queue->reserve();
        {
            auto p2 = queue->reserve();
            scope->spawn(reads(log, *queue));
            queue.reset();
        }
        QVERIFY_THROWS_EXCEPTION(ObjectDestroyed, p1.put("a"));
        QCOMPARE(logged(), "");
        settle();
        QCOMPARE(logged(), "destroyed");
    }

    void queueDestroyedAfterPut()
    {
        auto queue = std::make_unique<Queue<QString>>();
        scope->spawn(readsOne(log, *queue));
        queue->reserve().put("a");
        queue.reset();
        settle();
        QCOMPARE(logged(), "a, passed");
    }

    void storedItemsDie()
    {
        auto queue = std::make_unique<Queue<InstanceCounter>>();
        auto missing = queue->reserve();
        queue->reserve().put(InstanceCounter());
        queue->reserve().put(InstanceCounter());
        QCOMPARE(InstanceCounter::count(), 2);
        queue.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    // An item that dies with the queue turns to it.
    void dyingItemPuts()
    {
        struct Putting
        {
            explicit Putting(std::unique_ptr<Reservation<Putting>> other)
                : place(std::move(other))
            {
            }
            Putting(Putting &&) = default;
            ~Putting()
            {
                if (!place)
                    return;
                try {
                    place->put(Putting(nullptr));
                } catch (const ObjectDestroyed &) {
                    ++refused();
                }
            }
            static int &refused()
            {
                static int count = 0;
                return count;
            }
            std::unique_ptr<Reservation<Putting>> place;
        };
        Putting::refused() = 0;
        {
            Queue<Putting> queue;
            auto first = queue.reserve();
            auto second = std::make_unique<Reservation<Putting>>(queue.reserve());
            first.put(Putting(std::move(second)));
        }
        QCOMPARE(Putting::refused(), 1);
    }

    void readerDestroyedData()
    {
        QTest::addColumn<bool>("isPutBefore");
        QTest::newRow("while it waits") << false;
        QTest::newRow("after the put") << true;
    }
    void readerDestroyed()
    {
        QFETCH(const bool, isPutBefore);
        Queue<QString> queue;
        other->spawn(reads(log, queue));
        if (isPutBefore)
            queue.reserve().put("a");
        other.reset();
        if (!isPutBefore)
            queue.reserve().put("a");
        QCOMPARE(queue.size(), 1);
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "a");
    }

    // What did not wait the first time can be awaited again, as at the other primitives.
    void awaitedAgain()
    {
        Queue<QString> queue;
        queue.reserve().put("a");
        const auto reading = [&]() -> Task<> {
            auto next = queue.next();
            const std::optional<QString> first = co_await next;
            log << first.value_or(QStringLiteral("end"));
            const std::optional<QString> second = co_await next;
            log << second.value_or(QStringLiteral("end"));
        };
        scope->spawn(reading);
        QCOMPARE(logged(), "a");
        queue.reserve().put("b");
        settle();
        QCOMPARE(logged(), "b");
    }

    void moveOnly()
    {
        using Item = std::unique_ptr<int>;
        Queue<Item> queue;
        auto first = queue.reserve();
        const auto putting = [](Reservation<Item> place) -> Task<> {
            co_await yieldNow();
            place.put(std::make_unique<int>(7));
        };
        scope->spawn(putting(std::move(first)));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, first.put(std::make_unique<int>(8)));
        const auto reading = [&]() -> Task<> {
            const std::optional<Item> item = co_await queue.next();
            log << QString::number(**item);
        };
        scope->spawn(reading);
        queue.close();
        settle();
        QCOMPARE(logged(), "7");
    }
};

} // namespace Words
