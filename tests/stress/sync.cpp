// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// The primitives of one thread: nobody is let in twice, nothing that was put is lost, got twice or out of order, and
// nobody waits for what is there. They are destroyed now and then, whoever waits.

#include "world.h"

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/sync/condition.h>
#include <CoDrive/sync/lock.h>
#include <CoDrive/sync/nestablelock.h>
#include <CoDrive/sync/orderedqueue.h>
#include <CoDrive/sync/pulse.h>
#include <CoDrive/sync/queue.h>
#include <CoDrive/sync/rwlock.h>
#include <CoDrive/sync/semaphore.h>
#include <CoDrive/sync/unorderedqueue.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/testing/settle.h>

namespace Stress {

namespace {

/// Counts up as long as it lives.
class During
{
public:
    explicit During(int &count)
        : m_count(count)
    {
        ++m_count;
    }
    During(During &&) = delete;
    ~During() { --m_count; }

private:
    int &m_count;
};

/// A primitive, and what is known of it; the latter lives on with the tasks that use it.
template<typename Info>
class Slot
{
public:
    using Object = typename Info::Object;
    using Pointer = std::shared_ptr<Info>;

    const Pointer &info() const { return m_info; }
    /// Destroys what is there, whoever waits, and makes another one.
    void renew()
    {
        auto next = std::make_shared<Info>();
        const Pointer old = std::exchange(m_info, std::move(next));
        old->isGone = true;
        old->object.reset();
    }

private:
    Pointer m_info = std::make_shared<Info>();
};

struct LockInfo
{
    using Object = Lock;
    std::optional<Lock> object{std::in_place};
    bool isGone = false;
    int inside = 0;
    quint64 asked = 0; ///< tickets
    quint64 served = 0;
};

struct NestableLockInfo
{
    using Object = NestableLock;
    std::optional<NestableLock> object{std::in_place};
    bool isGone = false;
};

struct SemaphoreInfo
{
    using Object = Semaphore;
    static constexpr int Permits = 3;
    std::optional<Semaphore> object{std::in_place, Permits};
    bool isGone = false;
    int inside = 0;
};

struct RwLockInfo
{
    using Object = RwLock;
    std::optional<RwLock> object{std::in_place};
    bool isGone = false;
    int readers = 0;
    int writers = 0;
};

struct PulseInfo
{
    using Object = Pulse<quint64>;
    std::optional<Pulse<quint64>> object{std::in_place};
    bool isGone = false;
    quint64 fired = 0;
};

/// Tokens that are taken and brought under a lock.
struct ConditionInfo
{
    using Object = Condition;
    Lock lock;
    std::optional<Condition> object{std::in_place, lock};
    bool isGone = false;
    int tokens = 0;
    int waiting = 0;
};

/// What is known of the items of a queue.
struct Ledger
{
    bool isGone = false;
    int alive = 0; ///< items that were not taken
    quint64 made = 0;
    quint64 last = 0; ///< taken
};

/// Passes through a queue once; fails when it is lost there.
class Item
{
public:
    struct Fate
    {
        std::shared_ptr<Ledger> ledger;
        quint64 number;
        bool isPut = false;
        bool isTaken = false;
        FramesPointer getter; ///< which may be destroyed while a task below it has the item
    };
    using FatePointer = std::shared_ptr<Fate>;

    explicit Item(std::shared_ptr<Ledger> ledger)
        : Item(ledger, ++ledger->made)
    {
    }
    Item(std::shared_ptr<Ledger> ledger, quint64 number)
    {
        ++ledger->alive;
        m_fate = std::make_shared<Fate>();
        m_fate->ledger = std::move(ledger);
        m_fate->number = number;
    }
    Item(Item &&other) noexcept = default;
    Item &operator=(Item &&other) noexcept
    {
        die();
        m_fate = std::move(other.m_fate);
        return *this;
    }
    ~Item() { die(); }

    const FatePointer &fate() const { return m_fate; }
    /// Out of the queue, in the order of the numbers.
    void take()
    {
        Ledger &ledger = *m_fate->ledger;
        check(!m_fate->isTaken, "an item was got twice");
        check(m_fate->number > ledger.last, "an item has overtaken another one");
        ledger.last = m_fate->number;
        m_fate->isTaken = true;
        --ledger.alive;
    }

private:
    void die()
    {
        if (!m_fate || m_fate->isTaken)
            return;
        Ledger &ledger = *m_fate->ledger;
        --ledger.alive;
        const bool isGetterGone = m_fate->getter && m_fate->getter->isOwnerGone;
        check(!m_fate->isPut || ledger.isGone || isGetterGone, "an item was lost");
        m_fate.reset();
    }

