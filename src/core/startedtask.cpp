// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/startedtask.h>

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/unhandled.h>

#include <atomic>
#include <stdexcept>
#include <utility>

namespace CoDrive::detail {

namespace {

/// What catchable() throws; known again when it leaves its task.
class OwnCancelled final : public Cancelled
{
public:
    explicit OwnCancelled(StartedTask &task)
        : Cancelled(task.displayName(), task.reason())
        , m_taskId(task.id())
    {
    }
    quint64 taskId() const noexcept { return m_taskId; }

private:
    quint64 m_taskId;
};

bool isOwnCancelled(const std::exception_ptr &error, quint64 taskId)
{
    try {
        std::rethrow_exception(error);
    } catch (const OwnCancelled &own) {
        return own.taskId() == taskId;
    } catch (...) {
        return false;
    }
}

} // namespace

void throwOwnCancelled(StartedTask &task)
{
    task.noteOwnCancelled();
    throw OwnCancelled(task);
}

void throwInvalidTask()
{
    throw std::logic_error("CoDrive::Task: awaited before, moved from, or made by default");
}

Operation &noOperation() noexcept
{
    class NoOperation final : public Operation
    {
    public:
        NoOperation() noexcept { }
        bool request() noexcept override { return false; }
    };
    static NoOperation operation;
    return operation;
}

void throwEnteredTwice()
{
    throw std::logic_error("CoDrive: this was awaited before; it can be awaited once");
}

void Operation::complete() noexcept
{
    m_task->wake();
}

void Operation::completeByUnwinding() noexcept
{
    m_task->wake(true);
}

StartedTask::~StartedTask()
{
    // Only one that never began still has a frame.
    while (FrameBase *const frame = popFrame())
        frame->destroy();
}

quint64 StartedTask::id() const noexcept
{
    static std::atomic<quint64> lastId = 0;
    if (!m_id)
        m_id = ++lastId;
    return m_id;
}

void StartedTask::setName(const QString &name)
{
    if (!m_details)
        m_details = std::make_unique<Details>();
    m_details->name = name;
}

void StartedTask::setReason(const QString &reason)
{
    if (!m_details)
        m_details = std::make_unique<Details>();
    if (m_details->reason.isEmpty())
        m_details->reason = reason;
}

QString StartedTask::displayName() const
{
    const QString given = name();
    return given.isEmpty() ? QStringLiteral("task %1").arg(id())
                           : QStringLiteral("task \"%1\"").arg(given);
}

TaskInfo StartedTask::info() const
{
    return TaskInfo{id(), name(), m_isRequested};
}

StartedTask *StartedTask::parent() const noexcept
{
    return m_owner ? m_owner->parentTask() : nullptr;
}

bool StartedTask::isTreeDoomed() const noexcept
{
    for (const StartedTask *task = this; task; task = task->parent()) {
        if (task->m_isDoomed || task->m_isBeingDestroyed
            || (task->m_owner && task->m_owner->isDestroyingChildren()))
            return true;
    }
    return false;
}

void StartedTask::assertThread([[maybe_unused]] const char *what) const
{
    Q_ASSERT_X(m_loop->isCurrent() || m_loop->isClosed(), qPrintable(displayName()), what);
}

void StartedTask::wake(bool unwinding) noexcept
{
    if (m_isBeingDestroyed || m_isDroppingFrames)
        return;
    assertThread("woken from another thread than its own");
    Q_ASSERT(m_operation && !isReady());
    m_isUnwinding = unwinding;
    m_loop->makeReady(*this);
}

void StartedTask::request() noexcept
{
    if (m_isFinished || m_isUnwinding || m_isBeingDestroyed)
        return;
    if (!hasBegun()) {
        m_isRequested = true;
        return;
    }
    assertThread("asked to end from another thread than its own");
    if (isDoomed())
        return;
    m_isRequested = true;
    // It runs, or what it waited for has completed: law L7.
    if (!m_operation || isReady() || m_loop->isClosed())
        return;
    if (requestOperation())
        wake(true);
}

// Operations pass requests on, and tasks that wait for each other would do so for ever.
bool StartedTask::requestOperation() noexcept
{
    if (m_isPassingOn)
        return false;
    m_isPassingOn = true;
    const bool isWithdrawn = m_operation->request();
    m_isPassingOn = false;
    return isWithdrawn;
}

void StartedTask::run()
{
    if (m_isFinished)
        onFinishedRun();
    else if (!isDoomed()) // frozen, law L14
        drive(this, Continuation::Directly);
}

void StartedTask::discard()
{
    if (m_isFinished)
        onFinishedRun();
    else if (m_operation)
        m_operation->loopEnded();
}

// Takes the innermost frame off the stack of frames; the caller destroys it.
FrameBase *StartedTask::popFrame() noexcept
{
    FrameBase *const frame = m_current;
    if (!frame)
        return nullptr;
    if (FrameAwaiter *const awaiter = frame->m_awaiter) {
        awaiter->m_child = nullptr;
        m_current = awaiter->m_parent;
    } else {
        m_current = nullptr;
    }
    return frame;
}

StartedTask::Progress StartedTask::resumeFrames() noexcept
{
    m_operation = nullptr;
    for (;;) {
        m_current->resume();
        if (m_operation) {
            if (isDoomed())
                return Progress::Doomed;
            if (Q_UNLIKELY(m_hasAbandonedFrames)) {
                dropAbandonedFrames();
                if (!m_operation)
                    continue;
            }
            // Law L6: a pending request meets the operation right after it was entered.
            if (m_isRequested && !m_isUnwinding && requestOperation())
                m_isUnwinding = true;
            return Progress::Suspended;
        }
        if (m_current->isDone()) {
            popFrame()->destroy();
            if (!m_current)
                return isDoomed() ? Progress::Doomed : Progress::Ended;
        }
    }
}

// The frames above the outermost awaiter that was abandoned, if they are still there, have suspended.
void StartedTask::dropAbandonedFrames() noexcept
{
    m_hasAbandonedFrames = false;
    FrameAwaiter *outermost = nullptr;
    for (const FrameBase *frame = m_current; frame->m_awaiter; frame = frame->m_awaiter->m_parent) {
        if (frame->m_awaiter->m_isAbandoned)
            outermost = frame->m_awaiter;
    }
    if (!outermost)
        return;
    std::exchange(m_operation, nullptr)->waiterDestroyed();
    m_isUnwinding = false;
    // A destructor may still complete what a frame waited for.
    m_isDroppingFrames = true;
    while (outermost->m_child)
        popFrame()->destroy();
    m_isDroppingFrames = false;
}

void StartedTask::moveFramesTo(StartedTask &other, FrameAwaiter &awaiter) noexcept
{
    other.m_loop = m_loop;
    other.m_locals = m_locals;
    other.m_current = std::exchange(m_current, awaiter.m_parent);
    other.m_operation = std::exchange(m_operation, &noOperation());
    FrameBase *frame = other.m_current;
    while (frame->m_awaiter != &awaiter) {
        frame->m_task = &other;
        frame = frame->m_awaiter->m_parent;
    }
    frame->m_task = &other;
    LocalScope::follow(*this, other);
    frame->m_awaiter = nullptr;
    awaiter.m_child = nullptr;
    if (other.m_operation != &noOperation()) {
        other.m_operation->enterFrom(&other);
        if (const TaskOwner *const children = other.m_operation->children())
            const_cast<TaskOwner *>(children)->m_parentTask = &other;
    }
    if (!isReady())
        wake();
}

StartedTask::Progress StartedTask::unwindFrames() noexcept
{
    const bool wasRequested = m_isRequested;
    m_isUnwinding = m_isRequested = false;
    m_operation = nullptr;
    while (m_current) {
        FrameAwaiter *const awaiter = m_current->m_awaiter;
        popFrame()->destroy();
        if (isDoomed())
            return Progress::Doomed;
        if (awaiter && awaiter->m_absorber) {
            awaiter->m_absorber->becomeCancelled();
            awaiter->m_tookRequest = wasRequested;
            return Progress::Absorbed;
        }
    }
    setCancelled();
    return Progress::Ended;
}

void StartedTask::drive(StartedTask *task, Continuation continuation) noexcept
{
    Loop::ActiveDrive active(*task->m_loop, task);
    while (task) {
        active.task = task;
        Progress progress = Progress::Absorbed;
        if (task->m_isUnwinding)
            progress = task->unwindFrames();
        if (progress == Progress::Absorbed)
            progress = task->resumeFrames();
        switch (progress) {
        case Progress::Suspended:
        case Progress::Absorbed:
            if (!task->m_isUnwinding)
                return;
            break;
        case Progress::Doomed:
            // What it ended with can reach nobody but the handler (law L14).
            if (task->m_current)
                return;
            task->noticeOwnCancelled();
            if (task->outcomeBase().errorPointer())
                reportUnhandled(task->outcomeBase().errorPointer(), task->info());
            return;
        case Progress::Ended:
            finish(active.task);
            task = active.task;
            if (task && task->isDoomed())
                return;
            if (task && continuation == Continuation::ThroughReadyList) {
                task->wake(task->m_isUnwinding);
                return;
            }
            break;
        }
    }
}

// The frames of the running task are gone. Tells who awaits it, then its owner; who goes on directly
// is the running one then, if any.
void StartedTask::finish(StartedTask *&running) noexcept
{
    StartedTask *const task = running;
    task->noticeOwnCancelled();
    task->becomeFinished();
    TaskOwner *const owner = task->m_owner;
    owner->release(*task);
    running = owner->childEnded(*task);
    // Last, because a value that is dropped here may destroy the parent as well (law L14).
    task->onReleased();
}

// A Cancelled of its own that has left it ends it as cancelled.
void StartedTask::noticeOwnCancelled() noexcept
{
    if (m_threwOwnCancelled && outcomeBase().errorPointer()
        && isOwnCancelled(outcomeBase().errorPointer(), id()))
        setCancelled();
}

void StartedTask::becomeFinished() noexcept
{
    ReadyItem::unlink();
    m_operation = nullptr;
    m_isUnwinding = false;
    m_isFinished = true;
    onFinished();
}

void StartedTask::destroy() noexcept
{
    if (m_loop) {
        assertThread("destroyed from another thread than its own");
        // A destructor in one of its frames may be what asks for it.
        if (m_isBeingDestroyed || m_loop->isRunning(this)) {
            m_loop->doom(*this);
            return;
        }
    }
    destroyNow();
}

void StartedTask::destroyNow() noexcept
{
    ReadyItem::unlink();
    m_isBeingDestroyed = true;
    if (Operation *const operation = std::exchange(m_operation, nullptr))
        operation->waiterDestroyed();
    {
        // Destructors of locals may do anything: to the rest of the tree it comes too late (law
        // L14). One that was only planned has no loop.
        const Loop::Destruction destruction(m_loop);
        while (FrameBase *const frame = popFrame())
            frame->destroy();
        setCancelled();
    }
    becomeFinished();
    if (m_owner) // one that was only planned has none
        m_owner->release(*this);
    onReleased();
}

} // namespace CoDrive::detail
