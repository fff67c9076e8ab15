// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "world.h"

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/outcome.h>
#include <CoDrive/core/sleep.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>
#include <CoDrive/testing/settle.h>

#include <QCoreApplication>

namespace Stress {

World *s_world = nullptr;

void onUnhandled(const std::exception_ptr &error, const TaskInfo &task)
{
    s_world->onUnhandled(error, task);
}

/// Only errors that somebody has thrown, or that the library announces, may ever be seen.
void checkError(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const Fault &) {
    } catch (const ExceptionGroup &group) {
        check(group.exceptions().size() > 1, "a group of less than two errors");
        for (const std::exception_ptr &member : group.exceptions())
            checkError(member);
    } catch (const Cancelled &cancelled) {
        if (!QByteArray(cancelled.what()).contains("task ") && (!s_world->room || !s_world->room->knows(cancelled)))
            fail("a Cancelled of no task:", QString::fromUtf8(cancelled.what()));
    } catch (const ObjectDestroyed &) {
    } catch (const TimeoutError &) {
    } catch (const std::logic_error &e) {
        const QByteArray text = e.what();
        check(text.contains("which waits for it") || text.contains("an empty handle")
                  || text.contains("was moved out before") || text.contains("the group has ended")
                  || (s_world->room && s_world->room->knows(e)),
              e.what());
    } catch (const std::exception &e) {
        if (!s_world->room || !s_world->room->knows(e))
            fail("an unexpected exception", QString::fromUtf8(e.what()));
    } catch (...) {
        fail("an unexpected exception");
    }
}

/// Waits for something elementary. Checks that a pending request ends it.
Task<> leaf(World &world, Place place)
{
    const Alive alive(world, place);
    const bool wasRequested = currentTask().cancelRequested;
    bool mustSuspend = true;
    switch (world.isQuiet ? 1 : world.random.below(place.mustEnd ? 8 : 9)) {
    case 0:
    case 1: {
        Event &gate = world.gate();
        mustSuspend = !gate.isSet();
        co_await gate.wait();
        break;
    }
    case 2:
    case 3:
        co_await sleepFor(std::chrono::milliseconds(world.random.below(20)));
        break;
    case 4:
        co_await sleepUntil(std::chrono::steady_clock::now() - 1h);
        break;
    case 5:
        co_await yieldNow();
        break;
    case 6:
        co_await checkpoint();
        mustSuspend = wasRequested;
        break;
    case 7:
        mustSuspend = false;
        break;
    default:
        co_await waitForever();
        fail("waitForever() has returned");
    }
    ++world.segments;
    check(!wasRequested || !mustSuspend, "a pending request did not end the next suspension");
    check(!place.frames->isOwnerGone || !mustSuspend, "a task has passed a suspension after its owner's end");
}

/// Waits for something elementary, and notes a request that ends that.
static Task<> observe(World &world, Place place)
{
    const Alive alive(world, place);
    const Outcome<> outcome = co_await attempt(leaf(world, place));
    if (outcome.isCancelled())
        place.record->see();
    else if (outcome.isFailure())
        std::rethrow_exception(outcome.error());
}

Place below(World &world, const Place &place, bool mustEnd)
{
    return Place(world.record(place.record), place.frames, place.levels - 1, place.mustEnd || mustEnd);
}

Place inside(const Place &place)
{
    return Place(place.record, place.frames, place.levels - 1, place.mustEnd);
}

/// Of a task that may outlive the owner of who starts it.
Place apart(World &world, int levels, int requests)
{
    Place place(world.record(), std::make_shared<Frames>(), levels, true);
    place.record->request(requests);
    return place;
}

static std::vector<Task<int>> nodes(World &world, const Place &place, int count, int first)
{
    std::vector<Task<int>> tasks;
    for (int i = 0; i < count; ++i)
        tasks.push_back(node(world, below(world, place), first + i));
    return tasks;
}

