// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/testing/settle.h>
#include <CoDrive/testing/virtualclock.h>

#include <CoDrive/core/detail/loop.h>

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QEventLoop>
#include <QObject>

#include <algorithm>
#include <utility>

namespace CoDrive {

namespace {

constinit thread_local bool t_isSettling = false;

/// Lets the dispatcher do what it can do without waiting. False: there was nothing.
bool processPending(QAbstractEventDispatcher &dispatcher)
{
    if (dispatcher.processEvents(QEventLoop::AllEvents))
        return true;
    // GLib's dispatcher has told all by that. The others count no posted events, but announce that
    // they will wait, and only when none is posted.
    if (dispatcher.inherits("QEventDispatcherGlib"))
        return false;
    bool wouldBlock = false;
    const auto connection
        = QObject::connect(&dispatcher, &QAbstractEventDispatcher::aboutToBlock, [&] {
              wouldBlock = true;
              dispatcher.interrupt();
          });
    dispatcher.processEvents(QEventLoop::WaitForMoreEvents);
    QObject::disconnect(connection);
    return !wouldBlock;
}

} // namespace

void settle()
{
    detail::Loop &loop = detail::Loop::current();
    QEventLoop ensuresDispatcher;
    QAbstractEventDispatcher &dispatcher = *QAbstractEventDispatcher::instance();
    const bool wasSettling = std::exchange(t_isSettling, true);
    // A zero timer keeps a dispatcher busy for ever: turns without a task count as quiet.
    constexpr int mostQuietTurns = 100;
    for (int quietTurns = 0; quietTurns < mostQuietTurns; ++quietTurns) {
        if (loop.hasReady())
            quietTurns = 0;
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        if (!processPending(dispatcher) && !loop.hasReady())
            break;
    }
    t_isSettling = wasSettling;
}

class VirtualClock::Private final : public detail::ClockSource
{
public:
    explicit Private(detail::Loop &clockLoop)
        : loop(&clockLoop)
    {
    }

    detail::TimePoint now() const noexcept override { return time; }

    /// The dispatcher says that it is going to wait: jumps to the next deadline instead. GLib's
    /// says so even if it is not, hence it is asked to do first what it can.
    void aboutToBlock(QAbstractEventDispatcher &dispatcher)
    {
        if (t_isSettling || loop->hasReady())
            return;
        if (dispatcher.processEvents(QEventLoop::AllEvents)) {
            // An exit() of the event loop may have been among it: do not wait.
            dispatcher.wakeUp();
            return;
        }
        const detail::TimerNode *const next = loop->timers().first();
        if (loop->isBusyElsewhere() || loop->hasReady() || !next
            || next->deadline() == detail::TimePoint::max())
            return;
        time = next->deadline();
        loop->expireTimers();
    }

    const detail::LoopPointer loop;
    const detail::TimePoint start = std::chrono::steady_clock::now();
    detail::TimePoint time = start;
    QMetaObject::Connection connection;
};

VirtualClock::VirtualClock()
    : d(std::make_unique<Private>(detail::Loop::current()))
{
    Q_ASSERT_X(!d->loop->clockSource(), "VirtualClock", "there is one on this thread already");
    d->loop->setClockSource(d.get());
    QEventLoop ensuresDispatcher;
    QAbstractEventDispatcher *const dispatcher = QAbstractEventDispatcher::instance();
    d->connection = QObject::connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock,
                                     [this, dispatcher] { d->aboutToBlock(*dispatcher); });
}

VirtualClock::~VirtualClock()
{
    QObject::disconnect(d->connection);
    d->loop->setClockSource(nullptr);
}

std::chrono::nanoseconds VirtualClock::now() const noexcept
{
    return d->time - d->start;
}

void VirtualClock::advance(std::chrono::nanoseconds duration)
{
    const detail::TimePoint end = detail::deadlineAfter(d->time, duration);
    settle();
    for (;;) {
        const detail::TimerNode *const next = d->loop->timers().first();
        if (!next || next->deadline() > end)
            break;
        d->time = std::max(d->time, next->deadline());
        d->loop->expireTimers();
        settle();
    }
    d->time = end;
}

} // namespace CoDrive
