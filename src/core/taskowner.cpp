// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/taskowner.h>

#include <CoDrive/core/detail/loop.h>

#include <utility>

namespace CoDrive::detail {

void TaskOwner::start(StartedTask &child)
{
    Q_ASSERT(!child.hasBegun());
    if (m_parentTask)
        m_parentTask->assertThread("a child started from another thread than its own");
    child.m_loop = m_parentTask ? m_parentTask->m_loop : &Loop::current();
    child.m_current->m_task = &child;
    const StartedTask *const running = Loop::currentTask();
    if (const StartedTask *const starter = running ? running : m_parentTask)
        child.m_locals = starter->m_locals;
    else if (const LocalBindings *const adopted = adoptedLocals())
        child.m_locals = *adopted;
    adopt(child);
    StartedTask::drive(&child, Continuation::ThroughReadyList);
}

void TaskOwner::adopt(StartedTask &child) noexcept
{
    Q_ASSERT(!child.m_owner);
    child.m_owner = this;
    m_children.append(&child);
    ++m_count;
}

void TaskOwner::release(StartedTask &child) noexcept
{
    Q_ASSERT(child.m_owner == this);
    child.ListLink<OwnerTag>::unlink();
    child.m_owner = nullptr;
    --m_count;
}

void TaskOwner::requestChildren(bool isOwners) noexcept
{
    // A request runs no code of the user, so the list does not change meanwhile.
    for (StartedTask *child = m_children.first(); child; child = m_children.next(child)) {
        if (isOwners)
            child->noteRequestedByOwner();
        child->request();
    }
}

bool TaskOwner::destroyChildren() noexcept
{
    if (m_children.isEmpty())
        return true;
    // What has not had its turn must not go on, should a destructor run an event loop.
    const Loop::Destruction destruction(m_children.first()->m_loop);
    bool isGone = false;
    bool *const outerIsGone = std::exchange(m_isGone, &isGone);
    while (!isGone && hasChildren())
        m_children.last()->destroy();
    if (!isGone)
        m_isGone = outerIsGone;
    else if (outerIsGone)
        *outerIsGone = true;
    return !isGone;
}

} // namespace CoDrive::detail