static Task<> gatherSome(World &world, Place place)
{
    const Alive alive(world, place);
    const int first = world.value();
    switch (world.random.below(4)) {
    case 0: {
        const auto results = co_await gather(node(world, below(world, place), first), leaf(world, below(world, place)),
                                             node(world, below(world, place), first + 1));
        check(std::get<0>(results) == first && std::get<2>(results) == first + 1, "gather() has mixed up its results");
        break;
    }
    case 1: {
        const int count = world.random.below(5);
        const std::vector<Outcome<int>> outcomes = co_await gatherOutcomes(nodes(world, place, count, first));
        check(static_cast<int>(outcomes.size()) == count, "gatherOutcomes() has lost a result");
        for (int i = 0; i < count; ++i) {
            const Outcome<int> &outcome = outcomes[static_cast<std::size_t>(i)];
            check(outcome.isSuccess() || outcome.isFailure(), "gatherOutcomes() has given a result without an end");
            if (outcome.isFailure())
                checkError(outcome.error());
            else
                check(outcome.value() == first + i, "gatherOutcomes() has mixed up its results");
        }
        break;
    }
    default: {
        const int count = world.random.below(5);
        const GatherOptions options{.sensitive = world.random.oneIn(2)};
        const std::vector<int> results = co_await gather(nodes(world, place, count, first), options);
        check(static_cast<int>(results.size()) == count, "gather() has lost a result");
        for (int i = 0; i < count; ++i)
            check(results[static_cast<std::size_t>(i)] == first + i, "gather() has mixed up its results");
    }
    }
    ++world.segments;
}

static Task<> raceSome(World &world, Place place)
{
    const Alive alive(world, place);
    const int first = world.value();
    if (world.random.oneIn(2)) {
        const auto winner = co_await race(node(world, below(world, place), first), leaf(world, below(world, place)),
                                          node(world, below(world, place), first + 1));
        check(winner.index() != 0 || std::get<0>(winner) == first, "race() has mixed up its results");
        check(winner.index() != 2 || std::get<2>(winner) == first + 1, "race() has mixed up its results");
    } else {
        const RaceResult<int> winner
            = co_await race(nodes(world, place, 1 + world.random.below(4), first));
        check(winner.value == first + static_cast<int>(winner.index), "race() has mixed up its results");
    }
    ++world.segments;
}

static Task<> limitSome(World &world, Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    const auto limit = std::chrono::milliseconds(world.random.below(25) - 2);
    switch (world.random.below(3)) {
    case 0: {
        const int result = co_await withTimeout(limit, node(world, below(world, place), value));
        check(result == value, "withTimeout() has given another value");
        break;
    }
    case 1: {
        const std::optional<int> result = co_await moveOnAfter(limit, node(world, below(world, place), value));
        check(!result || *result == value, "moveOnAfter() has given another value");
        break;
    }
    default: {
        const auto deadline = detail::Loop::current().now() + limit;
        const int result = co_await withDeadline(deadline, node(world, below(world, place), value));
        check(result == value, "withDeadline() has given another value");
    }
    }
    ++world.segments;
}

static Task<int> groupBody(World &world, Place place, TaskGroup &group, int value)
{
    const Alive alive(world, place);
    world.groups[static_cast<std::size_t>(world.random.below(4))] = group;
    const int count = world.random.below(4);
    for (int i = 0; i < count; ++i) {
        const int result = world.value();
        const Place child = below(world, place);
        TaskHandle<int> handle = group.spawn(node(world, child, result));
        if (!handle.sharedTask())
            break; // this tree is being destroyed
        world.watch(handle, child.record, result);
    }
    co_await observe(world, inside(place));
    if (world.random.oneIn(8))
        world.throwFault();
    co_return value;
}

static Task<> groupSome(World &world, Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    const Place body = below(world, place);
    const auto callable = [&](TaskGroup &group) { return groupBody(world, body, group, value); };
    int result;
    if (world.random.oneIn(2))
        result = co_await withTaskGroup(callable);
    else
        result = co_await withVolatileTaskGroup(callable);
    check(result == value, "a group has given another value");
    ++world.segments;
}

