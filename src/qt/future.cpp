// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/future.h>

#include <QFutureWatcher>
#include <QMutexLocker>

#include <limits>
#include <stdexcept>

namespace CoDrive::detail {

std::exception_ptr errorOf(const QFutureInterfaceBase &future)
{
    // A copy of the handle, because asking for the error is not const.
    QFutureInterfaceBase handle(future);
    const QMutexLocker lock(&handle.mutex());
    return handle.hasException() ? handle.exceptionStore().exception() : nullptr;
}

/// Hears of the end of the future through the event queue of the waiter's thread.
class FutureWait::Watch
{
public:
    Watch(FutureWait &wait, QFutureInterfaceBase future)
        : m_wait(wait)
    {
        QObject::connect(&m_watcher, &QFutureWatcherBase::finished, &m_watcher,
                         [this] { finish(false); });
        QObject::connect(&m_watcher, &QFutureWatcherBase::canceled, &m_watcher,
                         [this] { finish(true); });
        // Else it would slow down who produces results faster than this thread handles its events.
        m_watcher.setPendingResultsLimit(std::numeric_limits<int>::max());
        m_watcher.setFuture(QFuture<void>(&future));
    }

    bool isOver() const noexcept { return m_isOver; }
    void withdraw() noexcept { m_isWithdrawn = true; }

private:
    void finish(bool isCancelled) noexcept
    {
        if (m_isOver || m_isWithdrawn)
            return;
        m_isOver = true;
        m_wait.m_wasCancelledFirst = isCancelled;
        m_wait.complete();
    }

    FutureWait &m_wait;
    QFutureWatcher<void> m_watcher;
    bool m_isOver = false;
    bool m_isWithdrawn = false;
};

FutureWait::FutureWait(const QFutureInterfaceBase &future)
    : m_future(future)
{
}

FutureWait::FutureWait(FutureWait &&) noexcept = default;

FutureWait::~FutureWait()
{
    if (!m_watch)
        return;
    const bool isOver = m_watch->isOver();
    m_watch.reset();
    if (!isOver && !m_future.isFinished())
        m_future.cancel();
}

bool FutureWait::isReady()
{
    m_wasCancelledFirst = m_future.isCanceled();
    // One whose result was taken is reset, and never finishes again.
    return m_wasCancelledFirst || m_future.isFinished() || !m_future.isValid();
}

bool FutureWait::start()
{
    m_watch = std::make_unique<Watch>(*this, m_future);
    return true;
}

bool FutureWait::request() noexcept
{
    // The news of it may still be in the event queue.
    if (m_future.isFinished() || m_future.isCanceled())
        return false;
    m_watch->withdraw();
    return true;
}

void FutureWait::checkResult(bool hasResult) const
{
    if (const std::exception_ptr error = errorOf(m_future))
        std::rethrow_exception(error);
    if (m_wasCancelledFirst && !hasResult)
        throw Cancelled(QStringLiteral("the QFuture"));
}

void FutureWait::throwNoResult()
{
    throw std::logic_error("CoDrive: the future finished without a result, or somebody has taken it");
}

} // namespace CoDrive::detail
