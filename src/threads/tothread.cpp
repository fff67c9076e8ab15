// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/tothread.h>

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/threads/detail/waitqueue.h>

#include <QRunnable>
#include <QThreadPool>

#include <atomic>
#include <mutex>

namespace CoDrive::detail {

/// What the waiter and the pool share. Everything else lives in the waiter's frame, which waits for
/// a call that has begun.
class PoolJob final : public RemoteWaker, public WaitQueue
{
public:
    explicit PoolJob(PoolOperationBase &operation) noexcept
        : WaitQueue("toThread()")
        , m_operation(operation)
    {
    }

    // The thread of the pool.

    void call()
    {
        if (!advance(State::Queued, State::Running))
            return;
        {
            const AdoptedLocals locals(m_operation.m_locals);
            m_operation.call();
        }
        advance(State::Running, State::Done);
        notify();
    }
    /// The pool lets go of it.
    void drop()
    {
        if (advance(State::Queued, State::Dropped))
            notify();
    }

    // The thread of the waiter.

    /// True: the function will never be called.
    bool withdraw() { return advance(State::Queued, State::Withdrawn); }
    bool isRunning()
    {
        const std::scoped_lock lock(m_mutex);
        return m_state == State::Running;
    }
    bool isDropped()
    {
        const std::scoped_lock lock(m_mutex);
        return m_state == State::Dropped;
    }
    /// Blocks while the function runs.
    void waitUntilReturned()
    {
        std::unique_lock lock(m_mutex);
        blockUntil(lock, [this] { return m_state != State::Running; });
    }

private:
    enum class State { Queued, Running, Done, Withdrawn, Dropped };

    bool advance(State from, State to)
    {
        const std::scoped_lock lock(m_mutex);
        if (m_state != from)
            return false;
        m_state = to;
        wakeAll();
        return true;
    }

    PoolOperationBase &m_operation; // not to be touched unless Running
    State m_state = State::Queued;
};

namespace {

class PoolRunnable final : public QRunnable
{
public:
    explicit PoolRunnable(std::shared_ptr<PoolJob> job) noexcept
        : m_job(std::move(job))
    {
        m_isHandedOver.store(true, std::memory_order_release);
    }
    ~PoolRunnable() override { job().drop(); }

    void run() override { job().call(); }

private:
    // The pool hands it over through a QMutex, which ThreadSanitizer does not see.
    PoolJob &job() const
    {
        m_isHandedOver.load(std::memory_order_acquire);
        return *m_job;
    }

    const std::shared_ptr<PoolJob> m_job;
    std::atomic<bool> m_isHandedOver = false;
};

} // namespace

bool PoolOperationBase::start()
{
    m_job = std::make_shared<PoolJob>(*this);
    // Law L6: the request that is pending withdraws it at once, so the function must not begin.
    if (task()->isRequested())
        return true;
    m_job->onNotified = [this] { ended(); };
    m_locals = task()->m_locals;
    QThreadPool *const pool = m_pool ? m_pool : QThreadPool::globalInstance();
    pool->start(new PoolRunnable(m_job));
    task()->loop()->beginBusyElsewhere();
    m_isBusyElsewhere = true;
    return true;
}

bool PoolOperationBase::request() noexcept
{
    if (m_job->withdraw())
        return true;
    // A stop callback is code of the user, which must not run inside cancel().
    if (m_stop.stop_possible() && !m_stop.stop_requested() && m_job->isRunning()
        && !ReadyItem::isLinked())
        task()->loop()->makeReady(*this);
    return false;
}

void PoolOperationBase::run()
{
    // A stop callback may destroy the waiter, and this with it.
    std::stop_source stop = m_stop;
    stop.request_stop();
}

void PoolOperationBase::ended()
{
    ReadyItem::unlink();
    m_job->onNotified = nullptr;
    endBusyElsewhere();
    complete();
}

void PoolOperationBase::takeOutcome()
{
    m_isTaken = true;
    if (m_job->isDropped())
        throw Cancelled(QStringLiteral("the function given to toThread()"));
}

void PoolOperationBase::finish() noexcept
{
    if (!m_job)
        return;
    ReadyItem::unlink();
    if (!m_job->withdraw()) {
        if (m_job->isRunning())
            m_stop.request_stop();
        m_job->waitUntilReturned();
        if (!m_isTaken && error())
            reportUnhandled(error(), task()->info());
    }
    m_job->onNotified = nullptr;
    endBusyElsewhere();
    m_job.reset();
}

void PoolOperationBase::endBusyElsewhere() noexcept
{
    if (std::exchange(m_isBusyElsewhere, false))
        task()->loop()->endBusyElsewhere();
}

} // namespace CoDrive::detail
