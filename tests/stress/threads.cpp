// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Threads with loops, functions on a pool, and what threads share. Tasks in other threads follow a schedule of their
// own, from a seed that they are given; what this thread does to them, and to itself, is that of the world.

#include "world.h"

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/sleep.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/threads/latch.h>
#include <CoDrive/threads/threadloop.h>
#include <CoDrive/threads/threadsafecondition.h>
#include <CoDrive/threads/threadsafeevent.h>
#include <CoDrive/threads/threadsafelock.h>
#include <CoDrive/threads/threadsafestate.h>
#include <CoDrive/threads/threadsafestream.h>
#include <CoDrive/threads/tothread.h>

#include <QThreadPool>

#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>

namespace Stress {

namespace {

/// Something that any thread uses and one destroys, whoever waits.
template<typename Object>
class Destructible
{
public:
    /// Gives what \a function makes of the object: an operation, which may be awaited when the object is gone.
    template<typename Function>
    auto use(Function function)
    {
        const std::scoped_lock lock(m_mutex);
        return function(*m_object);
    }
    void renew()
    {
        auto old = std::make_unique<Object>();
        {
            const std::scoped_lock lock(m_mutex);
            old.swap(m_object);
        }
    }

private:
    std::mutex m_mutex;
    std::unique_ptr<Object> m_object = std::make_unique<Object>();
};

/// What all threads use.
class Commons
{
public:
    std::atomic<bool> isQuiet = false;
    std::atomic<quint64> steps = 0;

    ThreadsafeLock lock;
    ThreadsafeCondition changed{lock};
    int tokens = 0; ///< under the lock, as the next one
    int inside = 0;

    ThreadsafeState<qint64> state;
    std::atomic<qint64> updates = 0;

