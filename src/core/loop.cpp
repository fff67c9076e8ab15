// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/loop.h>

#include <CoDrive/core/task.h>

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QEvent>
#include <QObject>
#include <QTimerEvent>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace CoDrive::detail {

namespace {

QEvent::Type wakeEventType()
{
    static const auto type = static_cast<QEvent::Type>(QEvent::registerEventType());
    return type;
}

} // namespace

constinit thread_local Loop *Loop::s_current = nullptr;

/// The posted event that brings a loop to life. It lies in a block of its loop (law L15); only
/// event loops nested deeper than there are blocks make it take a new one.
class WakeEvent final : public QEvent
{
public:
    explicit WakeEvent(Loop &loop)
        : QEvent(wakeEventType())
        , m_loop(loop)
    {
    }
    // An application that ends drops its events; the next one must be posted again.
    ~WakeEvent() override
    {
        if (!m_hasArrived)
            m_loop.m_isPosted.store(false);
    }
    void setArrived() noexcept { m_hasArrived = true; }

    static void *operator new(std::size_t size, Loop &loop)
    {
        static_assert(sizeof(WakeEvent) <= sizeof(Loop::EventBlock::memory));
        for (Loop::EventBlock &block : loop.m_eventBlocks) {
            if (!block.isUsed.exchange(true, std::memory_order_acquire))
                return block.memory;
        }
        Q_UNUSED(size)
        return (new Loop::EventBlock{{}, true, true})->memory;
    }
    static void operator delete(void *memory)
    {
        auto *const block = reinterpret_cast<Loop::EventBlock *>(memory);
        if (block->isExtra)
            delete block;
        else
            block->isUsed.store(false, std::memory_order_release);
    }
    static void operator delete(void *memory, Loop &) { operator delete(memory); }

private:
    Loop &m_loop;
    bool m_hasArrived = false;
};

/// Lives in the loop's thread and receives its Qt events.
class LoopReceiver final : public QObject
{
public:
    explicit LoopReceiver(Loop &loop)
        : m_loop(loop)
    {
    }

    bool isTimerRunning() const noexcept { return m_timerId != 0; }
    /// False when the thread has no event dispatcher yet.
    bool restartTimer(std::chrono::milliseconds interval)
    {
        stopTimer();
        if (!QAbstractEventDispatcher::instance())
            return false;
        m_timerId = startTimer(interval, Qt::PreciseTimer);
        return m_timerId != 0;
    }
    void stopTimer()
    {
        if (m_timerId)
            killTimer(m_timerId);
        m_timerId = 0;
    }

protected:
    bool event(QEvent *event) override
    {
        if (event->type() == wakeEventType()) {
            m_loop.wakeEventArrived();
            // Not before: the inbox's mutex orders this behind the thread that made the event.
            static_cast<WakeEvent *>(event)->setArrived();
            return true;
        }
        if (event->type() == QEvent::Timer) {
            stopTimer();
            m_loop.timerFired();
            return true;
        }
        return QObject::event(event);
    }

private:
    Loop &m_loop;
    int m_timerId = 0;
};

/// Closes the loop at the end of its thread.
struct LoopOfThread
{
    ~LoopOfThread()
    {
        loop->close();
        isOver = true;
    }

    LoopPointer loop;
    static constinit thread_local bool isOver;
};

constinit thread_local bool LoopOfThread::isOver = false;

Loop &Loop::create()
{
    if (LoopOfThread::isOver) {
        // Code that runs after the thread's end, such as the destructor of a static, needs a loop
        // to talk to; what it puts there never runs.
        LoopPointer last(new Loop);
        last->close();
        last->ref.ref();
        s_current = last.data();
        return *last;
    }
    static thread_local LoopOfThread holder;
    holder.loop = LoopPointer(new Loop);
    s_current = holder.loop.data();
    return *s_current;
}

Loop::Loop()
    : m_receiver(new LoopReceiver(*this))
{
    registerOwner(m_detached);
    registerOwner(m_independent);
    registerOwner(m_doomed);
#ifdef QT_FORCE_ASSERTS
    m_shuffleSeed = static_cast<quint32>(qEnvironmentVariableIntValue("CODRIVE_SHUFFLE_SEED"));
#endif
}

Loop::~Loop()
{
    Q_ASSERT(m_isClosed);
}

