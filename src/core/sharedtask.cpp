// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/errors.h>
#include <CoDrive/core/task.h>

#include <stdexcept>
#include <unordered_set>
#include <vector>

namespace CoDrive::detail {

SharedTaskBase::~SharedTaskBase() = default;

void SharedTaskBase::onFinished() noexcept
{
    while (JoinWaiter *const waiter = m_waiters.takeFirst())
        waiter->joined();
}

void SharedTaskBase::reportErrorLater(std::shared_ptr<const ErrorHandler> handler) noexcept
{
    m_errorHandler = std::move(handler);
    retain();
    if (loop()->isClosed())
        onFinishedRun();
    else
        loop()->makeReady(*this);
}

void SharedTaskBase::onFinishedRun() noexcept
{
    // A handle that outlives the error must not keep the handler.
    const auto handler = std::move(m_errorHandler);
    if (!m_isErrorTaken) {
        m_isErrorTaken = true;
        deliverError(handler ? *handler : ErrorHandler(), outcomeBase().errorPointer(), info());
    }
    dismiss();
}

// Walks from the running task to who waits for it: a new task, the usual one to wait for others,
// has no waiters yet, so that a chain of any length costs nothing.
bool SharedTaskBase::isAwaitedBy(StartedTask &awaited, const StartedTask &task)
{
    // Mostly one waits for one, up to a root; that must not allocate (law L15).
    StartedTask *start = &awaited;
    while (start) {
        if (start == &task)
            return true;
        StartedTask *const parent = start->parent();
        const auto *const shared = dynamic_cast<const SharedTaskBase *>(start);
        const JoinWaiter *const waiter = shared ? shared->m_waiters.first() : nullptr;
        if (!parent && !waiter)
            return false;
        if (waiter && (parent || shared->m_waiters.next(waiter)))
            break;
        start = parent ? parent : waiter->waitingTask();
    }
    if (!start)
        return false;
    std::vector<StartedTask *> open{start};
    std::unordered_set<const StartedTask *> seen;
    while (!open.empty()) {
        StartedTask *const next = open.back();
        open.pop_back();
        if (next == &task)
            return true;
        if (!next || !seen.insert(next).second)
            continue;
        if (StartedTask *const parent = next->parent())
            open.push_back(parent);
        if (const auto *const shared = dynamic_cast<const SharedTaskBase *>(next)) {
            for (const JoinWaiter *waiter = shared->m_waiters.first(); waiter;
                 waiter = shared->m_waiters.next(waiter))
                open.push_back(waiter->waitingTask());
        }
    }
    return false;
}

bool isReadyToJoin(SharedTaskBase *task)
{
    if (!task)
        throw std::logic_error("CoDrive::TaskHandle: an empty handle was awaited");
    if (task->isFinished())
        return true;
    StartedTask *const running = Loop::currentTask();
    const bool mayBeCircular = running
        && (running == task || running->parent()
            || static_cast<SharedTaskBase *>(running)->hasWaiters());
    if (mayBeCircular && SharedTaskBase::isAwaitedBy(*running, *task))
        throw std::logic_error(
            QStringLiteral("CoDrive::TaskHandle: %1 awaits %2, which waits for it")
                .arg(running->displayName(), task->displayName())
                .toStdString());
    return false;
}

void throwResultOf(SharedTaskBase &task)
{
    if (const std::exception_ptr error = task.outcomeBase().errorPointer()) {
        task.noteErrorTaken();
        std::rethrow_exception(error);
    }
    if (task.isCancelled())
        throw Cancelled(task.displayName(), task.reason());
    throw std::logic_error(
        QStringLiteral("CoDrive::TaskHandle: the value of %1 was moved out before")
            .arg(task.displayName())
            .toStdString());
}

} // namespace CoDrive::detail
