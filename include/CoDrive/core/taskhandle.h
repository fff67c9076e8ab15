// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// TaskHandle: what spawn() gives; cancels a task, asks how it ended, waits for it.
//
//     TaskHandle<int> answer = scope.spawn(compute());
//     connect(button, &QPushButton::clicked, this, [answer]() mutable { answer.cancel(); });
//     show(co_await answer);

#include <CoDrive/core/outcome.h>
#include <CoDrive/core/task.h>

#include <QString>

namespace CoDrive {

/// A copyable reference to a started task. It belongs to the thread of the task. It does not own:
/// dropping the last one leaves the task running, and cancelling a task that awaits a handle does
/// not cancel the handle's task.
///
/// Awaiting it gives the value (copied; moved from `std::move(handle)`), throws the task's error,
/// or Cancelled when the task was cancelled or destroyed. A task that waits for the end of a task
/// which waits for it throws std::logic_error; so does awaiting an empty handle.
/// Like asyncio.Task.
template<detail::ReturnAValueOrAPointerNotAReference T>
class TaskHandle : public detail::AwaitableInAnyCoroutine<TaskHandle<T>>
{
public:
    using Result = T; ///< what awaiting it gives

    /// An empty handle: finished and cancelled.
    TaskHandle() noexcept = default;

    /// Makes one request to end, which takes effect from the loop. Does nothing when the task has
    /// finished. \param reason appears in the Cancelled that waiters get; the first one counts
    void cancel(const QString &reason = {})
    {
        if (!m_task || m_task->isFinished())
            return;
        if (!reason.isEmpty())
            m_task->setReason(reason);
        m_task->request();
    }

    /// Whether the task has ended and its frames are gone.
    bool isFinished() const noexcept { return !m_task || m_task->isFinished(); }
    /// Whether it ended as cancelled, or was destroyed.
    bool isCancelled() const noexcept
    {
        return !m_task || (m_task->isFinished() && m_task->isCancelled());
    }
    /// How it ended; pending until then. After a moving await its value() is a std::logic_error.
    const Outcome<T> &outcome() const noexcept
    {
        static const Outcome<T> pending;
        static const Outcome<T> cancelled = Outcome<T>::cancelled();
        if (!m_task)
            return cancelled;
        return m_task->isFinished() ? m_task->outcome() : pending;
    }
    /// The name given at its start.
    QString name() const { return m_task ? m_task->name() : QString(); }

    /// \cond internal
    explicit TaskHandle(detail::SharedTaskPointer<T> task) noexcept
        : m_task(std::move(task))
    {
    }
    detail::JoinOperation<T, detail::Take::Copy> toOperation() const &
        requires(std::is_void_v<T> || std::copy_constructible<T>)
    {
        return detail::JoinOperation<T, detail::Take::Copy>(m_task);
    }
    detail::JoinOperation<T, detail::Take::Move> toOperation() &&
    {
        return detail::JoinOperation<T, detail::Take::Move>(std::move(m_task));
    }
    detail::SharedTask<T> *sharedTask() const noexcept { return m_task.get(); }
    /// \endcond

private:
    detail::SharedTaskPointer<T> m_task;
};

} // namespace CoDrive
