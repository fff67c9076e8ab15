// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Tasks in other threads, each with an event loop of its own.
//
//     ThreadLoop database("database");
//     const QList<Row> rows = co_await database.run([&] { return query(text); });
//
//     ThreadTask<> reader = co_await launchInThreadLoop(read(port), "reader");
//     reader.cancel();

#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/task.h>
#include <CoDrive/tasks/context.h>
#include <CoDrive/threads/detail/threadworker.h>

#include <QString>

#include <memory>
#include <utility>

QT_BEGIN_NAMESPACE
class QThread;
QT_END_NAMESPACE

namespace CoDrive {

/// A task in another thread: what ThreadLoop::spawn() and launchInThreadLoop() give. It owns the task:
/// its destructor destroys the task in its thread and waits for that, which takes until the thread is
/// back at its event loop; a thread that launchInThreadLoop() has started is joined. It does not wait
/// when it is destroyed on that thread itself, nor when the task, or its destruction, waits there for
/// something to be destroyed on this thread that cannot be before: then the task is destroyed by its
/// thread as soon as that has done with it.
///
/// It must be awaited, once, on any thread: that gives the value, or throws the error, when the frames
/// of the task are gone, and a thread of its own has ended. A cancelled waiter makes a request to the
/// task and waits for its end: then it is unwound, unless the task has given a value or an error all
/// the same, which it gets, the request kept. A destroyed waiter destroys the task, as above. When
/// somebody else has cancelled the task, or destroyed its thread, awaiting it throws Cancelled. An
/// error that nobody awaits goes to the unhandled-error handler.
template<detail::ReturnAValueOrAPointerNotAReference T = void>
class [[nodiscard]] ThreadTask : public detail::AwaitableInAnyCoroutine<ThreadTask<T>>
{
public:
    using Result = T; ///< what awaiting it gives

    /// Without a task; awaiting it is a std::logic_error.
    ThreadTask() noexcept = default;
    ThreadTask(ThreadTask &&) noexcept = default;
    ThreadTask &operator=(ThreadTask &&) noexcept = default;
    ~ThreadTask() = default;

    /// Makes one request to the task, also while it is awaited. Any thread, which has to see to it that
    /// this object is not moved or destroyed meanwhile.
    void cancel() { m_job.request(); }

    /// \cond internal
    explicit ThreadTask(std::shared_ptr<detail::ThreadJobOf<T>> job) noexcept
        : m_job(std::move(job))
    {
    }
    detail::ThreadTaskWait<T> toOperation()
    {
        return detail::ThreadTaskWait<T>(
            std::static_pointer_cast<detail::ThreadJobOf<T>>(m_job.handOver()));
    }
    /// \endcond

private:
    detail::ThreadJobOwner m_job;
};

namespace detail {

template<typename T>
class ThreadLaunch final : public ThreadLaunchBase, public AwaitableInAnyCoroutine<ThreadLaunch<T>>
{
public:
    using Result = ThreadTask<T>;

    ThreadLaunch(Task<T> task, const QString &name)
        : ThreadLaunchBase(std::make_shared<ThreadJobOf<T>>(std::move(task)), name)
    {
    }
    ThreadLaunch(ThreadLaunch &&) noexcept = default;

    ThreadTask<T> takeResult()
    {
        this->throwIfFailed();
        return ThreadTask<T>(std::static_pointer_cast<ThreadJobOf<T>>(this->releaseJob()));
    }
};

} // namespace detail

/// A thread with an event loop, and its tasks. All functions but the destructor may be called on any
/// thread, the thread itself included. What is begun here is a Task made here or a callable that is
/// called there, returns an awaitable, and is kept alive and destroyed there; it sees the TaskLocals
/// of who submits it. Like aiodrive's ThreadManager, ThreadTaskGroup.
class ThreadLoop
{
public:
    /// Starts the thread. \param name of the QThread
    /// \throws std::system_error when the system has no thread left
    explicit ThreadLoop(const QString &name = {});
    ThreadLoop(const ThreadLoop &) = delete;
    ThreadLoop &operator=(const ThreadLoop &) = delete;
    /// Destroys the tasks in their thread and joins it; who awaits one gets Cancelled. Called by one of
    /// its own tasks it returns at once: that task goes on to its next suspension and is destroyed
    /// there, then the thread ends. So it does when one of them waits for something to be destroyed on
    /// this thread that cannot be before.
    ~ThreadLoop();

    /// Starts \a awaitable there. \throws std::logic_error after close() has begun
    template<typename A>
    ThreadTask<detail::StartResult<A>> spawn(A &&awaitable)
    {
        using T = detail::StartResult<A>;
        auto job
            = std::make_shared<detail::ThreadJobOf<T>>(detail::makeTask(std::forward<A>(awaitable)));
        submit(job);
        return ThreadTask<T>(std::move(job));
    }

