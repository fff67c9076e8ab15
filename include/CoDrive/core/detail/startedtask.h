// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A started task: a stack of frames, the operation the innermost one waits for, and its owner.

#include <CoDrive/core/detail/frame.h>
#include <CoDrive/core/detail/list.h>
#include <CoDrive/core/detail/localbinding.h>
#include <CoDrive/core/detail/operation.h>
#include <CoDrive/core/taskinfo.h>

#include <memory>
#include <utility>

namespace CoDrive::detail {

class Loop;
class StartedTask;
class TaskOwner;

struct ReadyTag;
struct OwnerTag;

/// Something that can stand in the ready list of a loop.
class ReadyItem : public ListLink<ReadyTag>
{
public:
    ReadyItem() noexcept = default;
    ReadyItem(ReadyItem &&) noexcept = default;
    /// Called once by the loop, which has taken it off the list.
    virtual void run() = 0;
    /// Called in its place when the loop ends.
    virtual void discard() { }

protected:
    ~ReadyItem() = default;
};

using ReadyList = List<ReadyItem, ReadyTag>;
using TaskList = List<StartedTask, OwnerTag>;

/// Where a child that ended on the stack of whoever started it continues its parent.
enum class Continuation { Directly, ThroughReadyList };

class StartedTask : public ReadyItem, public ListLink<OwnerTag>
{
public:
    /// What few tasks have.
    struct Details
    {
        QString name;
        QString reason; ///< of the first request that gave one
    };

    /// \param root a frame that has not begun; owned from here on
    explicit StartedTask(FrameBase *root) noexcept
        : m_current(root)
    {
    }
    StartedTask(StartedTask &&other) noexcept
        : ReadyItem(std::move(other))
        , ListLink<OwnerTag>(std::move(other))
        , m_current(std::exchange(other.m_current, nullptr))
    {
        Q_ASSERT(!other.hasBegun());
    }

    virtual const OutcomeBase &outcomeBase() const noexcept = 0;
    /// Drops a value or error and makes the outcome cancelled.
    virtual void setCancelled() noexcept = 0;

    bool hasBegun() const noexcept { return m_loop != nullptr; }
    bool isFinished() const noexcept { return m_isFinished; }
    bool isCancelled() const noexcept
    {
        return outcomeBase().state() == OutcomeBase::State::Cancelled;
    }
    bool isWaiting() const noexcept { return m_operation != nullptr; }
    /// Woken, and not yet resumed.
    bool isReady() const noexcept { return ReadyItem::isLinked(); }
    bool isRequested() const noexcept { return m_isRequested; }
    bool isUnwinding() const noexcept { return m_isUnwinding; }
    /// Whether its tree is being destroyed, now or as soon as it does not run any more.
    bool isDoomed() const noexcept;
    /// Whether it was its owner who asked it to end, not only a handle.
    bool isRequestedByOwner() const noexcept { return m_isRequestedByOwner; }

    /// Makes one request (law L6).
    void request() noexcept;
    void noteRequestedByOwner() noexcept { m_isRequestedByOwner = true; }
    /// Makes a request that waits for the next suspension, whatever the task does now.
    void keepRequest() noexcept { m_isRequested = true; }

    /// Its operation has ended: resume, or unwind, from the loop.
    void wake(bool unwinding = false) noexcept;
    /// Resumes or unwinds it when the operation that calls this returns to the drive loop.
    void continueWith(bool unwinding) noexcept { m_isUnwinding = unwinding; }
    /// A Cancelled of this task's own is on its way through its frames (see catchable()).
    void noteOwnCancelled() noexcept { m_threwOwnCancelled = true; }

    /// Runs it until it suspends or has ended, and then whoever waits for it as a parent.
    static void drive(StartedTask *task, Continuation continuation) noexcept;

    /// Destroys it at once, or, when a part of its tree runs up the stack, as soon as control is
    /// back from there (laws L13, L14). A shared task may be gone afterwards.
    void destroy() noexcept;