    FatePointer m_fate;
};

template<typename Q>
struct QueueInfo
{
    using Object = Q;
    static constexpr qsizetype Capacity = 3;

    QueueInfo()
    {
        if constexpr (std::is_same_v<Q, Queue<Item>>)
            object.emplace(Capacity);
        else
            object.emplace();
    }
    ~QueueInfo() { ledger->isGone = true; }

    std::shared_ptr<Ledger> ledger = std::make_shared<Ledger>();
    std::optional<Q> object;
    bool isGone = false;
    int getting = 0;
    int putting = 0;
};

/// The place of an item in a queue.
struct Reserved
{
    Reservation<Item> place;
    std::shared_ptr<Ledger> ledger;
    quint64 number; ///< 0: it gets one when it is put
};

using PlainQueueInfo = QueueInfo<Queue<Item>>;

template<typename Info>
void renewQueue(Slot<Info> &slot)
{
    const auto old = slot.info();
    old->ledger->isGone = true;
    slot.renew();
}

class Sync final : public Room
{
public:
    using Room::Room;

    Task<> work(Place place) override;
    void poke() override;
    void release() override;
    bool knows(const std::exception &error) const override { return dynamic_cast<const QueueClosed *>(&error); }
    void checkStill() override;
    void checkEmpty() override;

private:
    /// What a holder does meanwhile.
    Task<> hold(Place place);
    Task<> lock(Place place);
    Task<> nest(Place place);
    Task<> nestAgain(std::shared_ptr<NestableLockInfo> info, Place place);
    Task<> acquire(Place place);
    Task<> read(Place place);
    Task<> write(Place place);
    Task<> awaitPulse(Place place);
    Task<> takeToken(Place place);
    Task<> bringToken(Place place);
    Task<> put(Place place);
    Task<> get(Place place);
    Task<> getWithin(Place place);
    template<typename Info>
    Task<> readOne(std::shared_ptr<Info> info, Place place);
    void reserve(bool inOrder);
    void fill(std::vector<Reserved> &places);

    void fire(PulseInfo &info)
    {
        const quint64 value = ++info.fired;
        world.quietly([&] { info.object->fire(value); });
    }

    std::array<Slot<LockInfo>, 2> m_locks;
    std::array<Slot<NestableLockInfo>, 2> m_nestableLocks;
    std::array<Slot<SemaphoreInfo>, 2> m_semaphores;
    std::array<Slot<RwLockInfo>, 2> m_rwLocks;
    std::array<Slot<PulseInfo>, 2> m_pulses;
    std::array<Slot<ConditionInfo>, 2> m_conditions;
    std::array<Slot<PlainQueueInfo>, 2> m_queues;
    Slot<QueueInfo<OrderedQueue<Item>>> m_ordered;
    Slot<QueueInfo<UnorderedQueue<Item>>> m_unordered;
    std::vector<Reserved> m_orderedPlaces;
    std::vector<Reserved> m_unorderedPlaces;
};

Task<> Sync::hold(Place place)
{
    const Alive alive(world, place);
    const int turns = world.isQuiet ? 0 : world.random.below(3);
    for (int i = 0; i < turns; ++i) {
        world.maybeAct(8);
        co_await leaf(world, Place(place.record, place.frames, place.levels, true));
    }
}

Task<> Sync::lock(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_locks).info();
    const quint64 ticket = ++info->asked;
    const Suspension wait(place, info->object->isLocked());
    Lock::Guard guard = co_await info->object->lock();
    wait.passed();
    check(ticket > info->served, "a lock was given out of turn");
    info->served = ticket;
    {
        const During inside(info->inside);
        check(info->inside == 1, "a lock has two owners");
        co_await hold(Stress::inside(place));
    }
    if (world.random.oneIn(2))
        world.quietly([&] { guard.release(); });
}

Task<> Sync::nestAgain(std::shared_ptr<NestableLockInfo> info, Place place)
{
    const Alive alive(world, place);
    if (info->isGone)
        co_return;
    const quint64 segments = world.segments;
    const NestableLock::Guard guard = co_await info->object->lock();
    check(world.segments == segments, "the holder of a lock had to wait for it");
    check(info->object->isLocked(), "a lock that is held is free");
    co_await hold(inside(place));
}

Task<> Sync::nest(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_nestableLocks).info();
    NestableLock::Guard guard = co_await info->object->lock();
    ++world.segments;
    co_await nestAgain(info, inside(place));
    if (!world.isFull())
        co_await gather(nestAgain(info, below(world, place)), nestAgain(info, below(world, place)));
    check(info->isGone || info->object->isLocked(), "a lock that is held is free");
}

