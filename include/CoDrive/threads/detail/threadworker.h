// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A thread with an event loop, the jobs it does for other threads, and how these wait for a job.
//
// A ThreadJob is one task: made and submitted on any thread, begun, asked to end and destroyed on
// the worker's, always by way of that loop. It is over when its frames are gone there, or, when the
// thread is there for it alone, when the thread has ended.

#include <CoDrive/core/detail/localbinding.h>
#include <CoDrive/core/task.h>
#include <CoDrive/threads/detail/parking.h>
#include <CoDrive/threads/detail/waitqueue.h>

#include <QString>

#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

QT_BEGIN_NAMESPACE
class QThread;
QT_END_NAMESPACE

namespace CoDrive::detail {

class ThreadJob;

/// Who waits in its queue waits for the end of the thread.
class ThreadWorker final : public WaitQueue,
                           public InboxItem,
                           public std::enable_shared_from_this<ThreadWorker>
{
public:
    /// Starts the thread. \throws std::system_error when the system has none
    static std::shared_ptr<ThreadWorker> start(const QString &name);

    explicit ThreadWorker(const QString &name);
    ~ThreadWorker() override;

    QThread *thread() const noexcept { return m_thread.get(); }
    QString name() const { return m_name; }

    // Any thread.

    bool isCurrent() const noexcept { return m_threadId == std::this_thread::get_id(); }
    /// \throws std::logic_error when it is closing, or has ended
    void submit(std::shared_ptr<ThreadJob> job);
    void post(std::shared_ptr<InboxItem> item);
    /// Has \a job destroyed as soon as the thread is at its loop, or blocks for another one.
    void postDestruction(std::shared_ptr<DestructionJob> job);
    /// Takes no further job, and ends when it has none.
    void close();
    /// Makes one request to all tasks, also to those that have not begun.
    void requestAll();
    /// Destroys all tasks and ends the thread. Waits for that, unless it is the thread itself, or
    /// waits for this one.
    void destroy() noexcept;
    /// With the mutex held: the destructors of its thread-locals have run.
    bool hasEnded() const noexcept { return m_hasEnded; }
    /// Of a thread that has ended: waits until there is nothing left of it.
    void join() noexcept;
    /// Keeps it alive until the thread has ended, for nobody else does.
    void detach();

    // The worker's thread.

    void run();
    void deliver() noexcept override;
    QuietTasks &tasks() noexcept { return m_tasks; }
    /// A task that begins now has a request pending.
    bool isCancelled() const noexcept { return m_isCancelled; }
    /// Nothing begins any more.
    bool isBeingDestroyed();
    void jobEnded();
    /// \a job is over when the thread has ended.
    void announceAtEnd(std::shared_ptr<ThreadJob> job);

private:
    class Thread;
    class Sentinel;
    void ended() noexcept;
    void exitIfIdle();

    const QString m_name;
    std::unique_ptr<QThread> m_thread;
    std::atomic<bool> m_isMade = false;
    std::atomic<std::thread::id> m_threadId;

    // Guarded by the mutex:
    LoopPointer m_loop; ///< null until the thread runs
    std::shared_ptr<Parking> m_parking;
    std::vector<std::shared_ptr<InboxItem>> m_early; ///< for the loop
    std::vector<std::shared_ptr<DestructionJob>> m_earlyDestructions;
    std::shared_ptr<ThreadJob> m_lastJob;
    std::shared_ptr<ThreadWorker> m_keeper;
    int m_jobCount = 0;
    int m_requests = 0; ///< to all tasks
    bool m_isClosing = false;
    bool m_isBeingDestroyed = false;
    bool m_hasEnded = false;

    // The worker's thread only:
    QuietTasks m_tasks{"thread"};
    bool m_isCancelled = false;
};

/// Who waits in its queue waits for its being over, or for the first turn.
class ThreadJob : public WaitQueue,
                  public InboxItem,
                  public DestructionJob,
                  public std::enable_shared_from_this<ThreadJob>,
                  private ReadyItem,
                  private JoinWaiter
{
public:
    enum class Lifetime {
        OfTask, ///< over when the frames are gone
        OfThread ///< over when the thread has ended
    };

    virtual ~ThreadJob();

    // Any thread.

    /// \throws std::logic_error when \a worker takes no job
    void submit(std::shared_ptr<ThreadWorker> worker, Lifetime lifetime);
    /// The same with a thread of its own. \throws std::system_error
    void submitToNewThread(const QString &name);
    void request();
    /// Has its task destroyed, and waits until it is over, unless this is the worker's thread, or that
    /// waits for this one. An error that nobody has taken is reported.
    void destroy() noexcept;
    /// Blocks until it is over.
    void waitUntilOver();
    /// Of a job that is over: waits for the rest of a thread of its own.
    void join() noexcept;

    // With the mutex held.

    bool isOver() const noexcept { return m_isOver; }
    bool isFirstTurnOver() const noexcept { return m_isFirstTurnOver; }

    // Of a job that is over.

    virtual const OutcomeBase &outcomeBase() const noexcept = 0;
    bool isCancelled() const noexcept
    {
        return outcomeBase().state() == OutcomeBase::State::Cancelled;
    }
    /// From here on its error counts as taken. \throws Cancelled
    void noteTaken();

    // The worker's thread.

    void deliver() noexcept override;
    void discard() noexcept override;
    void destroyHere() noexcept override;

protected:
    ThreadJob() noexcept
        : WaitQueue("CoDrive::ThreadTask")
    {
    }

    virtual SharedTaskBase &makeTask(const QString &name) = 0;
    /// The task has ended; it is not needed any more.
    virtual void takeOutcome() noexcept = 0;
    /// Nobody takes it any more; not later, because the thread may be the last to hold the job.
    virtual void dropOutcome() noexcept = 0;
    /// It never began.
    virtual void dropTask(std::exception_ptr error) noexcept = 0;

private:
    friend class ThreadWorker;

    enum class Stage { Submitted, Scheduled, Begun, Ended };

    void run() override;
    void begin();
    void joined() noexcept override;
    StartedTask *waitingTask() const noexcept override { return nullptr; }
    void endUnbegun(std::exception_ptr error) noexcept;
    void end() noexcept;
    void setFirstTurnOver();
    void setOver();
    bool destroyThere();
    void reportIfNotTaken();

    std::shared_ptr<ThreadWorker> m_worker;
    Lifetime m_lifetime = Lifetime::OfTask;
    LocalBindings m_locals;
    bool m_isTaken = false; // who waits for it only

    // Guarded by the mutex:
    int m_requests = 0;
    bool m_isFirstTurnOver = false;
    bool m_isOver = false;
    bool m_isLeft = false; ///< who destroys it must not wait any more
    DestructionWait *m_destructionWait = nullptr; ///< of who destroys it

    // The worker's thread only:
    Stage m_stage = Stage::Submitted;
    SharedTaskBase *m_started = nullptr;
    std::shared_ptr<ThreadJob> m_self; ///< while the task runs
};

template<typename T>
class ThreadJobOf final : public ThreadJob
{
public:
    explicit ThreadJobOf(Task<T> task)
        : m_task(std::move(task))
    {
    }