static Task<int> scopeBody(World &world, Place place, TaskScope &scope, int value)
{
    const Alive alive(world, place);
    scope.onError(onUnhandled);
    const int count = world.random.below(4);
    for (int i = 0; i < count; ++i) {
        const int result = world.value();
        const Place child = below(world, place);
        TaskHandle<int> handle = scope.spawn(node(world, child, result));
        if (!handle.sharedTask())
            break; // this tree is being destroyed
        world.watch(handle, child.record, result);
    }
    if (world.random.oneIn(3))
        scope.spawn(leaf(world, below(world, place)));
    if (world.random.oneIn(3))
        co_await observe(world, inside(place));
    co_return value;
}

namespace {

/// Makes a scope known to who wants to start something in it, as long as it lives.
class KeepsScope
{
public:
    explicit KeepsScope(World &world)
        : m_slot(world.scopes[static_cast<std::size_t>(world.random.below(4))])
    {
    }
    KeepsScope(KeepsScope &&) = delete;
    ~KeepsScope()
    {
        if (m_slot == m_scope)
            m_slot = nullptr;
    }
    void keep(TaskScope &scope) const { m_slot = m_scope = &scope; }

private:
    TaskScope *&m_slot;
    mutable TaskScope *m_scope = nullptr;
};

} // namespace

static Task<> scopeSome(World &world, Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    const Place body = below(world, place);
    const KeepsScope kept(world);
    const auto callable = [&](TaskScope &scope) {
        kept.keep(scope);
        return scopeBody(world, body, scope, value);
    };
    const int result = co_await withTaskScope(callable);
    check(result == value, "withTaskScope() has given another value");
    ++world.segments;
}

static Task<> shieldSome(World &world, Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    int result;
    switch (world.random.below(3)) {
    case 0:
        result = co_await shield(node(world, apart(world, place.levels - 1, 0), value));
        break;
    case 1:
        result = co_await shieldWait(node(world, below(world, place, true), value), world.random.below(4));
        break;
    default:
        result = co_await shieldForever(node(world, below(world, place, true), value));
    }
    check(result == value, "a shield has given another value");
    ++world.segments;
}

static Task<> cleanUpSome(World &world, Place place)
{
    const Alive alive(world, place);
    const int value = world.value();
    const Place first = below(world, place);
    const Place second = below(world, place, true);
    bool bodyRan = false;
    bool cleanupRan = false;
    const auto body = [&]() {
        bodyRan = true;
        return node(world, first, value);
    };
    const auto cleanup = [&]() {
        cleanupRan = true;
        return leaf(world, second);
    };
    const int result = co_await withCleanup(body, cleanup);
    check(result == value, "withCleanup() has given another value");
    check(bodyRan && cleanupRan, "withCleanup() has left something out");
    ++world.segments;
}

static Task<> primeSome(World &world, Place place)
{
    const Alive alive(world, place);
    int value = world.value();
    std::optional<PrimedTask<int>> primed;
    if (world.random.oneIn(3))
        primed = world.takePrimed(value);
    else
        primed.emplace(prime(node(world, apart(world, place.levels - 1, MostRequests), value)));
    world.maybeAct(4);
    if (!primed || world.random.oneIn(4))
        co_return;
    if (world.random.oneIn(4)) {
        auto &slot = world.primed[static_cast<std::size_t>(world.random.below(4))];
        auto old = std::exchange(slot.first, std::move(primed));
        slot.second = value;
        co_return;
    }
    const int result = co_await std::move(*primed);
    check(result == value, "a primed task has given another value");
    ++world.segments;
}

static Task<> joinSome(World &world, Place place)
{
    const Alive alive(world, place);
    const TaskHandle<int> handle = world.someHandle();
    if (world.random.oneIn(4)) {
        co_await shield(handle);
    } else if (world.random.oneIn(4)) {
        TaskHandle<int> moved = handle;
        co_await std::move(moved);
    } else {
        co_await handle;
    }
    check(handle.isFinished(), "a handle was awaited and its task has not ended");
    ++world.segments;
}

