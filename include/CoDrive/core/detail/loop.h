// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The loop of a thread: its ready list, its deadlines, its inbox from other threads, and the one
// posted Qt event that brings it to life. It is made when a thread first needs it and closed when
// the thread ends; its memory lives as long as anybody refers to it.

#include <CoDrive/core/detail/startedtask.h>
#include <CoDrive/core/detail/taskowner.h>
#include <CoDrive/core/detail/timerheap.h>

#include <QExplicitlySharedDataPointer>
#include <QSharedData>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace CoDrive::detail {

class LoopReceiver;
class WakeEvent;

struct LoopOwnersTag;

/// Something another thread sends to a loop.
class InboxItem
{
public:
    InboxItem() noexcept = default;
    InboxItem(InboxItem &&) = delete;
    virtual ~InboxItem();
    /// Called on the thread of the loop.
    virtual void deliver() noexcept = 0;
    /// Whether deliver() may run code of the user, which may begin an event loop.
    virtual bool mayRunUserCode() const noexcept { return true; }
    /// Called there in its place when the loop ends.
    virtual void discard() noexcept { }

private:
    friend class Loop;
    // Both guarded by the inbox's mutex while it is queued.
    std::shared_ptr<InboxItem> m_self;
    InboxItem *m_next = nullptr;
};

/// Where a loop takes its time from; a virtual clock replaces it.
class ClockSource
{
public:
    virtual TimePoint now() const noexcept = 0;

protected:
    ~ClockSource() = default;
};

/// Tasks that live on without an owner of the user's: what shield() left. Errors are reported.
class DetachedTasks final : public TaskOwner
{
public:
    using TaskOwner::TaskOwner;
    StartedTask *childEnded(StartedTask &child) noexcept override;

    std::function<void()> onEmpty; ///< called when the last one has ended
};

/// Tasks whose end somebody else looks after.
class QuietTasks final : public TaskOwner
{
public:
    using TaskOwner::TaskOwner;
    StartedTask *childEnded(StartedTask &) noexcept override { return nullptr; }
};

class Loop;
using LoopPointer = QExplicitlySharedDataPointer<Loop>;

class Loop : public QSharedData
{
public:
    Loop(const Loop &) = delete;
    ~Loop();

    /// The loop of this thread, made if need be.
    static Loop &current()
    {
        Loop *const loop = s_current;
        return loop ? *loop : create();
    }
    /// The loop of this thread, or null.
    static Loop *existing() noexcept { return s_current; }

    /// The task that runs on this thread, or null.
    static StartedTask *currentTask() noexcept
    {
        Loop *const loop = s_current;
        return loop && loop->m_active ? loop->m_active->task : nullptr;
    }

    bool isCurrent() const noexcept { return s_current == this; }
    bool isClosed() const noexcept { return m_isClosed; }

    // Own thread only.

    void makeReady(ReadyItem &item) noexcept;
    /// Calls run() of \a item, which must not run code of the user, after the Qt event queue had its
    /// turn with what is in it now.
    void makeReadyAfterTurn(ReadyItem &item) noexcept;
    void armTimer(TimerNode &node, TimePoint deadline) noexcept;
    TimePoint now() const noexcept;
    void setClockSource(ClockSource *source) noexcept;
    ClockSource *clockSource() const noexcept { return m_clockSource; }
    TimerHeap &timers() noexcept { return m_timers; }
    /// Brackets what other threads do for this loop: a virtual clock stands still meanwhile.
    void beginBusyElsewhere() noexcept { ++m_busyElsewhere; }
    void endBusyElsewhere() noexcept { --m_busyElsewhere; }
    bool isBusyElsewhere() const noexcept { return m_busyElsewhere > 0; }
    /// Fires what is due.
    void expireTimers() noexcept;
    bool hasReady() const noexcept
    {
        return !m_ready.isEmpty() || !m_afterTurn.isEmpty() || !m_afterNextTurn.isEmpty();
    }
    /// Whether the Qt timer runs; for tests.
    bool isTimerArmed() const noexcept;
    /// Whether the Qt event queue must have its turn before more of what began at \a start (law L16).
    bool isBudgetSpent(TimePoint start) const noexcept;
    /// For tests whose order must not depend on the speed of the machine.
    void setDrainBudget(std::chrono::nanoseconds budget) noexcept { m_drainBudget = budget; }
    void wakeEventArrived() noexcept;
    /// A QCoreApplication was made; it may not be the first.
    static void applicationStarted();
    void timerFired() noexcept;

    /// Where shield() leaves tasks: to the innermost run() of this thread, if any.
    DetachedTasks &leftovers() noexcept { return *m_leftovers; }
    /// Returns those from before.
    DetachedTasks *replaceLeftovers(DetachedTasks *leftovers) noexcept;
    /// Primed tasks.
    QuietTasks &independent() noexcept { return m_independent; }
    /// Tasks that are destroyed as soon as they do not run any more (law L14).
    const QuietTasks &doomed() const noexcept { return m_doomed; }
    /// Makes the owner's children known to dumpTasks().
    void registerOwner(TaskOwner &owner) noexcept
    {
        if (!m_isClosed)
            m_owners.append(&owner);
    }
    const List<TaskOwner, LoopOwnersTag> &owners() const noexcept { return m_owners; }

