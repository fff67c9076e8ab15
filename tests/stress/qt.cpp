// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Signals, timers, futures and owners of Qt: emitted, fired, completed, cancelled and destroyed at random. A waiter
// gets the first emission after it has begun to wait; nobody waits for what is gone.

#include "sender.h"
#include "world.h"

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/qt/future.h>
#include <CoDrive/qt/interop.h>
#include <CoDrive/qt/owner.h>
#include <CoDrive/qt/signal.h>
#include <CoDrive/qt/timer.h>
#include <CoDrive/tasks/shield.h>

#include <QCoreApplication>
#include <QPromise>
#include <QTimer>
#include <QTimerEvent>

namespace Stress {

namespace {

/// A sender, and how often it has emitted.
struct Sender
{
    std::unique_ptr<Words::S> object = std::make_unique<Words::S>();
    int emitted = 0;
};

using SenderPointer = std::shared_ptr<Sender>;

/// A timer that fires when it is told to.
struct Clock
{
    std::unique_ptr<QTimer> timer = std::make_unique<QTimer>();
    int fired = 0;
};

using ClockPointer = std::shared_ptr<Clock>;

/// Something that will be there one day, and what it will be.
struct Parcel
{
    QPromise<int> promise;
    int value = 0;
    bool isCancelled = false;
};

using ParcelPointer = std::shared_ptr<Parcel>;

/// A QObject, and the frames of its tasks.
struct Host
{
    FramesPointer frames = std::make_shared<Frames>();
    std::unique_ptr<QObject> object = std::make_unique<QObject>();
};

class QtRoom final : public Room
{
public:
    explicit QtRoom(World &ownWorld)
        : Room(ownWorld)
    {
        for (auto &slot : m_senders)
            slot = std::make_shared<Sender>();
        for (auto &slot : m_clocks)
            slot = makeClock();
        for (auto &slot : m_parcels)
            slot = makeParcel();
    }

    Task<> work(Place place) override;
    void poke() override;
    void release() override;
    bool knows(const std::exception &error) const override
    {
        const QByteArray text = error.what();
        return dynamic_cast<const TimerStopped *>(&error) || text.contains("without a result")
            || text.contains("the connection to");
    }
    void checkStill() override;
    void checkEmpty() override;

private:
    Task<> awaitSignal(Place place);
    Task<> awaitTimer(Place place);
    Task<> awaitParcel(Place place);
    Task<> awaitFuture(Place place);
    Task<> awaitForeign(Place place);
    Task<> spawnThere(Place place);

    ClockPointer makeClock()
    {
        const auto clock = std::make_shared<Clock>();
        start(*clock->timer);
        return clock;
    }
    void start(QTimer &timer)
    {
        timer.setSingleShot(world.random.oneIn(2));
        timer.start(1h);
    }
    ParcelPointer makeParcel()
    {
        const auto parcel = std::make_shared<Parcel>();
        parcel->promise.start();
        return parcel;
    }
    void emitOne(Sender &sender);
    void fire(Clock &clock);
    void finish(ParcelPointer &slot);
    void destroyHost();