static Task<> some(World &world, Place place)
{
    const Alive alive(world, place);
    constexpr int ofRoom = 12;
    int what = place.levels <= 0 || world.isFull() ? 0 : world.random.below(ofRoom);
    if (world.room && world.random.oneIn(2))
        what = ofRoom;
    switch (what) {
    case ofRoom:
        co_await world.room->work(inside(place));
        break;
    case 0:
        co_await observe(world, inside(place));
        break;
    case 1:
        co_await leaf(world, inside(place));
        break;
    case 2:
        co_await gatherSome(world, inside(place));
        break;
    case 3:
        co_await raceSome(world, inside(place));
        break;
    case 4:
        co_await limitSome(world, inside(place));
        break;
    case 5:
        co_await groupSome(world, inside(place));
        break;
    case 6:
        co_await scopeSome(world, inside(place));
        break;
    case 7:
        co_await shieldSome(world, inside(place));
        break;
    case 8:
        co_await cleanUpSome(world, inside(place));
        break;
    case 9:
        co_await primeSome(world, inside(place));
        break;
    case 10:
        co_await joinSome(world, inside(place));
        break;
    default:
        co_await node(world, inside(place), 0);
    }
    ++world.segments;
    if (!world.isQuiet && world.random.oneIn(12))
        world.throwFault();
    if (!world.isQuiet && world.random.oneIn(40))
        co_await unwind();
}

/// A piece of a tree: does something at random a few times, and gives \a value.
Task<int> node(World &world, Place place, int value)
{
    const Alive alive(world, place);
    const int rounds = place.levels <= 0 ? 1 : 1 + world.random.below(3);
    for (int round = 0; round < rounds && !world.isQuiet; ++round) {
        ++s_run.step;
        world.maybeAct(10);
        switch (world.random.below(6)) {
        case 0: {
            const Outcome<> outcome = co_await attempt(some(world, inside(place)));
            check(!outcome.isPending(), "attempt() has given no end");
            if (outcome.isFailure())
                checkError(outcome.error());
            break;
        }
        case 1:
            try {
                co_await catchable(some(world, inside(place)));
            } catch (const Cancelled &) {
                checkError(std::current_exception());
                if (world.random.oneIn(2))
                    throw;
            } catch (...) {
                checkError(std::current_exception());
            }
            break;
        case 2:
            try {
                co_await some(world, inside(place));
            } catch (...) {
                checkError(std::current_exception());
                world.maybeAct(4);
            }
            break;
        default:
            co_await some(world, inside(place));
        }
        ++world.segments;
    }
    co_return value;
}

void World::watch(TaskHandle<int> handle, RecordPointer record, int value)
{
    Watched entry(std::move(handle), std::move(record), value);
    entry.look();
    if (watched.size() < 32) {
        watched.push_back(std::move(entry));
        return;
    }
    // What is replaced may be the last reference, and a value may die with it.
    const auto index = static_cast<std::size_t>(random.below(32));
    watched[index].look();
    const Watched old = std::exchange(watched[index], std::move(entry));
}

void World::onUnhandled(const std::exception_ptr &error, const TaskInfo &task)
{
    checkError(error);
    if (std::this_thread::get_id() != m_home)
        return; // of a task of another thread
    trace("unhandled error of", task.id);
    check(task.id != 0 || room, "an error of no task");
    // What a stream is left with is an error of nobody, or of who waits in it, who may have one of his own as well.
    check(room || m_reported.insert(task.id).second, "the error of a task was reported twice");
    maybeAct(8);
}

void World::spawn()
{
    if (isFull())
        return;
    Owner &owner = *owners[static_cast<std::size_t>(random.below(4))];
    const int result = value();
    const Place place(record(), owner.frames, 1 + random.below(8), false);
    owner.records.push_back(place.record);
    trace("spawn", place.record->id);
    TaskHandle<int> handle = owner.scope.spawn(node(*this, place, result), QString::number(place.record->id));
    if (handle.sharedTask())
        watch(handle, place.record, result);
}

