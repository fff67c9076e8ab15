// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Every primitive, with each of its allocations failing in turn.

#include "allocationsweep.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/sync/condition.h>
#include <CoDrive/sync/nestablelock.h>
#include <CoDrive/sync/orderedqueue.h>
#include <CoDrive/sync/queue.h>
#include <CoDrive/sync/unorderedqueue.h>

using namespace Words;

namespace {

template<typename Items>
void reservationQueue()
{
    const auto body = []() -> Task<> {
        const InstanceCounter alive;
        Items items;
        auto second = items.reserve();
        auto first = items.reserve();
        first.put(QString());
        second.put(QString());
        items.close();
        co_await items.next();
        co_await items.next();
        co_await items.next();
    };
    QVERIFY(sweepAllocations([&] { run(body()); }) >= 2);
}

} // namespace

class TestAllocationSweep : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer no allocation fails");
    }

    void queue()
    {
        const auto body = []() -> Task<> {
            const InstanceCounter alive;
            Queue<QString> items(8);
            for (int i = 0; i < 8; ++i)
                co_await items.put(QString());
            for (int i = 0; i < 8; ++i)
                co_await items.get();
        };
        QVERIFY(sweepAllocations([&] { run(body()); }) >= 2);
    }

    void orderedQueue() { reservationQueue<OrderedQueue<QString>>(); }
    void unorderedQueue() { reservationQueue<UnorderedQueue<QString>>(); }

    void nestableLock()
    {
        const auto body = []() -> Task<> {
            const InstanceCounter alive;
            NestableLock lock;
            TaskLocal<int> local{0};
            {
                NestableLock::Guard guard;
                const auto takes = [&]() -> Task<> { guard = co_await lock.lock(); };
                const auto nested = [&]() -> Task<> { co_await local.with(2, takes); };
                co_await local.with(1, nested);
                co_await yieldNow();
            }
            const NestableLock::Guard again = co_await lock.lock();
        };
        QVERIFY(sweepAllocations([&] { run(body()); }) >= 4);
    }

    void condition()
    {
        const auto body = []() -> Task<> {
            const InstanceCounter alive;
            Lock lock;
            Condition changed(lock);
            bool isTrue = false;
            const auto waits = [&]() -> Task<> {
                const InstanceCounter waiting;
                Lock::Guard guard = co_await lock.lock();
                co_await changed.wait(guard, [&] { return isTrue; });
            };
            TaskScope scope;
            const auto handle = scope.spawn(waits);
            isTrue = true;
            changed.notifyOne();
            co_await handle;
        };
        QVERIFY(sweepAllocations([&] { run(body()); }) >= 2);
    }
};

QTEST_GUILESS_MAIN(TestAllocationSweep)
#include "tst_allocationsweep.moc"