    const OutcomeBase &outcomeBase() const noexcept override { return m_outcome; }
    T takeResult()
    {
        noteTaken();
        return m_outcome.takeValue();
    }

private:
    SharedTaskBase &makeTask(const QString &name) override
    {
        m_shared = SharedTask<T>::create(std::move(m_task), name);
        return *m_shared;
    }
    void takeOutcome() noexcept override
    {
        m_outcome = std::move(m_shared->outcome());
        m_shared->noteErrorTaken();
        // What is left of a value dies before the waiter hears of it, not beside him.
        m_shared->setCancelled();
        m_shared = SharedTaskPointer<T>();
    }
    void dropOutcome() noexcept override { m_outcome.reset(); }
    void dropTask(std::exception_ptr error) noexcept override
    {
        m_task = Task<T>();
        if (error)
            m_outcome.setError(std::move(error));
        else
            m_outcome.setCancelled();
    }

    Task<T> m_task;
    SharedTaskPointer<T> m_shared;
    Outcome<T> m_outcome;
};

/// Holds a VirtualClock still while a loop waits for another thread.
class BusyElsewhere
{
public:
    BusyElsewhere() noexcept = default;
    BusyElsewhere(BusyElsewhere &&other) noexcept
        : m_loop(std::exchange(other.m_loop, nullptr))
    {
    }
    BusyElsewhere &operator=(BusyElsewhere &&) = delete;
    ~BusyElsewhere() { end(); }

    void begin(Loop *loop) noexcept
    {
        m_loop = loop;
        m_loop->beginBusyElsewhere();
    }
    void end() noexcept
    {
        if (Loop *const loop = std::exchange(m_loop, nullptr))
            loop->endBusyElsewhere();
    }

private:
    Loop *m_loop = nullptr;
};

/// A task waits for a job, which it owns: requests are forwarded, and destroying one destroys the other.
class ThreadWait : public QueueOperationWith<WaitEntry>
{
public:
    bool isReady() const noexcept { return false; }
    bool start();
    bool request() noexcept override;

protected:
    explicit ThreadWait(std::shared_ptr<ThreadJob> job) noexcept
        : QueueOperationWith(job)
        , m_job(std::move(job))
    {
    }
    ThreadWait(ThreadWait &&) noexcept = default;
    ~ThreadWait() { leave(); }