Task<> Sync::acquire(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_semaphores).info();
    const Suspension wait(place, info->object->available() == 0);
    const Semaphore::Permit permit = co_await info->object->acquire();
    wait.passed();
    const During inside(info->inside);
    check(info->inside <= SemaphoreInfo::Permits, "a semaphore has given more than it had");
    check(info->isGone || info->inside + info->object->available() <= SemaphoreInfo::Permits,
          "a semaphore has more than it had");
    co_await hold(Stress::inside(place));
}

Task<> Sync::read(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_rwLocks).info();
    const Suspension wait(place, info->writers > 0);
    const RwLock::Guard guard = co_await info->object->lockRead();
    wait.passed();
    check(info->writers == 0, "somebody reads while another one writes");
    const During reading(info->readers);
    co_await hold(inside(place));
}

Task<> Sync::write(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_rwLocks).info();
    const Suspension wait(place, info->writers + info->readers > 0);
    const RwLock::Guard guard = co_await info->object->lockWrite();
    wait.passed();
    check(info->writers == 0 && info->readers == 0, "somebody writes who is not alone");
    const During writing(info->writers);
    co_await hold(inside(place));
}

Task<> Sync::awaitPulse(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_pulses).info();
    const quint64 expected = info->fired + 1;
    const Suspension wait(place, true);
    const quint64 value = co_await *info->object;
    wait.passed();
    check(value == expected, "a pulse was missed");
}

Task<> Sync::takeToken(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_conditions).info();
    Lock::Guard guard = co_await info->lock.lock();
    ++world.segments;
    if (info->isGone)
        co_return;
    {
        const During waiting(info->waiting);
        if (world.random.oneIn(2)) {
            co_await info->object->wait(guard, [&] { return info->tokens > 0; });
        } else {
            while (info->tokens == 0 && !info->isGone)
                co_await info->object->wait(guard);
        }
    }
    ++world.segments;
    if (info->isGone)
        co_return;
    check(guard.isHeld(), "who was notified does not have the lock");
    check(info->tokens > 0, "a condition that was awaited is not true");
    --info->tokens;
    co_await hold(inside(place));
}

Task<> Sync::bringToken(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_conditions).info();
    const Lock::Guard guard = co_await info->lock.lock();
    ++world.segments;
    // Few, so that there are always some who wait.
    if (info->isGone || info->tokens > 1)
        co_return;
    ++info->tokens;
    world.quietly([&] { info->object->notifyOne(); });
    co_await hold(inside(place));
}

Task<> Sync::put(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_queues).info();
    Item item(info->ledger);
    const Item::FatePointer fate = item.fate();
    {
        const During putting(info->putting);
        const Suspension wait(place, info->object->size() >= PlainQueueInfo::Capacity && !info->object->isClosed());
        co_await info->object->put(std::move(item));
        wait.passed();
    }
    fate->isPut = true;
}

Task<> Sync::get(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_queues).info();
    const During getting(info->getting);
    const Suspension wait(place, info->object->size() == 0 && !info->object->isClosed());
    Item item = co_await info->object->get();
    item.take();
    wait.passed();
}

/// A value that has come wins over the timeout.
Task<> Sync::getWithin(Place place)
{
    const Alive alive(world, place);
    const auto info = world.random.oneOf(m_queues).info();
    const auto getOne = [](std::shared_ptr<PlainQueueInfo> queue, FramesPointer frames) -> Task<Item> {
        const During getting(queue->getting);
        Item item = co_await queue->object->get();
        item.fate()->getter = frames;
        co_return item;
    };
    if (place.mustEnd)
        co_return; // it may be destroyed without an owner that is known
    const auto limit = std::chrono::milliseconds(world.random.below(10));
    std::optional<Item> item = co_await moveOnAfter(limit, getOne(info, place.frames));
    ++world.segments;
    if (item)
        item->take();
}