void World::destroyOwner()
{
    auto &slot = owners[static_cast<std::size_t>(random.below(4))];
    auto next = std::make_unique<Owner>();
    std::unique_ptr<Owner> old = std::exchange(slot, std::move(next));
    trace("destroy");
    const FramesPointer frames = old->frames;
    frames->isOwnerGone = true;
    const bool isOutside = !detail::Loop::currentTask() && m_actDepth == 1 && m_nestedDepth == 0;
    old.reset();
    if (isOutside)
        check(frames->count == 0, "frames have outlived their owner");
    else
        m_destroyed.push_back(frames);
}

void World::runNested()
{
    if (m_nestedDepth >= 3)
        return;
    trace("nested");
    ++m_nestedDepth;
    const int actDepth = std::exchange(m_actDepth, 0);
    for (int i = random.below(4); i >= 0; --i) {
        if (random.oneIn(2))
            QCoreApplication::processEvents();
        else
            settle();
        maybeAct(1);
    }
    m_actDepth = actDepth;
    --m_nestedDepth;
}

void World::act()
{
    ++s_run.step;
    ++m_actDepth;
    actInside();
    --m_actDepth;
}

void World::actInside()
{
    if (room && random.oneIn(2)) {
        room->poke();
        return;
    }
    switch (random.below(24)) {
    case 0:
    case 1:
    case 2:
    case 3:
        quietly([this] { gate().set(); });
        break;
    case 4:
    case 5:
        gate().clear();
        break;
    case 6:
        quietly([this] {
            auto &slot = gates[static_cast<std::size_t>(random.below(6))];
            slot = std::make_unique<Event>();
        });
        break;
    case 7:
    case 8:
    case 9:
        if (!watched.empty()) {
            Watched &one = watched[static_cast<std::size_t>(random.below(static_cast<int>(watched.size())))];
            const int times = 1 + random.below(2);
            quietly([&] {
                for (int i = 0; i < times; ++i) {
                    trace("cancel", one.record->id);
                    one.record->request();
                    one.handle.cancel(random.oneIn(2) ? QStringLiteral("a reason") : QString());
                    const detail::StartedTask *const task = one.handle.sharedTask();
                    check(task->isFinished() || task->isRequested() || task->isUnwinding() || task->isDoomed(),
                          "a request was lost");
                }
            });
        }
        break;
    case 10: {
        Owner &owner = *owners[static_cast<std::size_t>(random.below(4))];
        std::erase_if(owner.records, [](const std::weak_ptr<Record> &entry) { return entry.expired(); });
        for (const std::weak_ptr<Record> &entry : owner.records) {
            if (const RecordPointer task = entry.lock())
                task->request();
        }
        trace("cancel scope");
        quietly([&] { owner.scope.cancel(); });
        break;
    }
    case 11:
    case 19:
        destroyOwner();
        break;
    case 12:
        if (!watched.empty()) {
            std::swap(watched.back(),
                      watched[static_cast<std::size_t>(random.below(static_cast<int>(watched.size())))]);
            watched.back().look();
            const Watched old = std::move(watched.back());
            watched.pop_back();
        }
        break;
    case 13:
        if (!isFull()) {
            const int result = value();
            const Place place = apart(*this, 1 + random.below(4), MostRequests);
            PrimedTask<int> task = prime(node(*this, place, result));
            auto &slot = primed[static_cast<std::size_t>(random.below(4))];
            auto old = std::exchange(slot.first, std::move(task));
            slot.second = result;
        }
        break;
    case 14: {
        int ignored;
        const auto dropped = takePrimed(ignored);
        break;
    }
    case 15:
    case 16: {
        std::optional<TaskGroup> group = groups[static_cast<std::size_t>(random.below(4))];
        if (group && !isFull()) {
            const int result = value();
            const Place place = apart(*this, 1 + random.below(3), MostRequests);
            try {
                TaskHandle<int> handle = group->spawn(node(*this, place, result));
                if (handle.sharedTask())
                    watch(handle, place.record, result);
            } catch (const std::logic_error &) {
                trace("the group has ended");
            }
        }
        break;
    }
    case 17:
        if (TaskScope *const scope = scopes[static_cast<std::size_t>(random.below(4))]; scope && !isFull()) {
            const int result = value();
            const Place place = apart(*this, 1 + random.below(3), MostRequests);
            TaskHandle<int> handle = scope->spawn(node(*this, place, result));
            if (handle.sharedTask())
                watch(handle, place.record, result);
        }
        break;
    case 18:
        runNested();
        break;
    default:
        spawn();
    }
}

