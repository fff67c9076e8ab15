// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/shield.h>

namespace CoDrive::detail {

bool ShieldBase::startChild(SharedTaskBase &child)
{
    m_child = &child;
    setParentTask(task());
    m_isStarting = true;
    child.startIn(*this);
    m_isStarting = false;
    if (hasChildren() || task()->isDoomed())
        return true;
    task()->continueWith(child.isCancelled());
    return child.isCancelled();
}

bool ShieldBase::request() noexcept
{
    release(*m_child);
    task()->loop()->leftovers().adopt(*m_child);
    return true;
}

StartedTask *ShieldBase::childEnded(StartedTask &child) noexcept
{
    if (m_isStarting)
        return nullptr;
    task()->continueWith(child.isCancelled());
    return task();
}

} // namespace CoDrive::detail