template<typename Info>
Task<> Sync::readOne(std::shared_ptr<Info> info, Place place)
{
    const Alive alive(world, place);
    if (info->getting > 0)
        co_return; // one reader at a time
    const During getting(info->getting);
    std::optional<Item> item = co_await info->object->next();
    ++world.segments;
    if (item)
        item->take();
    else
        check(info->isGone || info->object->isClosed(), "a queue that is open has come to its end");
}

void Sync::reserve(bool inOrder)
{
    std::vector<Reserved> &places = inOrder ? m_orderedPlaces : m_unorderedPlaces;
    if (places.size() >= 8)
        return;
    if (!inOrder) {
        const auto info = m_unordered.info();
        if (!info->object->isClosed())
            places.push_back(Reserved{info->object->reserve(), info->ledger, 0});
        return;
    }
    const auto info = m_ordered.info();
    if (!info->object->isClosed())
        places.push_back(Reserved{info->object->reserve(), info->ledger, ++info->ledger->made});
}

void Sync::fill(std::vector<Reserved> &places)
{
    if (places.empty())
        return;
    std::swap(world.random.oneOf(places), places.back());
    Reserved reserved = std::move(places.back());
    places.pop_back();
    if (reserved.ledger->isGone || world.random.oneIn(4))
        return; // given up
    Item item(reserved.ledger, reserved.number > 0 ? reserved.number : ++reserved.ledger->made);
    const Item::FatePointer fate = item.fate();
    world.quietly([&] { reserved.place.put(std::move(item)); });
    fate->isPut = true;
}

Task<> Sync::work(Place place)
{
    const Alive alive(world, place);
    switch (world.isQuiet ? -1 : world.random.below(16)) {
    case -1:
        co_await yieldNow();
        break;
    case 0:
    case 1:
        co_await lock(inside(place));
        break;
    case 2:
        co_await nest(inside(place));
        break;
    case 3:
        co_await acquire(inside(place));
        break;
    case 4:
        co_await read(inside(place));
        break;
    case 5:
        co_await write(inside(place));
        break;
    case 6:
        co_await awaitPulse(inside(place));
        break;
    case 7:
    case 14:
    case 15:
        co_await takeToken(inside(place));
        break;
    case 8:
        co_await bringToken(inside(place));
        break;
    case 9:
        co_await put(inside(place));
        break;
    case 10:
        co_await get(inside(place));
        break;
    case 11:
        co_await getWithin(inside(place));
        break;
    case 12:
        co_await readOne(m_ordered.info(), inside(place));
        break;
    default:
        co_await readOne(m_unordered.info(), inside(place));
    }
}

void Sync::poke()
{
    Random &random = world.random;
    switch (random.below(26)) {
    case 0:
        if (random.oneIn(3))
            world.quietly([&] { random.oneOf(m_locks).renew(); });
        break;
    case 1:
        if (random.oneIn(3))
            world.quietly([&] { random.oneOf(m_nestableLocks).renew(); });
        break;
    case 2:
        if (random.oneIn(3))
            world.quietly([&] { random.oneOf(m_semaphores).renew(); });
        break;
    case 3:
        if (random.oneIn(3))
            world.quietly([&] { random.oneOf(m_rwLocks).renew(); });
        break;
    case 4:
        if (random.oneIn(3))
            world.quietly([&] { random.oneOf(m_pulses).renew(); });
        break;
    case 5:
        if (random.oneIn(3))
            world.quietly([&] { random.oneOf(m_conditions).renew(); });
        break;
    case 6:
        if (random.oneIn(3))
            world.quietly([&] { renewQueue(random.oneOf(m_queues)); });
        break;
    case 7:
        if (random.oneIn(3))
            world.quietly([&] { renewQueue(m_ordered); });
        break;
    case 8:
        if (random.oneIn(3))
            world.quietly([&] { renewQueue(m_unordered); });
        break;
    case 9:
        if (random.oneIn(8))
            world.quietly([&] { random.oneOf(m_queues).info()->object->close(); });
        break;
    case 10:
        if (random.oneIn(8) && !m_ordered.info()->object->isClosed())
            world.quietly([&] { m_ordered.info()->object->close(); });
        break;
    case 11:
        if (random.oneIn(8) && !m_unordered.info()->object->isClosed())
            world.quietly([&] { m_unordered.info()->object->close(); });
        break;
    case 12:
    case 13:
    case 14:
        fire(*random.oneOf(m_pulses).info());
        break;
    case 15: {
        ConditionInfo &info = *random.oneOf(m_conditions).info();
        world.quietly([&] { info.object->notifyAll(); });
        break;
    }
    case 16:
    case 17:
    case 18: {
        PlainQueueInfo &info = *random.oneOf(m_queues).info();
        Item item(info.ledger);
        const Item::FatePointer fate = item.fate();
        bool isPut = false;
        world.quietly([&] { isPut = info.object->tryPut(std::move(item)); });
        fate->isPut = isPut;
        break;
    }
    case 19:
    case 20: {
        PlainQueueInfo &info = *random.oneOf(m_queues).info();
        std::optional<Item> item;
        world.quietly([&] { item = info.object->tryGet(); });
        if (item)
            item->take();
        break;
    }
    case 21:
    case 22:
        reserve(true);
        break;
    case 23:
        reserve(false);
        break;
    case 24:
        fill(m_orderedPlaces);
        break;
    default:
        fill(m_unorderedPlaces);
    }
}

