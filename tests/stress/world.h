// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The world that all rooms share: owners with trees of tasks out of every combinator, what can be done to them, and
// what must hold. A room adds what its tasks do and what can be done to that.

#include "stress.h"

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>
#include <CoDrive/core/taskinfo.h>
#include <CoDrive/sync/event.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskscope.h>
#include <CoDrive/testing/instancecounter.h>
#include <CoDrive/testing/virtualclock.h>

#include <QString>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

namespace Stress {

using namespace CoDrive;
using namespace std::chrono_literals;

/// What the tasks of this program throw; every one is a different error.
class Fault : public std::runtime_error
{
public:
    explicit Fault(quint64 number)
        : std::runtime_error("fault " + std::to_string(number))
    {
    }
};

/// Of a task whose requests come from who knows where.
constexpr int MostRequests = 1000000;

/// What is known of a task: the requests that can have reached it, and those that did.
class Record
{
public:
    Record(quint64 number, std::shared_ptr<Record> starter)
        : id(number)
        , parent(std::move(starter))
    {
    }
    /// How many can have come: its own, and those to the task above, with one of the combinator between.
    int made() const { return m_made + (parent ? parent->made() + 1 : 0); }
    void request(int count = 1) { m_made += count; }
    void see()
    {
        ++m_seen;
        check(m_seen <= made(), "a task has seen more requests than were made");
    }

    const quint64 id;
    const std::shared_ptr<Record> parent;

private:
    int m_made = 0;
    int m_seen = 0;
};

using RecordPointer = std::shared_ptr<Record>;

/// The frames below one owner.
struct Frames
{
    int count = 0;
    bool isOwnerGone = false; ///< or going
};

using FramesPointer = std::shared_ptr<Frames>;

/// Where in a tree of tasks a frame stands.
class Place
{
public:
    Place(RecordPointer task, FramesPointer owner, int height, bool ends)
        : record(std::move(task))
        , frames(std::move(owner))
        , levels(height)
        , mustEnd(ends)
    {
    }
    RecordPointer record;
    FramesPointer frames;
    int levels; ///< how many may stand below
    bool mustEnd; ///< also when nobody cancels it
};
/// What a room adds to the world.
class Room
{
public:
    explicit Room(World &ownWorld)
        : world(ownWorld)
    {
    }
    Room(const Room &) = delete;
    virtual ~Room() = default;

    /// Does something of the room once. What it waits for ends when release() has been called often enough.
    virtual Task<> work(Place place) = 0;
    /// Does something to what the tasks use, or wait for.
    virtual void poke() = 0;
    /// Lets all tasks come to their end; called until they have.
    virtual void release() = 0;
    /// Whether an error belongs to the room.
    virtual bool knows(const std::exception &) const { return false; }
    /// Called with nothing up the stack.
    virtual void checkStill() { }
    /// Called when all has ended; makes the room ready for more.
    virtual void checkEmpty() { }
    /// Whether other threads take part, for which one must wait.
    virtual bool hasThreads() const { return false; }

protected:
    World &world;
};

void onUnhandled(const std::exception_ptr &error, const TaskInfo &task);

/// An owner of tasks, and what was started in it.
class Owner
{
public:
    Owner() { scope.onError(onUnhandled); }
    Owner(const Owner &) = delete;

    FramesPointer frames = std::make_shared<Frames>();
    std::vector<std::weak_ptr<Record>> records;
    TaskScope scope; // last: destroyed first
};

/// A handle, and what it has shown so far.
class Watched
{
public:
    Watched(TaskHandle<int> task, RecordPointer about, int result)
        : handle(std::move(task))
        , record(std::move(about))
        , value(result)
    {
    }
    void look()
    {
        const Outcome<int> &outcome = handle.outcome();
        check(handle.isFinished() == !outcome.isPending(), "a handle contradicts itself");
        check(!wasFinished || handle.isFinished(), "a task that had ended has not");
        if (!handle.isFinished())
            return;
        const int how = outcome.isSuccess() ? 1 : outcome.isFailure() ? 2 : outcome.isCancelled() ? 3 : 4;
        check(!wasFinished || how == end || (end == 1 && how == 4), "a task has ended twice");
        check(how != 1 || outcome.value() == value, "a task has given another's value");
        wasFinished = true;
        end = how; // 4: the value was moved out
    }

    TaskHandle<int> handle;
    RecordPointer record;
    int value;
    bool wasFinished = false;
    int end = 0;
};

class World
{
public:
    World(VirtualClock &clock, const RoomEntry &entry)
        : random(s_run.seed)
        , m_clock(clock)
    {
        for (std::unique_ptr<Event> &gate : gates)
            gate = std::make_unique<Event>();
        for (std::unique_ptr<Owner> &owner : owners)
            owner = std::make_unique<Owner>();
        room = entry.make(*this);
    }