    /// Runs \a awaitable there and gives its result here. Cancellation is forwarded as by a ThreadTask
    /// that is awaited. \return to be awaited \throws std::logic_error after close() has begun; what
    /// \a awaitable throws; Cancelled
    template<typename A>
    [[nodiscard]] detail::ThreadRun<detail::StartResult<A>> run(A &&awaitable)
    {
        return detail::ThreadRun<detail::StartResult<A>>(
            m_worker, CoDrive::toTask(std::forward<A>(awaitable)));
    }

    /// The same for a thread: blocks it. \throws std::logic_error also inside a task and on this
    /// thread itself
    template<typename A>
    detail::StartResult<A> runSync(A &&awaitable)
    {
        checkMayRunSync();
        const auto job = std::make_shared<detail::ThreadJobOf<detail::StartResult<A>>>(
            detail::makeTask(std::forward<A>(awaitable)));
        submit(job);
        job->waitUntilOver();
        return job->takeResult();
    }

    /// Takes nothing new, makes one request to every task, and awaits that they and the thread have
    /// ended. When the waiter is cancelled meanwhile, the first request is not forwarded, further ones
    /// are; the request is kept. Errors of the tasks are not thrown here.
    /// \throws std::logic_error on the thread itself
    [[nodiscard]] detail::ThreadCloseWait close();

    /// The thread, while this lives.
    QThread *thread() const noexcept { return m_worker->thread(); }

private:
    void submit(std::shared_ptr<detail::ThreadJob> job);
    void checkMayRunSync() const;

    const std::shared_ptr<detail::ThreadWorker> m_worker;
};

/// Starts a thread with an event loop, and in it \a awaitable: a Task, or a callable that is called
/// there. Gives the handle when the first turn of that loop is over; the thread ends with the task.
///
/// A waiter that is cancelled meanwhile waits for the end of the thread, to which the request is
/// forwarded; then it is unwound, or gets the error of the task; if that gave a value all the same,
/// the waiter gets the handle. A destroyed waiter destroys the task and joins the thread.
/// Like aiodrive's launch_in_thread_loop.
/// \param name of the QThread \return to be awaited: a ThreadTask
/// \throws std::system_error when the system has no thread left
template<typename A>
[[nodiscard]] detail::ThreadLaunch<detail::StartResult<A>> launchInThreadLoop(A &&awaitable,
                                                                              const QString &name = {})
{
    return detail::ThreadLaunch<detail::StartResult<A>>(
        CoDrive::toTask(std::forward<A>(awaitable)), name);
}

/// Runs \a awaitable in a thread of its own with an event loop and gives its result when the thread
/// has ended. Cancellation is forwarded as by a ThreadTask that is awaited.
/// Like aiodrive's run_in_thread_loop.
/// \return to be awaited \throws std::system_error; what \a awaitable throws
template<typename A>
[[nodiscard]] detail::ThreadRun<detail::StartResult<A>> runInThreadLoop(A &&awaitable)
{
    return detail::ThreadRun<detail::StartResult<A>>(nullptr,
                                                     CoDrive::toTask(std::forward<A>(awaitable)));
}

namespace detail {

template<typename A>
StartResult<A> runInNewThread(A &&awaitable)
{
    const auto job
        = std::make_shared<ThreadJobOf<StartResult<A>>>(makeTask(std::forward<A>(awaitable)));
    job->submitToNewThread(QString());
    job->waitUntilOver();
    return job->takeResult();
}

} // namespace detail

/// The same for a thread: blocks it. \throws std::logic_error also inside a task
template<typename A>
detail::StartResult<A> runInThreadLoopSync(A &&awaitable)
{
    detail::checkMayBlock("CoDrive::runInThreadLoopSync");
    return detail::runInNewThread(std::forward<A>(awaitable));
}

namespace detail {

template<typename T>
Task<> awaitThread(ThreadTask<T> thread)
{
    static_cast<void>(co_await std::move(thread));
}

template<typename R, typename T, typename Body>
Task<R> runWithThreadLoop(Task<T> background, OwnedCallable<Body> body)
{
    ThreadTask<T> thread = co_await launchInThreadLoop(std::move(background));
    auto call = [&body] { return body(); };
    co_return co_await contextualize(awaitThread(std::move(thread)), call);
}

} // namespace detail

/// Structured: it never returns, throws or unwinds before the body and the thread have ended.
///
/// Starts \a background in a thread of its own, then, when the first turn of that loop is over, awaits
/// \a body() here; when that ends, the background is cancelled and its thread is awaited. An error of
/// the background cancels the body; its return disturbs nobody. A cancellation of the waiter is
/// forwarded to both. Gives the body's result. Like aiodrive's run_in_thread_loop_contextualized.
/// \param background a Task, or a callable that is called in the thread
/// \param body a callable that returns an awaitable \throws as contextualize(); std::system_error
template<typename Background, typename Body>
[[nodiscard]] Task<detail::BodyResult<Body>> withThreadLoop(Background &&background, Body &&body)
{
    detail::checkCallable<Body>();
    return detail::runWithThreadLoop<detail::BodyResult<Body>>(
        CoDrive::toTask(std::forward<Background>(background)),
        detail::OwnedCallable<Body>(std::forward<Body>(body)));
}

} // namespace CoDrive