void Sync::release()
{
    for (auto &pulse : m_pulses)
        fire(*pulse.info());
    for (auto &condition : m_conditions) {
        condition.info()->tokens += 100;
        condition.info()->object->notifyAll();
    }
    for (auto &queue : m_queues)
        queue.info()->object->close();
    m_orderedPlaces.clear();
    m_unorderedPlaces.clear();
    if (!m_ordered.info()->object->isClosed())
        m_ordered.info()->object->close();
    if (!m_unordered.info()->object->isClosed())
        m_unordered.info()->object->close();
}

void Sync::checkStill()
{
    if (detail::Loop::current().hasReady())
        return;
    for (auto &slot : m_queues) {
        const PlainQueueInfo &info = *slot.info();
        check(info.getting == 0 || info.object->size() == 0, "somebody waits for an item that is there");
        check(info.putting == 0 || info.object->size() >= PlainQueueInfo::Capacity,
              "somebody waits for room that is there");
    }
    for (auto &slot : m_conditions) {
        const ConditionInfo &info = *slot.info();
        check(info.waiting == 0 || info.tokens == 0 || info.lock.isLocked(),
              "somebody waits for a condition that is true");
    }
}

void Sync::checkEmpty()
{
    for (auto &slot : m_locks) {
        check(!slot.info()->object->isLocked() && slot.info()->inside == 0, "a lock was not released");
        slot.renew();
    }
    for (auto &slot : m_nestableLocks) {
        check(!slot.info()->object->isLocked(), "a lock was not released");
        slot.renew();
    }
    for (auto &slot : m_semaphores) {
        check(slot.info()->object->available() == SemaphoreInfo::Permits, "permits were lost, or are too many");
        slot.renew();
    }
    for (auto &slot : m_rwLocks) {
        check(slot.info()->readers == 0 && slot.info()->writers == 0, "somebody still reads or writes");
        slot.renew();
    }
    for (auto &slot : m_conditions) {
        check(!slot.info()->lock.isLocked() && slot.info()->waiting == 0, "a lock was not released");
        slot.renew();
    }
    for (auto &slot : m_queues) {
        PlainQueueInfo &info = *slot.info();
        check(info.object->size() == info.ledger->alive, "a queue does not hold what was put and not got");
        for (qsizetype left = info.object->size(); left > 0; --left) {
            std::optional<Item> item = info.object->tryGet();
            check(item.has_value(), "a queue has fewer items than it says");
            item->take();
        }
        check(!info.object->tryGet(), "a queue has more items than it says");
        renewQueue(slot);
    }
    check(m_ordered.info()->object->size() == m_ordered.info()->ledger->alive
              && m_unordered.info()->object->size() == m_unordered.info()->ledger->alive,
          "a queue does not hold what was put and not got");
    renewQueue(m_ordered);
    renewQueue(m_unordered);
}

const RoomEntry s_entry("sync", [](World &world) -> std::unique_ptr<Room> { return std::make_unique<Sync>(world); });

} // namespace

} // namespace Stress
