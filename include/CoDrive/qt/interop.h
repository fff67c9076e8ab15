// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// toFuture() and toQCoro(): for code that knows QFuture or QCoro::Task, not Task.
//
//     QFuture<QByteArray> Cache::fetch(QUrl url) // a plain Qt interface
//     {
//         return toFuture(download(url));
//     }

#include <CoDrive/core/task.h>
#include <CoDrive/qt/future.h>

#include <QFuture>
#include <QObject>
#include <QPromise>

#include <memory>
#include <utility>

namespace CoDrive {

namespace detail {

/// Makes one request to \a task when \a future is cancelled, for as long as the object lives.
std::unique_ptr<QObject> requestOnCancel(QFutureInterfaceBase future, StartedTask &task);

/// The task behind a future. It belongs to its loop, and destroys itself.
template<typename T>
class FutureTask final : public SharedTaskBase
{
public:
    static QFuture<T> start(Task<T> task)
    {
        const SharedPointer<FutureTask> self(new FutureTask(task));
        static_cast<TaskPromise<T> *>(self->currentFrame())->setOutcome(self->m_outcome);
        self->bindToLoop();
        self->m_promise.start();
        self->startIn(Loop::current().independent());
        return self->m_promise.future();
    }

    const OutcomeBase &outcomeBase() const noexcept override { return m_outcome; }
    void setCancelled() noexcept override { m_outcome.setCancelled(); }

private:
    explicit FutureTask(Task<T> &task)
        : SharedTaskBase(task.takeFrame())
        , m_canceller(requestOnCancel(QFutureInterfaceBase::get(m_promise.future()), *this))
    {
    }

    // The last thing that happens to it, because continuations may run in here.
    void onReleased() noexcept override
    {
        if (isFinished())
            finishPromise();
        SharedTaskBase::onReleased();
    }
    void finishPromise() noexcept
    {
        const std::exception_ptr error = m_outcome.error();
        try {
            std::move(m_outcome).transferTo(m_promise);
        } catch (...) {
            // The value could not be moved.
            m_promise.setException(std::current_exception());
            m_promise.finish();
        }
        // A future that was cancelled takes no error.
        if (error && !errorOf(QFutureInterfaceBase::get(m_promise.future())))
            reportUnhandled(error, info());
    }

    Outcome<T> m_outcome;
    QPromise<T> m_promise;
    std::unique_ptr<QObject> m_canceller;
};

template<typename T>
QCoro::Task<T> awaitInQCoro(Task<T> task)
{
    co_return co_await std::move(task);
}

} // namespace detail

/// Starts \a awaitable as a task of its own on this thread, runs it up to its first suspension, and
/// returns a future that gets its result or error. Cancelling the future, on any thread, makes one
/// request to the task, from its loop; the future is finished when the task has ended and its frames
/// are gone. What a task still gives after its future was cancelled is dropped, an error goes to the
/// unhandled-error handler. A task that ends cancelled, or whose thread ends, cancels the future.
/// Dropping the future leaves the task running; run() does not count it as a leftover.
/// Like asyncio's run_coroutine_threadsafe(), for the own thread.
/// \return directly
template<typename A>
    requires detail::Startable<A>
QFuture<detail::StartResult<A>> toFuture(A &&awaitable)
{
    return detail::FutureTask<detail::StartResult<A>>::start(detail::makeTask(std::forward<A>(awaitable)));
}

/// Starts \a awaitable as a task of its own on this thread, runs it up to its first suspension, and
/// returns a QCoro::Task that gives its result or throws its error; Cancelled when it was cancelled.
/// Dropping the QCoro::Task leaves the task running. QCoro knows no cancellation.
/// \return directly
template<typename A>
    requires detail::Startable<A>
QCoro::Task<detail::StartResult<A>> toQCoro(A &&awaitable)
{
    return detail::awaitInQCoro(detail::makeTask(std::forward<A>(awaitable)));
}

} // namespace CoDrive
