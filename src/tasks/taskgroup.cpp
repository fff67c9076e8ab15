// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/taskgroup.h>

#include <CoDrive/core/exceptiongroup.h>

#include <stdexcept>

namespace CoDrive {

void TaskGroup::checkOpen() const
{
    if (!m_link->group || !m_link->group->hasChildren())
        throw std::logic_error("CoDrive::TaskGroup::spawn: the group has ended");
}

bool TaskGroup::startChild(detail::SharedTaskBase &task) const
{
    return m_link->group->startMember(task);
}

namespace detail {

TaskGroupBase::~TaskGroupBase()
{
    if (m_link)
        m_link->group = nullptr;
}

TaskGroup &TaskGroupBase::makeGroup()
{
    m_link = std::make_shared<TaskGroupLink>(TaskGroupLink{this});
    return m_group.emplace(m_link);
}

bool TaskGroupBase::startMember(SharedTaskBase &task)
{
    task.retain();
    const bool isStarted = startChild(task);
    if (!isStarted)
        task.dismiss();
    return isStarted;
}

void TaskGroupBase::onChildEnded(StartedTask &child) noexcept
{
    const bool isBody = &child == body();
    if (const std::exception_ptr error = child.outcomeBase().errorPointer()) {
        if (isBody && m_kind != GroupKind::Context)
            m_bodyError = error;
        else
            m_errors.push_back(error);
        cancelChildren();
    } else if (child.isCancelled()) {
        // A member that ended by its own handle's request alone is nobody's loss.
        if (isBody || (m_kind == GroupKind::Patient && child.isRequestedByOwner()))
            m_isIncomplete = true;
        if (isBody)
            cancelChildren();
    } else if (isBody && m_kind != GroupKind::Patient) {
        cancelChildren();
    }
}

bool TaskGroupBase::hasResult() const noexcept
{
    return !m_errors.empty() || m_bodyError || !m_isIncomplete;
}

void TaskGroupBase::throwErrors() const
{
    std::vector<std::exception_ptr> errors = m_errors;
    errors.push_back(m_bodyError);
    if (const std::exception_ptr error = ExceptionGroup::combine(errors))
        std::rethrow_exception(error);
}

} // namespace detail

} // namespace CoDrive