void Loop::close() noexcept
{
    m_detached.destroyChildren();
    m_independent.destroyChildren();
    // What runs up the stack, where somebody has called exit(), stays as it is.
    reapDoomed();
    InboxItem *item = nullptr;
    {
        const std::scoped_lock lock(m_inboxMutex);
        m_inboxIsClosed = true;
        item = std::exchange(m_inboxFirst, nullptr);
        m_inboxLast = nullptr;
    }
    while (item) {
        const std::shared_ptr<InboxItem> keeper = std::move(item->m_self);
        item = std::exchange(item->m_next, nullptr);
        keeper->discard();
    }
    // Last, because all of the above may add to it. Finished tasks and reports still have something
    // to say; the others will never go on.
    while (ReadyItem *const ready = m_ready.takeFirst())
        ready->discard();
    while (m_afterTurn.takeFirst() || m_afterNextTurn.takeFirst()) { }
    m_isClosed = true;
    // An owner that outlives its thread dies in another one, perhaps while others do in a third.
    while (m_owners.takeFirst()) { }
    while (TimerNode *const node = m_timers.first())
        node->disarm();
    delete std::exchange(m_receiver, nullptr);
    if (s_current == this)
        s_current = nullptr;
}

InboxItem::~InboxItem() = default;

void Loop::makeReady(ReadyItem &item) noexcept
{
    if (m_isClosed)
        return;
    m_ready.append(&item);
    if (!m_isBetweenTurns)
        postWakeEvent();
}

void Loop::makeReadyAfterTurn(ReadyItem &item) noexcept
{
    if (m_isClosed)
        return;
    // An event that is posted already stands before others that must come first.
    if (m_isPosted.load(std::memory_order_relaxed)) {
        m_afterNextTurn.append(&item);
    } else {
        m_afterTurn.append(&item);
        postWakeEvent();
    }
}

void Loop::postWakeEvent() noexcept
{
    if (m_isPosted.load(std::memory_order_relaxed) || m_isPosted.exchange(true))
        return;
    QCoreApplication::postEvent(m_receiver, new (*this) WakeEvent(*this));
}

bool Loop::post(std::shared_ptr<InboxItem> item)
{
    const std::scoped_lock lock(m_inboxMutex);
    if (m_inboxIsClosed)
        return false;
    if (item->m_self)
        return true;
    InboxItem *const queued = item.get();
    queued->m_self = std::move(item);
    if (m_inboxLast)
        m_inboxLast->m_next = queued;
    else
        m_inboxFirst = queued;
    m_inboxLast = queued;
    // Under the mutex, because the receiver must not die in between.
    postWakeEvent();
    return true;
}

void Loop::takeInbox(TimePoint start) noexcept
{
    do {
        std::shared_ptr<InboxItem> item;
        {
            const std::scoped_lock lock(m_inboxMutex);
            if (!m_inboxFirst)
                return;
            item = std::move(m_inboxFirst->m_self);
            m_inboxFirst = std::exchange(item->m_next, nullptr);
            // A nested event loop, begun by the item, must go on with the others (law L16).
            if (m_inboxFirst)
                postWakeEvent();
            else
                m_inboxLast = nullptr;
        }
        deliver(*item);
    } while (!isBudgetSpent(start));
}

// What it makes ready needs no event of its own, unless an event loop may begin before the drain.
void Loop::deliver(InboxItem &item) noexcept
{
    m_isBetweenTurns = !item.mayRunUserCode();
    if (!m_isBetweenTurns && !m_ready.isEmpty())
        postWakeEvent();
    item.deliver();
    m_isBetweenTurns = false;
}

void Loop::wakeEventArrived() noexcept
{
    const TimePoint start = std::chrono::steady_clock::now();
    m_isPosted.store(false);
    // GLib's dispatcher delivers posted events before the timers that have become due meanwhile,
    // which would wait for two drains in a row.
    if (std::exchange(m_hasSpentBudget, false)) {
        postWakeEvent();
        return;
    }
    takeInbox(start);
    m_isBetweenTurns = true;
    while (ReadyItem *const item = m_afterTurn.takeFirst())
        item->run();
    m_isBetweenTurns = false;
    if (!m_afterNextTurn.isEmpty()) {
        m_afterTurn.append(m_afterNextTurn);
        postWakeEvent();
    }
    updateTimer();
    drain(start);
}

// Neither the posted event nor the Qt timer has survived the application before.
void Loop::applicationStarted()
{
    Loop *const loop = s_current;
    if (!loop || loop->m_isClosed)
        return;
    loop->m_receiver->stopTimer();
    loop->postWakeEvent();
}

static void applicationStarted()
{
    Loop::applicationStarted();
}
Q_COREAPP_STARTUP_FUNCTION(applicationStarted)

void Loop::timerFired() noexcept
{
    expireTimers();
    drain(std::chrono::steady_clock::now());
}

ReadyItem *Loop::takeNext() noexcept
{
    if (Q_UNLIKELY(m_shuffleSeed)) {
        int count = 0;
        for (ReadyItem *item = m_ready.first(); item; item = m_ready.next(item))
            ++count;
        if (count > 1) {
            m_shuffleSeed = m_shuffleSeed * 1664525U + 1013904223U;
            ReadyItem *item = m_ready.first();
            for (auto skip = (m_shuffleSeed >> 8) % static_cast<quint32>(count); skip > 0; --skip)
                item = m_ready.next(item);
            item->unlink();
            return item;
        }
    }
    return m_ready.takeFirst();
}

