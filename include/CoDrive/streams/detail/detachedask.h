// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A task that asks a source and goes on when who asked for it leaves: the next one who asks waits
// for the same.

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/taskhandle.h>
#include <CoDrive/tasks/cancelandwait.h>

#include <utility>

namespace CoDrive::detail {

class DetachedAsk
{
public:
    /// Starts \a task, which does not throw, as a child of \a owner, who lives as long as the loop
    /// or awaits it.
    void start(Task<> task, TaskOwner &owner)
    {
        m_task = SharedTask<void>::create(std::move(task));
        m_task->startIn(owner);
    }
    bool isRunning() const noexcept { return m_task && !m_task->isFinished(); }

    /// Waits for its end; withdrawn at once by a request.
    Task<> join();
    /// Waits for its end, whatever is requested meanwhile; a request that was pending before takes
    /// effect after it (law L7).
    Task<> waitForEnd();
    /// Makes one request to it and waits for its end.
    auto cancelAndWait() { return CoDrive::cancelAndWait(TaskHandle<>(m_task)); }

private:
    SharedTaskPointer<void> m_task;
};

} // namespace CoDrive::detail
