// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Who holds started tasks: the one place where children are started, counted, asked to end and
// destroyed, for scopes, groups, gather, race and all others.

#include <CoDrive/core/detail/startedtask.h>

namespace CoDrive::detail {

struct LoopOwnersTag;

class TaskOwner : public ListLink<LoopOwnersTag>
{
public:
    /// \param label how dumpTasks() names it
    explicit TaskOwner(const char *label = nullptr) noexcept
        : m_label(label)
    {
    }
    TaskOwner(TaskOwner &&other) noexcept
        : m_label(other.m_label)
    {
        Q_ASSERT(other.m_children.isEmpty());
    }

    /// The task that waits for these children; null when they are roots.
    StartedTask *parentTask() const noexcept { return m_parentTask; }

    /// Takes over \a child, which has not begun, and runs it up to its first suspension (law L2).
    void start(StartedTask &child);
    /// Takes over a child that has begun.
    void adopt(StartedTask &child) noexcept;
    /// Lets go of \a child without ending it; who calls this has taken it over.
    void release(StartedTask &child) noexcept;

    bool hasChildren() const noexcept { return !m_children.isEmpty(); }
    qsizetype count() const noexcept { return m_count; }
    /// Whether destroyChildren() is at work.
    bool isDestroyingChildren() const noexcept { return m_isGone != nullptr; }
    const TaskList &children() const noexcept { return m_children; }
    const char *label() const noexcept { return m_label; }

    /// Makes one request to every child, which counts as the owner's own (StartedTask::
    /// isRequestedByOwner()) unless it only passes on what a user asked for.
    void requestChildren(bool isOwners = true) noexcept;
    /// Destroys every child, what was started last first. False: a destructor in one of their
    /// frames has destroyed this owner as well.
    bool destroyChildren() noexcept;

    /// A child has ended, its frames are gone. Returns the task that goes on directly, if any.
    virtual StartedTask *childEnded(StartedTask &child) noexcept = 0;

protected:
    ~TaskOwner()
    {
        Q_ASSERT(m_children.isEmpty());
        if (m_isGone)
            *m_isGone = true;
    }

    void setParentTask(StartedTask *task) noexcept { m_parentTask = task; }

private:
    friend class StartedTask;

    StartedTask *m_parentTask = nullptr;
    const char *m_label;
    TaskList m_children;
    qsizetype m_count = 0;
    bool *m_isGone = nullptr; ///< to be set when it dies, while destroyChildren() is at work
};

} // namespace CoDrive::detail