    Destructible<Latch> latch;
    Destructible<ThreadsafeEvent> event;
    Destructible<ThreadsafeLock> shortLock;
};

/// Owner of the lock, as long as it lives.
class Inside
{
public:
    explicit Inside(Commons &commons)
        : m_commons(commons)
    {
        check(++m_commons.inside == 1, "a lock has two owners");
    }
    Inside(Inside &&) = delete;
    ~Inside() { --m_commons.inside; }

private:
    Commons &m_commons;
};

void update(Commons &commons)
{
    ++commons.updates;
    commons.state.update([](qint64 value) { return value + 1; });
}

/// Uses the commons once; on any thread.
Task<> useCommons(Commons &commons, Random &random)
{
    const InstanceCounter alive;
    ++commons.steps;
    if (commons.isQuiet) {
        co_await yieldNow();
        co_return;
    }
    switch (random.below(14)) {
    case 0:
    case 1: {
        const ThreadsafeLock::Guard guard = co_await commons.lock.lock();
        const Inside inside(commons);
        if (random.oneIn(3))
            co_await yieldNow(); // may be destroyed here, as owner
        break;
    }
    case 2:
    case 3: {
        ThreadsafeLock::Guard guard = co_await commons.lock.lock();
        while (commons.tokens == 0 && !commons.isQuiet)
            co_await commons.changed.wait(guard);
        const Inside inside(commons);
        if (commons.tokens > 0)
            --commons.tokens;
        break;
    }
    case 4:
    case 5: {
        const ThreadsafeLock::Guard guard = co_await commons.lock.lock();
        const Inside inside(commons);
        ++commons.tokens;
        commons.changed.notifyOne();
        break;
    }
    case 6:
        update(commons);
        break;
    case 7: {
        const qint64 before = commons.state.value();
        const auto isLater = [before, &commons](qint64 value) { return value > before || commons.isQuiet; };
        const qint64 value = co_await commons.state.waitUntil(isLater);
        check(value > before || commons.isQuiet, "a state has given another value than it was waited for");
        break;
    }
    case 8: {
        auto wait = commons.latch.use([](Latch &latch) { return latch.wait(); });
        co_await std::move(wait);
        break;
    }
    case 9: {
        const bool isForSet = random.oneIn(2);
        auto wait = commons.latch.use([=](Latch &latch) { return isForSet ? latch.waitSet() : latch.waitUnset(); });
        co_await std::move(wait);
        break;
    }
    case 10: {
        auto wait = commons.event.use([](ThreadsafeEvent &event) { return event.wait(); });
        co_await std::move(wait);
        break;
    }
    case 11: {
        auto wait = commons.shortLock.use([](ThreadsafeLock &lock) { return lock.lock(); });
        const ThreadsafeLock::Guard guard = co_await std::move(wait);
        co_await yieldNow();
        break;
    }
    case 12:
        co_await sleepFor(std::chrono::microseconds(random.below(300)));
        break;
    default:
        co_await yieldNow();
    }
}

/// What runs in other threads.
Task<int> remote(Commons &commons, quint64 seed, int value)
{
    const InstanceCounter alive;
    Random random(seed);
    const std::thread::id home = std::this_thread::get_id();
    for (int round = random.below(6); round >= 0 && !commons.isQuiet; --round) {
        switch (random.below(8)) {
        case 0:
            co_await race(useCommons(commons, random), useCommons(commons, random));
            break;
        case 1:
            co_await moveOnAfter(std::chrono::microseconds(random.below(400)), useCommons(commons, random));
            break;
        case 2: {
            const Outcome<> outcome = co_await attempt(useCommons(commons, random));
            if (outcome.isFailure() && random.oneIn(2))
                std::rethrow_exception(outcome.error());
            break;
        }
        case 3:
            commons.latch.use([&](Latch &latch) { latch.toggle(random.oneIn(2)); });
            commons.event.use([](ThreadsafeEvent &event) { event.set(); });
            commons.event.use([](ThreadsafeEvent &event) { event.clear(); });
            break;
        default:
            co_await useCommons(commons, random);
        }
        check(std::this_thread::get_id() == home, "a task has changed its thread");
    }
    if (random.oneIn(12))
        throw Fault(seed);
    if (random.oneIn(40))
        co_await unwind();
    co_return value;
}

/// 1, 2, ..., on the thread where it was made.
Stream<int> numbers(Commons &commons, quint64 seed)
{
    const InstanceCounter alive;
    Random random(seed);
    const std::thread::id home = std::this_thread::get_id();
    for (int i = 1; i < 6 && !commons.isQuiet; ++i) {
        if (random.oneIn(2))
            co_await useCommons(commons, random);
        if (random.oneIn(20))
            throw Fault(seed);
        check(std::this_thread::get_id() == home, "a stream has changed its thread");
        co_yield int(i);
    }
}

/// A stream for another thread than the one where this runs.
Task<Stream<int>> openNumbers(Commons &commons, quint64 seed)
{
    co_return threadsafeStream(numbers(commons, seed));
}

/// Takes some of the numbers, on any thread.
Task<> takeNumbers(Commons &commons, quint64 seed, Stream<int> stream)
{
    const InstanceCounter alive;
    Random random(seed);
    int last = 0;
    for (int i = random.below(8); i >= 0 && !commons.isQuiet; --i) {
        ++commons.steps;
        std::optional<int> number;
        bool isInTime = true;
        if (random.oneIn(4)) {
            const auto limit = std::chrono::microseconds(random.below(400));
            const std::optional<std::optional<int>> result = co_await moveOnAfter(limit, stream.next());
            isInTime = result.has_value();
            if (isInTime)
                number = *result;
        } else {
            number = co_await stream.next();
        }
        if (isInTime && !number)
            break;
        if (number)
            check(*number == ++last, "a stream has lost an item between two threads");
    }
    if (random.oneIn(3))
        co_await stream.close();
}

/// For a pool: returns a bit later, or when it is told to.
int compute(std::stop_token token, int microseconds, int value)
{
    const InstanceCounter alive;
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
    while (!token.stop_requested() && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    if (value % 16 == 0)
        throw Fault(0);
    return value;
}

class Threads final : public Room
{
public:
    explicit Threads(World &ownWorld)
        : Room(ownWorld)
    {
        m_pool.setMaxThreadCount(3);
        for (auto &loop : m_loops)
            loop = std::make_shared<ThreadLoop>(QStringLiteral("stress"));
    }

    Task<> work(Place place) override;
    void poke() override;
    void release() override;
    bool knows(const std::exception &error) const override
    {
        // A loop may be destroyed or closed before it is told what to do, and a task with its loop.
        const QByteArray text = error.what();
        return dynamic_cast<const ThreadEnded *>(&error) || text.contains("thread") || text.contains("Thread") || dynamic_cast<const Cancelled *>(&error);
    }
    void checkEmpty() override;
    bool hasThreads() const override { return true; }

private:
    Task<> useCommonsHere(Place place);
    Task<> compute(Place place);
    Task<> runThere(Place place);
    Task<> spawnThere(Place place);
    Task<> takeFromThere(Place place);
    Task<> takeThere(Place place);
    Task<> launch(Place place);
    Task<> close(Place place);
    Task<> withLoop(Place place);

    Task<int> makeRemote(int value) { return remote(m_commons, world.random.next(), value); }
    void renewLoop()
    {
        const auto old = std::exchange(world.random.oneOf(m_loops), std::make_shared<ThreadLoop>());
    }

    Commons m_commons;
    QThreadPool m_pool;
    std::array<std::shared_ptr<ThreadLoop>, 3> m_loops;
    std::array<ThreadTask<int>, 4> m_tasks;
    std::array<std::unique_ptr<QObject>, 2> m_contexts;
};

Task<> Threads::useCommonsHere(Place place)
{
    const Alive alive(world, place);
    Random random(world.random.next());
    co_await useCommons(m_commons, random);
    ++world.segments;
}

Task<> Threads::compute(Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    const int result = co_await toThread(&m_pool, Stress::compute, world.random.below(200), value);
    ++world.segments;
    check(result == value, "a function has given another value");
}

Task<> Threads::runThere(Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    const auto loop = world.random.oneOf(m_loops); // destroyed here, or by the last other one
    const int result = co_await loop->run(makeRemote(value));
    ++world.segments;
    check(result == value, "a thread has given another value");
}

Task<> Threads::spawnThere(Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    ThreadTask<int> task = world.random.oneOf(m_loops)->spawn(makeRemote(value));
    world.maybeAct(6);
    if (world.random.oneIn(4)) {
        ThreadTask<int> old = std::exchange(world.random.oneOf(m_tasks), std::move(task));
        co_return;
    }
    if (world.random.oneIn(4))
        task.cancel();
    const int result = co_await std::move(task);
    ++world.segments;
    check(result == value, "a thread has given another value");
}

Task<> Threads::takeFromThere(Place place)
{
    const Alive alive(world, place);
    const auto loop = world.random.oneOf(m_loops);
    Stream<int> stream = co_await loop->run(openNumbers(m_commons, world.random.next()));
    ++world.segments;
    co_await takeNumbers(m_commons, world.random.next(), std::move(stream));
    ++world.segments;
}

Task<> Threads::takeThere(Place place)
{
    const Alive alive(world, place);
    const auto loop = world.random.oneOf(m_loops);
    auto stream = threadsafeStream(numbers(m_commons, world.random.next()));
    co_await loop->run(takeNumbers(m_commons, world.random.next(), std::move(stream)));
    ++world.segments;
}

Task<> Threads::launch(Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    int result = value;
    if (world.random.oneIn(2)) {
        result = co_await runInThreadLoop(makeRemote(value));
    } else {
        ThreadTask<int> task = co_await launchInThreadLoop(makeRemote(value));
        ++world.segments;
        world.maybeAct(4);
        if (world.random.oneIn(3))
            co_return;
        result = co_await std::move(task);
    }
    ++world.segments;
    check(result == value, "a thread has given another value");
}

Task<> Threads::close(Place place)
{
    const Alive alive(world, place);
    const auto loop = std::exchange(world.random.oneOf(m_loops), std::make_shared<ThreadLoop>());
    co_await loop->close();
    ++world.segments;
}

Task<> Threads::withLoop(Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    const Place child = below(world, place);
    child.record->request(MostRequests);
    const auto body = [&] { return node(world, child, value); };
    const int result = co_await withThreadLoop(makeRemote(value), body);
    ++world.segments;
    check(result == value, "withThreadLoop() has given another value");
}

Task<> Threads::work(Place place)
{
    const Alive alive(world, place);
    switch (world.isQuiet ? -1 : world.random.below(40)) {
    case -1:
        co_await yieldNow();
        break;
    case 0:
        co_await launch(inside(place));
        break;
    case 1:
        co_await close(inside(place));
        break;
    case 2:
        co_await withLoop(inside(place));
        break;
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
        co_await compute(inside(place));
        break;
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
        co_await runThere(inside(place));
        break;
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
    case 19:
        co_await spawnThere(inside(place));
        break;
    case 20:
    case 21:
    case 22:
        co_await takeFromThere(inside(place));
        break;
    case 23:
    case 24:
    case 25:
        co_await takeThere(inside(place));
        break;
    default:
        co_await useCommonsHere(inside(place));
    }
}

void Threads::poke()
{
    Random &random = world.random;
    switch (random.below(32)) {
    case 0:
        if (random.oneIn(4))
            renewLoop();
        break;
    case 1:
    case 2: {
        ThreadTask<int> task = random.oneOf(m_loops)->spawn(makeRemote(world.value()));
        ThreadTask<int> old = std::exchange(random.oneOf(m_tasks), std::move(task));
        break;
    }
    case 3: {
        const ThreadTask<int> old = std::exchange(random.oneOf(m_tasks), ThreadTask<int>());
        break;
    }
    case 4:
    case 5:
        world.quietly([&] { random.oneOf(m_tasks).cancel(); });
        break;
    case 6:
        world.quietly([&] { m_commons.latch.renew(); });
        break;
    case 7:
        world.quietly([&] { m_commons.event.renew(); });
        break;
    case 8:
        world.quietly([&] { m_commons.shortLock.renew(); });
        break;
    case 9: {
        auto context = std::make_unique<QObject>();
        m_commons.state.observe(context.get(), [this](qint64 value) {
            check(value <= m_commons.updates, "a state shows what nobody has set");
        });
        const auto old = std::exchange(random.oneOf(m_contexts), std::move(context));
        break;
    }
    case 10:
        world.quietly([&] { m_commons.changed.notifyAll(); });
        break;
    case 11:
    case 12:
    case 13:
    case 14:
        world.quietly([&] { update(m_commons); });
        break;
    case 15:
    case 16:
    case 17:
    case 18:
        world.quietly([&] { m_commons.event.use([&](ThreadsafeEvent &event) { event.set(); }); });
        break;
    case 19:
        world.quietly([&] { m_commons.event.use([&](ThreadsafeEvent &event) { event.clear(); }); });
        break;
    default:
        world.quietly([&] { m_commons.latch.use([&](Latch &latch) { latch.toggle(!latch.isSet()); }); });
    }
}

void Threads::release()
{
    m_commons.isQuiet = true;
    for (ThreadTask<int> &task : m_tasks)
        task.cancel();
    m_commons.latch.renew();
    m_commons.event.renew();
    m_commons.shortLock.renew();
    m_commons.changed.notifyAll();
    update(m_commons);
}

void Threads::checkEmpty()
{
    for (ThreadTask<int> &task : m_tasks)
        task = ThreadTask<int>();
    check(!m_commons.lock.isLocked(), "a lock was not released");
    check(m_commons.state.value() == m_commons.updates, "an update was lost");
    check(m_commons.tokens >= 0 && m_commons.inside == 0, "a lock was not respected");
    for (auto &context : m_contexts)
        context.reset();
    m_commons.isQuiet = false;
}

const RoomEntry s_entry("threads",
                        [](World &world) -> std::unique_ptr<Room> { return std::make_unique<Threads>(world); });

} // namespace

} // namespace Stress