    ThreadJob *job() const noexcept { return m_job.get(); }
    /// From here on somebody else looks after the job.
    std::shared_ptr<ThreadJob> releaseJob() noexcept { return std::move(m_job); }
    bool isOver() noexcept override { return m_job->isOver(); }
    void end() noexcept override;
    // Joining a thread serves the destruction jobs of this one.
    bool mayEndWithUserCode() const noexcept override { return true; }

private:
    void leave() noexcept;

    std::shared_ptr<ThreadJob> m_job;
    BusyElsewhere m_busy;
};

/// Destroys its job, unless it was handed over to who awaits it.
class ThreadJobOwner
{
public:
    ThreadJobOwner() noexcept = default;
    explicit ThreadJobOwner(std::shared_ptr<ThreadJob> job) noexcept
        : m_job(std::move(job))
    {
    }
    ThreadJobOwner(ThreadJobOwner &&) noexcept = default;
    ThreadJobOwner &operator=(ThreadJobOwner &&other) noexcept;
    ~ThreadJobOwner();

    void request();
    /// \throws std::logic_error the second time, or without a job
    const std::shared_ptr<ThreadJob> &handOver();

private:
    void destroy() noexcept;

    std::shared_ptr<ThreadJob> m_job;
    bool m_isHandedOver = false;
};

/// Awaits a ThreadTask.
template<typename T>
class ThreadTaskWait final : public ThreadWait, public AwaitableInAnyCoroutine<ThreadTaskWait<T>>
{
public:
    using Result = T;

    explicit ThreadTaskWait(std::shared_ptr<ThreadJobOf<T>> job) noexcept
        : ThreadWait(std::move(job))
    {
    }
    ThreadTaskWait(ThreadTaskWait &&) noexcept = default;

    T takeResult() { return static_cast<ThreadJobOf<T> *>(this->job())->takeResult(); }
};

/// Submits a job when awaited.
template<typename T>
class ThreadRun final : public ThreadWait, public AwaitableInAnyCoroutine<ThreadRun<T>>
{
public:
    using Result = T;

    /// \param worker null for a thread of its own
    ThreadRun(std::shared_ptr<ThreadWorker> worker, Task<T> task)
        : ThreadWait(std::make_shared<ThreadJobOf<T>>(std::move(task)))
        , m_worker(std::move(worker))
    {
    }
    ThreadRun(ThreadRun &&) noexcept = default;

    bool start()
    {
        if (m_worker)
            this->job()->submit(m_worker, ThreadJob::Lifetime::OfTask);
        else
            this->job()->submitToNewThread(QString());
        return ThreadWait::start();
    }
    T takeResult() { return static_cast<ThreadJobOf<T> *>(this->job())->takeResult(); }

private:
    std::shared_ptr<ThreadWorker> m_worker;
};

/// Starts a thread and waits for the first turn of its loop, or, once it has been asked to end, for
/// the end of the thread.
class ThreadLaunchBase : public ThreadWait
{
public:
    bool start();
    bool request() noexcept override;

protected:
    ThreadLaunchBase(std::shared_ptr<ThreadJob> job, const QString &name)
        : ThreadWait(std::move(job))
        , m_name(name)
    {
    }
    ThreadLaunchBase(ThreadLaunchBase &&) noexcept = default;
    ~ThreadLaunchBase() = default;

    /// \throws the error of one that was asked to end
    void throwIfFailed();

private:
    bool isOver() noexcept override
    {
        return job()->isOver() || (job()->isFirstTurnOver() && !m_isRequested);
    }
    void end() noexcept override;

    QString m_name;
    bool m_isRequested = false;
};

/// Awaits the end of a thread that has been asked to end.
class ThreadCloseWait final : public QueueOperationWith<WaitEntry>,
                              public AwaitableInAnyCoroutine<ThreadCloseWait>
{
public:
    using Result = void;

    explicit ThreadCloseWait(std::shared_ptr<ThreadWorker> worker) noexcept
        : QueueOperationWith(worker)
        , m_worker(std::move(worker))
    {
    }
    ThreadCloseWait(ThreadCloseWait &&) noexcept = default;
    ~ThreadCloseWait() { finish(); }

    bool isReady() const;
    bool start();
    bool request() noexcept override;
    void takeResult();

private:
    bool isOver() noexcept override { return m_worker->hasEnded(); }

    std::shared_ptr<ThreadWorker> m_worker;
    BusyElsewhere m_busy;
    bool m_isFirstRequestSwallowed = false;
};

} // namespace CoDrive::detail