bool Loop::isBudgetSpent(TimePoint start) const noexcept
{
    return std::chrono::steady_clock::now() - start >= m_drainBudget;
}

// Goes on until nothing is ready or its share of the time is over (law L16).
void Loop::drain(TimePoint start) noexcept
{
    ++m_drainDepth;
    while (ReadyItem *const item = takeNext()) {
        // A nested event loop, begun by the item, must go on with the others (law L16).
        if (!m_ready.isEmpty())
            postWakeEvent();
        item->run();
        if (isBudgetSpent(start))
            break;
    }
    --m_drainDepth;
    m_hasSpentBudget = !m_ready.isEmpty();
    if (hasReady())
        postWakeEvent();
    updateTimer();
}

TimePoint Loop::now() const noexcept
{
    return m_clockSource ? m_clockSource->now() : std::chrono::steady_clock::now();
}

void Loop::setClockSource(ClockSource *source) noexcept
{
    m_clockSource = source;
    updateTimer();
}

void Loop::armTimer(TimerNode &node, TimePoint deadline) noexcept
{
    m_timers.insert(node, deadline);
    if (m_timers.first() == &node)
        updateTimer();
}

void Loop::expireTimers() noexcept
{
    const TimePoint time = now();
    while (TimerNode *const node = m_timers.takeExpired(time))
        node->expired();
}

bool Loop::isTimerArmed() const noexcept
{
    return m_receiver && m_receiver->isTimerRunning();
}

// Arms the Qt timer for the earliest deadline. A timer that would fire too early stays until the
// drain is over, because most deadlines are dropped long before they come.
void Loop::updateTimer() noexcept
{
    if (m_isClosed)
        return;
    const TimerNode *const first = m_timers.first();
    if (m_clockSource || !first) {
        if (m_drainDepth == 0 || m_clockSource)
            m_receiver->stopTimer();
        return;
    }
    if (m_receiver->isTimerRunning()
        && (m_timerDeadline == first->deadline()
            || (m_drainDepth > 0 && m_timerDeadline < first->deadline())))
        return;
    const auto remaining = first->deadline() - std::chrono::steady_clock::now();
    const auto interval = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(remaining),
                                     std::chrono::milliseconds(0),
                                     std::chrono::milliseconds(std::numeric_limits<int>::max()));
    m_timerDeadline = first->deadline();
    if (!m_receiver->restartTimer(interval))
        postWakeEvent(); // there is a dispatcher when it arrives
}

bool Loop::isRunning(const StartedTask *root) const noexcept
{
    for (const ActiveDrive *drive = m_active; drive; drive = drive->previous) {
        for (const StartedTask *task = drive->task; task; task = task->parent()) {
            if (task == root)
                return true;
        }
    }
    return false;
}

const TaskOwner *Loop::ownerOfRunningChild(const StartedTask &parent) const noexcept
{
    for (const ActiveDrive *drive = m_active; drive; drive = drive->previous) {
        for (const StartedTask *task = drive->task; task; task = task->parent()) {
            if (task->parent() == &parent)
                return task->owner();
        }
    }
    return nullptr;
}

DetachedTasks *Loop::replaceLeftovers(DetachedTasks *leftovers) noexcept
{
    return std::exchange(m_leftovers, leftovers);
}

void Loop::doom(StartedTask &root) noexcept
{
    // It is a root from here on, also when it was the child of a combinator that lives on.
    root.owner()->release(root);
    root.m_isDoomed = true;
    m_doomed.adopt(root);
}

void Loop::reapDoomed() noexcept
{
    // A destructor may doom further tasks, so the list is read anew after each; and it may start
    // tasks, whose end comes here again.
    for (StartedTask *task = m_doomed.children().last(); task;) {
        if (isRunning(task) || task->m_isBeingDestroyed) {
            task = m_doomed.children().previous(task);
        } else {
            task->destroyNow();
            task = m_doomed.children().last();
        }
    }
}

Loop::ActiveDrive::~ActiveDrive()
{
    m_loop.m_active = previous;
    if (m_loop.m_doomed.hasChildren())
        m_loop.reapDoomed();
}

StartedTask *DetachedTasks::childEnded(StartedTask &child) noexcept
{
    if (child.outcomeBase().errorPointer())
        static_cast<SharedTaskBase &>(child).reportErrorLater();
    if (!hasChildren() && onEmpty)
        onEmpty();
    return nullptr;
}

RemoteWaker::RemoteWaker()
    : m_loop(&Loop::current())
{
}

void RemoteWaker::deliver() noexcept
{
    if (onNotified)
        onNotified();
}

} // namespace CoDrive::detail
