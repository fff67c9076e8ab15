// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A started task that handles can refer to: it lives as long as its owner or a handle needs it.
// It is a part of task.h, which includes it where Task is known.

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/detail/startedtask.h>
#include <CoDrive/core/unhandled.h>

#include <atomic>
#include <functional>
#include <utility>

namespace CoDrive::detail {

class JoinWaiter;
struct JoinTag;

/// Stands in the list of a shared task until that has ended.
class JoinWaiter : public ListLink<JoinTag>
{
public:
    JoinWaiter() noexcept = default;
    JoinWaiter(JoinWaiter &&) noexcept = default;

    virtual void joined() noexcept = 0;
    /// The task that waits; null when it is something else.
    virtual StartedTask *waitingTask() const noexcept = 0;

protected:
    ~JoinWaiter() = default;
};

class SharedTaskBase : public StartedTask, public FrameAllocated
{
public:
    void retain() noexcept { m_references.fetch_add(1, std::memory_order_relaxed); }
    void dismiss() noexcept
    {
        if (m_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete this;
    }

    /// Begins it as a child of \a owner, who holds a reference until it has ended.
    void startIn(TaskOwner &owner)
    {
        retain();
        owner.start(*this);
    }

    void addWaiter(JoinWaiter &waiter) noexcept { m_waiters.append(&waiter); }
    bool hasWaiters() const noexcept { return !m_waiters.isEmpty(); }
    /// Whether \a task waits for this one, through whatever others.
    static bool isAwaitedBy(StartedTask &awaited, const StartedTask &task);

    /// Somebody has been given the error.
    void noteErrorTaken() noexcept { m_isErrorTaken = true; }
    bool isErrorTaken() const noexcept { return m_isErrorTaken; }
    /// From the loop, unless somebody has taken the error by then: gives it to \a handler, or
    /// reports it as unhandled.
    void reportErrorLater(std::shared_ptr<const ErrorHandler> handler = {}) noexcept;

    /// Counts as started on this thread, for the loop's life; called before TaskOwner::start().
    void bindToLoop() { m_loopKeeper = &Loop::current(); }

protected:
    explicit SharedTaskBase(FrameBase *root) noexcept
        : StartedTask(root)
    {
    }
    virtual ~SharedTaskBase();

    void onFinished() noexcept override;
    void onReleased() noexcept override { dismiss(); }
    void onFinishedRun() noexcept override;

private:
    std::atomic<int> m_references = 1;
    bool m_isErrorTaken = false;
    List<JoinWaiter, JoinTag> m_waiters;
    LoopPointer m_loopKeeper;
    std::shared_ptr<const ErrorHandler> m_errorHandler;
};

/// Holds a reference to a shared task.
template<typename Shared>
class SharedPointer
{
public:
    SharedPointer() noexcept = default;
    /// Takes over a reference.
    explicit SharedPointer(Shared *adopted) noexcept
        : m_task(adopted)
    {
    }
    SharedPointer(const SharedPointer &other) noexcept
        : m_task(other.m_task)
    {
        if (m_task)
            m_task->retain();
    }
    SharedPointer(SharedPointer &&other) noexcept
        : m_task(std::exchange(other.m_task, nullptr))
    {
    }
    SharedPointer &operator=(SharedPointer other) noexcept
    {
        std::swap(m_task, other.m_task);
        return *this;
    }
    ~SharedPointer()
    {
        if (m_task)
            m_task->dismiss();
    }

    explicit operator bool() const noexcept { return m_task != nullptr; }
    Shared *get() const noexcept { return m_task; }
    Shared *operator->() const noexcept { return m_task; }
    Shared &operator*() const noexcept { return *m_task; }

private:
    Shared *m_task = nullptr;
};

template<typename T>
class SharedTask final : public SharedTaskBase
{
public:
    static SharedPointer<SharedTask> create(Task<T> task, const QString &name = {})
    {
        auto *const frame = task.takeFrame();
        SharedTask *shared;
        try {
            shared = new SharedTask(frame);
        } catch (...) {
            frame->destroy();
            throw;
        }
        frame->setOutcome(shared->m_outcome);
        SharedPointer<SharedTask> pointer(shared);
        shared->bindToLoop();
        if (!name.isEmpty())
            shared->setName(name);
        return pointer;
    }

    Outcome<T> &outcome() noexcept { return m_outcome; }
    const OutcomeBase &outcomeBase() const noexcept override { return m_outcome; }
    void setCancelled() noexcept override { m_outcome.setCancelled(); }

    /// The value, moved out; throws the error, or Cancelled with the name and reason.
    T takeResult()
    {
        throwUnlessSuccess();
        return m_outcome.takeValue();
    }
    /// The value, copied.
    T copyResult()
    {
        throwUnlessSuccess();
        return m_outcome.value();
    }

private:
    explicit SharedTask(FrameBase *root) noexcept
        : SharedTaskBase(root)
    {
    }

    void throwUnlessSuccess();

    Outcome<T> m_outcome;
};

template<typename T>
using SharedTaskPointer = SharedPointer<SharedTask<T>>;

/// Whether \a task has ended already.
/// \throws std::logic_error for an empty handle, or when \a task waits for the running one
bool isReadyToJoin(SharedTaskBase *task);

/// \throws the error of a failure, which then counts as taken; Cancelled with name and reason
void throwResultOf(SharedTaskBase &task);

template<typename T>
void SharedTask<T>::throwUnlessSuccess()
{
    if (isFinished() && !m_outcome.isSuccess())
        throwResultOf(*this);
}

/// Waits for the end of a shared task without owning it.
class JoinOperationBase : public Operation, public JoinWaiter
{
public:
    JoinOperationBase(JoinOperationBase &&) noexcept = default;

    bool request() noexcept override
    {
        const bool isWaiting = isLinked();
        unlink();
        return isWaiting;
    }
    void joined() noexcept override { complete(); }
    StartedTask *waitingTask() const noexcept override { return task(); }

protected:
    JoinOperationBase() noexcept = default;
    ~JoinOperationBase() = default;
};

enum class Take { Copy, Move };

template<typename T, Take take>
class JoinOperation final : public JoinOperationBase
{
public:
    using Result = T;

    explicit JoinOperation(SharedTaskPointer<T> task) noexcept
        : m_task(std::move(task))
    {
    }

    bool isReady() const { return isReadyToJoin(m_task.get()); }
    bool start()
    {
        m_task->addWaiter(*this);
        return true;
    }
    T takeResult()
    {
        if constexpr (take == Take::Move)
            return m_task->takeResult();
        else
            return m_task->copyResult();
    }

private:
    SharedTaskPointer<T> m_task;
};

} // namespace CoDrive::detail