    /// Whether a part of the tree below \a root runs up the stack.
    bool isRunning(const StartedTask *root) const noexcept;
    /// Who owns the child of \a parent that runs up the stack, or null.
    const TaskOwner *ownerOfRunningChild(const StartedTask &parent) const noexcept;
    void doom(StartedTask &root) noexcept;

    // Any thread.

    /// Queues \a item unless it is queued already. False: the loop has ended, nothing was queued.
    bool post(std::shared_ptr<InboxItem> item);

    /// While it lives, tasks are being destroyed. On a loop that has ended nothing goes on anyway,
    /// and several threads may destroy what it left.
    class Destruction
    {
    public:
        explicit Destruction(Loop *loop) noexcept
            : m_loop(loop && !loop->isClosed() ? loop : nullptr)
        {
            if (m_loop)
                ++m_loop->m_destructionDepth;
        }
        Destruction(Destruction &&) = delete;
        ~Destruction()
        {
            if (m_loop)
                --m_loop->m_destructionDepth;
        }

    private:
        Loop *m_loop;
    };

    /// A drive loop on the stack.
    struct ActiveDrive
    {
        ActiveDrive(Loop &loop, StartedTask *driven) noexcept
            : task(driven)
            , previous(loop.m_active)
            , m_loop(loop)
        {
            loop.m_active = this;
        }
        ActiveDrive(ActiveDrive &&) = delete;
        ~ActiveDrive();

        StartedTask *task;
        ActiveDrive *const previous;

    private:
        Loop &m_loop;
    };

private:
    friend class StartedTask;
    friend struct LoopOfThread;
    friend class LoopReceiver;
    friend class WakeEvent;

    Loop();
    static Loop &create();
    void close() noexcept;
    void postWakeEvent() noexcept;
    void takeInbox(TimePoint start) noexcept;
    void deliver(InboxItem &item) noexcept;
    void drain(TimePoint start) noexcept;
    void updateTimer() noexcept;
    void reapDoomed() noexcept;
    ReadyItem *takeNext() noexcept;

    static constinit thread_local Loop *s_current;

    /// Whoever sleeps may be destroyed outside of a drain; the Qt timer must not stay armed then.
    class Deadlines final : public TimerHeap
    {
    public:
        explicit Deadlines(Loop &loop) noexcept
            : m_loop(loop)
        {
        }

    private:
        void becameEmpty() noexcept override { m_loop.updateTimer(); }

        Loop &m_loop;
    };

    ReadyList m_ready;
    ReadyList m_afterTurn; ///< ready when the posted event arrives
    ReadyList m_afterNextTurn; ///< that event is older than they are: ready with the next one
    ActiveDrive *m_active = nullptr;
    Deadlines m_timers{*this};
    TimePoint m_timerDeadline; ///< of the Qt timer, when it runs
    ClockSource *m_clockSource = nullptr;
    LoopReceiver *m_receiver;
    List<TaskOwner, LoopOwnersTag> m_owners;
    DetachedTasks m_detached{"detached"};
    DetachedTasks *m_leftovers = &m_detached;
    QuietTasks m_independent{"independent"};
    QuietTasks m_doomed{"being destroyed"};
    quint32 m_shuffleSeed = 0;
    std::chrono::nanoseconds m_drainBudget{std::chrono::milliseconds(5)};
    int m_drainDepth = 0;
    int m_busyElsewhere = 0;
    int m_destructionDepth = 0; ///< of tasks that are being destroyed
    bool m_isClosed = false;
    bool m_isBetweenTurns = false; ///< a drain follows at once, which posts what is needed
    bool m_hasSpentBudget = false; ///< timers come before the next drain

    std::mutex m_inboxMutex;
    InboxItem *m_inboxFirst = nullptr;
    InboxItem *m_inboxLast = nullptr;
    bool m_inboxIsClosed = false;
    std::atomic<bool> m_isPosted = false; ///< a wake event is in the Qt queue

    struct alignas(std::max_align_t) EventBlock
    {
        std::byte memory[64]; // first: the event's address is the block's
        std::atomic<bool> isUsed = false;
        bool isExtra = false;
    };
    EventBlock m_eventBlocks[3];
};

/// Tells the loop's waiter from another thread that something has happened.
class RemoteWaker : public InboxItem, public std::enable_shared_from_this<RemoteWaker>
{
public:
    RemoteWaker();

    /// Any thread. False when the loop has ended.
    bool notify() { return m_loop->post(shared_from_this()); }
    /// The loop's thread: called there for a notification, until it is set to none.
    std::function<void()> onNotified;
    void deliver() noexcept override;
    Loop &loop() const noexcept { return *m_loop; }

private:
    LoopPointer m_loop;
};

inline bool StartedTask::isDoomed() const noexcept
{
    return (m_loop->m_doomed.hasChildren() || m_loop->m_destructionDepth > 0) && isTreeDoomed();
}

} // namespace CoDrive::detail