    std::array<SenderPointer, 3> m_senders;
    std::array<ClockPointer, 2> m_clocks;
    std::array<ParcelPointer, 3> m_parcels;
    std::array<std::unique_ptr<Host>, 2> m_hosts{std::make_unique<Host>(), std::make_unique<Host>()};
    std::vector<FramesPointer> m_destroyed; ///< whose host is gone
    std::array<QFuture<int>, 4> m_futures; ///< of tasks
};

/// The signal one carries the number of the emission; the others are emitted with it.
Task<> QtRoom::awaitSignal(Place place)
{
    const Alive alive(world, place);
    const SenderPointer sender = world.random.oneOf(m_senders);
    Words::S *const object = sender->object.get();
    const int before = sender->emitted;
    const Suspension wait(place, true);
    switch (world.random.below(5)) {
    case 0:
        co_await nextSignal(object, &Words::S::none);
        break;
    case 1: {
        const int number = co_await nextSignal(object, &Words::S::one);
        check(number == before + 1, "an emission was missed");
        break;
    }
    case 2: {
        const std::tuple<int, QString> both = co_await nextSignal(object, &Words::S::two);
        check(std::get<0>(both) == before + 1 && std::get<1>(both) == QString::number(before + 1),
              "an emission was missed");
        break;
    }
    case 3: {
        const int number = co_await nextSignal(object, &Words::S::priv);
        check(number == before + 1, "an emission was missed");
        break;
    }
    default: {
        const auto isThird = [&](int number) {
            if (world.random.oneIn(50))
                world.throwFault();
            return number % 3 == 0;
        };
        const int number = co_await nextSignal(object, &Words::S::one, isThird);
        check(number == before - before % 3 + 3, "an emission was missed, or is another one");
    }
    }
    wait.passed();
}

Task<> QtRoom::awaitTimer(Place place)
{
    const Alive alive(world, place);
    const ClockPointer clock = world.random.oneOf(m_clocks);
    const int before = clock->fired;
    const Suspension wait(place, clock->timer->isActive());
    co_await clock->timer.get();
    wait.passed();
    check(clock->fired > before, "a timer was awaited that has not fired");
}

Task<> QtRoom::awaitParcel(Place place)
{
    const Alive alive(world, place);
    const ParcelPointer parcel = world.random.oneOf(m_parcels);
    QFuture<int> future = parcel->promise.future();
    const Suspension wait(place, !future.isFinished() && !future.isCanceled());
    try {
        const int value = co_await future;
        wait.passed();
        check(value == parcel->value, "a future has given another value");
    } catch (const Cancelled &) {
        check(future.isCanceled(), "a future counts as cancelled that was not");
        throw Fault(0);
    }
}

/// A task behind a future, which others may cancel.
Task<> QtRoom::awaitFuture(Place place)
{
    const Alive alive(world, place);
    if (world.isFull())
        co_return;
    const int value = world.value();
    QFuture<int> future = toFuture(node(world, apart(world, place.levels - 1), value));
    world.random.oneOf(m_futures) = future;
    world.maybeAct(6);
    try {
        const int result = co_await future;
        ++world.segments;
        check(result == value, "a task behind a future has given another value");
    } catch (const Cancelled &) {
        // The task itself, or what it waited for.
        if (!future.isCanceled())
            throw;
        throw Fault(0);
    }
}

/// A task behind a QCoro::Task, which cannot be cancelled: it is waited for, or left.
Task<> QtRoom::awaitForeign(Place place)
{
    const Alive alive(world, place);
    if (world.isFull())
        co_return;
    const int value = world.value();
    QCoro::Task<int> task = toQCoro(node(world, apart(world, place.levels - 1), value));
    int result = value;
    if (world.random.oneIn(2))
        result = co_await std::move(task);
    else
        result = co_await shield(std::move(task));
    ++world.segments;
    check(result == value, "a QCoro::Task has given another value");
}

Task<> QtRoom::spawnThere(Place place)
{
    const Alive alive(world, place);
    if (world.isFull())
        co_return;
    Host &host = *world.random.oneOf(m_hosts);
    const int value = world.value();
    Place there = apart(world, place.levels - 1);
    there.frames = host.frames;
    there.mustEnd = false;
    const TaskHandle<int> handle = spawnOn(host.object.get(), node(world, there, value));
    if (!handle.sharedTask())
        co_return; // its owner is being destroyed
    world.watch(handle, there.record, value);
    if (world.random.oneIn(2))
        co_return;
    const int result = co_await handle;
    ++world.segments;
    check(result == value, "a handle has given another value");
}

Task<> QtRoom::work(Place place)
{
    const Alive alive(world, place);
    switch (world.isQuiet ? -1 : world.random.below(12)) {
    case -1:
        co_await yieldNow();
        break;
    case 0:
    case 1:
    case 2:
    case 3:
        co_await awaitSignal(inside(place));
        break;
    case 4:
    case 5:
        co_await awaitTimer(inside(place));
        break;
    case 6:
    case 7:
        co_await awaitParcel(inside(place));
        break;
    case 8:
    case 9:
        co_await awaitFuture(inside(place));
        break;
    case 10:
        co_await awaitForeign(inside(place));
        break;
    default:
        co_await spawnThere(inside(place));
    }
}

void QtRoom::emitOne(Sender &sender)
{
    const int number = ++sender.emitted;
    world.quietly([&] {
        Q_EMIT sender.object->none();
        Q_EMIT sender.object->one(number);
        Q_EMIT sender.object->two(number, QString::number(number));
        sender.object->emitPriv(number);
    });
}

void QtRoom::fire(Clock &clock)
{
    if (!clock.timer->isActive())
        return;
    ++clock.fired;
    QTimerEvent event(clock.timer->timerId());
    world.quietly([&] { QCoreApplication::sendEvent(clock.timer.get(), &event); });
}

/// Completes what is promised, in one of the ways there are, and promises something else.
void QtRoom::finish(ParcelPointer &slot)
{
    const ParcelPointer parcel = std::exchange(slot, makeParcel());
    world.quietly([&] {
        switch (world.random.below(6)) {
        case 0:
            parcel->promise.future().cancel();
            break;
        case 1:
            break; // finished without a result
        case 2:
            parcel->promise.setException(std::make_exception_ptr(Fault(0)));
            break;
        default:
            parcel->value = world.value();
            parcel->promise.addResult(parcel->value);
        }
        parcel->promise.finish();
    });
}

void QtRoom::destroyHost()
{
    std::unique_ptr<Host> old = std::exchange(world.random.oneOf(m_hosts), std::make_unique<Host>());
    old->frames->isOwnerGone = true;
    m_destroyed.push_back(old->frames);
    old.reset();
}

void QtRoom::poke()
{
    Random &random = world.random;
    switch (random.below(20)) {
    case 0:
        if (random.oneIn(2))
            world.quietly([&] { random.oneOf(m_senders)->object->disconnect(); });
        break;
    case 1: {
        const SenderPointer old = std::exchange(random.oneOf(m_senders), std::make_shared<Sender>());
        if (random.oneIn(2))
            old->object.release()->deleteLater();
        else
            world.quietly([&] { old->object.reset(); });
        break;
    }
    case 2:
        world.quietly([&] { random.oneOf(m_clocks)->timer->stop(); });
        break;
    case 3:
    case 4:
        world.quietly([&] { start(*random.oneOf(m_clocks)->timer); });
        break;
    case 5:
        if (random.oneIn(2)) {
            const ClockPointer old = std::exchange(random.oneOf(m_clocks), makeClock());
            world.quietly([&] { old->timer.reset(); });
        }
        break;
    case 6:
    case 7:
    case 8:
        fire(*random.oneOf(m_clocks));
        break;
    case 9:
    case 10:
        finish(random.oneOf(m_parcels));
        break;
    case 11:
        world.quietly([&] { random.oneOf(m_futures).cancel(); });
        break;
    case 12:
        random.oneOf(m_futures) = {};
        break;
    case 13:
        destroyHost();
        break;
    case 14: {
        // A promise that is dropped cancels its future.
        const ParcelPointer old = std::exchange(random.oneOf(m_parcels), makeParcel());
        world.quietly([&] { old->promise = QPromise<int>(); });
        break;
    }
    default:
        emitOne(*random.oneOf(m_senders));
    }
}

void QtRoom::release()
{
    for (SenderPointer &slot : m_senders)
        std::exchange(slot, std::make_shared<Sender>())->object.reset();
    for (ClockPointer &slot : m_clocks)
        std::exchange(slot, makeClock())->timer.reset();
    for (ParcelPointer &slot : m_parcels)
        finish(slot);
    destroyHost();
    for (QFuture<int> &future : m_futures) {
        future.cancel();
        future = {};
    }
}

void QtRoom::checkStill()
{
    for (const FramesPointer &frames : m_destroyed)
        check(frames->count == 0, "frames have outlived the QObject they belong to");
    m_destroyed.clear();
}

void QtRoom::checkEmpty()
{
    for (const SenderPointer &sender : m_senders)
        check(!sender->object->isConnected(), "a sender is still connected");
    for (const auto &host : m_hosts)
        check(host->object->children().isEmpty(), "a QObject without tasks still has a child");
}

const RoomEntry s_entry("qt", [](World &world) -> std::unique_ptr<Room> { return std::make_unique<QtRoom>(world); });

} // namespace

} // namespace Stress