    /// A run of a room.
    static void runOne(const RoomEntry &entry);

    /// Does something at random.
    void act();
    /// What a task or destructor does in passing.
    void maybeAct(int oneIn)
    {
        if (!isQuiet && random.oneIn(oneIn) && m_actDepth < 4)
            act();
    }
    /// There is enough going on.
    bool isFull() const { return isQuiet || InstanceCounter::count() > 400; }
    Event &gate() { return *gates[static_cast<std::size_t>(random.below(static_cast<int>(gates.size())))]; }
    int value() { return random.below(1000000); }
    RecordPointer record(RecordPointer parent = {})
    {
        return std::make_shared<Record>(++m_lastRecord, std::move(parent));
    }
    [[noreturn]] void throwFault() { throw Fault(++m_lastFault); }
    /// Calls what must not run anybody (law L4).
    template<typename Function>
    void quietly(Function function)
    {
        const quint64 before = segments;
        function();
        check(segments == before, "a task has gone on inside a call that completes or requests something");
    }
    void onUnhandled(const std::exception_ptr &error, const TaskInfo &task);
    void watch(TaskHandle<int> handle, RecordPointer record, int value);
    TaskHandle<int> someHandle()
    {
        return watched.empty() ? TaskHandle<int>()
                               : watched[static_cast<std::size_t>(random.below(static_cast<int>(watched.size())))].handle;
    }
    std::optional<PrimedTask<int>> takePrimed(int &value)
    {
        auto &slot = primed[static_cast<std::size_t>(random.below(static_cast<int>(primed.size())))];
        value = slot.second;
        return std::exchange(slot.first, std::nullopt);
    }

    Random random;
    bool isQuiet = false; ///< what runs is to come to its end
    quint64 segments = 0; ///< how often a task has gone on
    std::array<std::unique_ptr<Event>, 6> gates;
    std::array<std::unique_ptr<Owner>, 4> owners;
    std::array<std::optional<TaskGroup>, 4> groups;
    std::array<TaskScope *, 4> scopes{}; ///< of withTaskScope()
    std::array<std::pair<std::optional<PrimedTask<int>>, int>, 4> primed;
    std::vector<Watched> watched;
    std::unique_ptr<Room> room; // first to go

private:
    void runAll();
    void actInside();
    void spawn();
    void destroyOwner();
    void runNested();
    void checkStill();
    void letEnd();
    void quiesce();

    VirtualClock &m_clock;
    const std::thread::id m_home = std::this_thread::get_id();
    quint64 m_lastFault = 0;
    quint64 m_lastRecord = 0;
    int m_actDepth = 0;
    int m_nestedDepth = 0;
    std::unordered_set<quint64> m_reported; ///< tasks
    std::vector<FramesPointer> m_destroyed; ///< whose owner is gone
};
/// The world of the run that goes on.
extern World *s_world;

/// Only errors that somebody has thrown, or that the library announces, may ever be seen.
void checkError(const std::exception_ptr &error);

/// In every frame: counts it, and does something when the frame dies.
class Alive
{
public:
    Alive(World &world, const Place &place)
        : m_world(world)
        , m_frames(place.frames)
    {
        ++m_frames->count;
        ++m_world.segments;
    }
    Alive(Alive &&) = delete;
    ~Alive()
    {
        ++m_world.segments;
        m_world.maybeAct(60);
        --m_frames->count;
    }

private:
    World &m_world;
    const FramesPointer m_frames;
    const InstanceCounter m_counter;
};
/// Around a wait: a request that is pending when it suspends ends it, and so does the end of the owner.
class Suspension
{
public:
    /// \param suspends whether it is known to suspend
    Suspension(const Place &place, bool suspends)
        : m_frames(place.frames)
        , m_mustEnd(suspends && currentTask().cancelRequested)
        , m_mustSuspend(suspends)
    {
    }
    /// It has given its result.
    void passed() const
    {
        ++s_world->segments;
        check(!m_mustEnd, "a pending request did not end the next suspension");
        check(!m_frames->isOwnerGone || !m_mustSuspend, "a task has passed a suspension after its owner's end");
    }

private:
    const FramesPointer m_frames;
    const bool m_mustEnd;
    const bool m_mustSuspend;
};

/// A piece of a tree: does something at random a few times, and gives \a value.
Task<int> node(World &world, Place place, int value);
/// Waits for something elementary.
Task<> leaf(World &world, Place place);

/// Of a child.
Place below(World &world, const Place &place, bool mustEnd = false);
/// Of a frame in the same task.
Place inside(const Place &place);
/// Of a task that may outlive the owner of who starts it.
Place apart(World &world, int levels, int requests = MostRequests);

} // namespace Stress