    /// Frames that run above an awaiter of it have been abandoned; they are destroyed when they suspend.
    void noteAbandonedFrames() noexcept { m_hasAbandonedFrames = true; }
    /// Moves the frames above \a awaiter, and the operation that they wait for, to \a other, which has
    /// not begun; the parent of \a awaiter goes on from the loop.
    void moveFramesTo(StartedTask &other, FrameAwaiter &awaiter) noexcept;

    Loop *loop() const noexcept { return m_loop; }
    TaskOwner *owner() const noexcept { return m_owner; }
    Operation *operation() const noexcept { return m_operation; }
    FrameBase *currentFrame() const noexcept { return m_current; }
    StartedTask *parent() const noexcept;
    quint64 id() const noexcept;
    QString name() const { return m_details ? m_details->name : QString(); }
    QString reason() const { return m_details ? m_details->reason : QString(); }
    void setName(const QString &name);
    void setReason(const QString &reason);
    /// The name, or what stands for it in messages.
    QString displayName() const;
    TaskInfo info() const;

    LocalBindings m_locals; ///< what TaskLocal::get() sees
    LocalScope *m_localScope = nullptr; ///< the innermost one in its frames

    void run() override;
    void discard() override;

protected:
    ~StartedTask();

    /// Called when the outcome is known and the frames are gone, before its owner hears of it.
    virtual void onFinished() noexcept { }
    /// Called when its owner has let go of it.
    virtual void onReleased() noexcept { }
    /// Called from the loop when a finished task was put on the ready list.
    virtual void onFinishedRun() noexcept { }

private:
    friend class Loop;
    friend class TaskOwner;
    template<typename Op>
    friend bool enter(Op &operation, FrameBase &frame);
    template<typename>
    friend class TaskAwaiter;
    friend class StreamAsk;
    friend class StreamFrame;

    bool requestOperation() noexcept;
    enum class Progress { Suspended, Ended, Absorbed, Doomed };
    Progress resumeFrames() noexcept;
    Progress unwindFrames() noexcept;
    void dropAbandonedFrames() noexcept;
    FrameBase *popFrame() noexcept;
    static void finish(StartedTask *&running) noexcept;
    bool isTreeDoomed() const noexcept;
    void noticeOwnCancelled() noexcept;
    void becomeFinished() noexcept;
    void destroyNow() noexcept;
    void assertThread(const char *what) const;

    Loop *m_loop = nullptr;
    FrameBase *m_current; ///< the innermost frame
    Operation *m_operation = nullptr; ///< what it waits for; null while it runs
    TaskOwner *m_owner = nullptr;
    mutable quint64 m_id = 0;
    std::unique_ptr<Details> m_details;
    quint8 m_streamDepth = 0; ///< of streams that run on the stack of who asks
    bool m_isFinished : 1 = false;
    bool m_isRequested : 1 = false;
    bool m_isRequestedByOwner : 1 = false;
    bool m_isUnwinding : 1 = false; ///< it will be unwound when it goes on
    bool m_isDoomed : 1 = false; ///< handed to its loop to be destroyed (law L14)
    bool m_isBeingDestroyed : 1 = false;
    bool m_threwOwnCancelled : 1 = false;
    bool m_hasAbandonedFrames : 1 = false;
    bool m_isDroppingFrames : 1 = false; ///< and with them what it waited for
    bool m_isPassingOn : 1 = false; ///< a request, to its operation
};

/// What a task waits for that is ready already, or doomed: nothing.
Operation &noOperation() noexcept;

[[noreturn]] void throwEnteredTwice();

template<typename Op>
bool enter(Op &operation, FrameBase &frame)
{
    if (operation.task())
        throwEnteredTwice();
    StartedTask *const task = frame.m_task;
    operation.enterFrom(task);
    if (!operation.start())
        return false;
    task->m_operation = &operation;
    return true;
}

} // namespace CoDrive::detail