/// With nothing up the stack.
void World::checkStill()
{
    for (const FramesPointer &frames : m_destroyed)
        check(frames->count == 0, "frames have outlived their owner");
    m_destroyed.clear();
    for (Watched &one : watched)
        one.look();
    if (room)
        room->checkStill();
    check(!detail::Loop::current().doomed().hasChildren(), "doomed tasks were left");
    check(!detail::Loop::currentTask(), "a task counts as running");
}

/// Opens everything until nobody is left.
void World::letEnd()
{
    const bool mustWait = room && room->hasThreads();
    QElapsedTimer waited;
    waited.start();
    for (int i = 0; InstanceCounter::count() > 0 && (i < 100 || (mustWait && waited.elapsed() < 60000)); ++i) {
        for (std::unique_ptr<Event> &gate : gates)
            gate->set();
        if (room)
            room->release();
        m_clock.advance(1s);
        if (mustWait)
            std::this_thread::sleep_for(50us);
    }
    settle();
}

/// Lets everything end, and looks for what is left.
void World::quiesce()
{
    isQuiet = true;
    std::vector<TaskHandle<int>> left;
    for (Watched &one : watched)
        left.push_back(one.handle);
    watched.clear();
    for (auto &slot : primed)
        slot.first.reset();
    for (auto &slot : groups)
        slot.reset();
    for (std::unique_ptr<Owner> &owner : owners)
        owner = std::make_unique<Owner>();
    letEnd();
    // What was on its way to another thread had no frame yet.
    for (int i = 0; InstanceCounter::count() > 0 && i < 3; ++i)
        letEnd();
    checkStill();
    for (const TaskHandle<int> &handle : left)
        if (!handle.isFinished())
            fail("a task has not ended", dumpTasks());
    if (InstanceCounter::count() != 0)
        fail("frames were left", QString::number(InstanceCounter::count()) + u'\n' + dumpTasks());
    if (!dumpTasks().isEmpty())
        fail("tasks were left", dumpTasks());
    detail::Loop &loop = detail::Loop::current();
    check(!loop.hasReady(), "something is ready");
    check(loop.timers().isEmpty() && !loop.isTimerArmed(), "a timer is armed");
    if (room)
        room->checkEmpty();
    m_reported.clear();
    for (std::unique_ptr<Event> &gate : gates)
        gate->clear();
    isQuiet = false;
}

void World::runAll()
{
    qint64 nextRest = 2000;
    quint64 turn = 0;
    while (!s_run.isOver()) {
        // What is done from outside depends on the seed and the turn, not on what other threads have done before.
        random = Random(s_run.seed + (++turn << 32));
        for (int i = random.below(6); i >= 0; --i)
            act();
        switch (random.below(3)) {
        case 0:
            QCoreApplication::processEvents();
            break;
        case 1:
            settle();
            break;
        default:
            m_clock.advance(std::chrono::milliseconds(random.below(8)));
        }
        checkStill();
        if (s_run.step >= nextRest || s_run.isOver()) {
            quiesce();
            nextRest = s_run.step + 2000;
        }
    }
}
void World::runOne(const RoomEntry &entry)
{
    detail::Loop::current().setDrainBudget(24h);
    VirtualClock clock;
    {
        World world(clock, entry);
        s_world = &world;
        setUnhandledErrorHandler(Stress::onUnhandled);
        world.runAll();
    }
    setUnhandledErrorHandler({});
    s_world = nullptr;
}

static const RoomEntry s_core("core", [](World &) -> std::unique_ptr<Room> { return nullptr; });

} // namespace Stress
