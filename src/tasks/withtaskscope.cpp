// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/withtaskscope.h>

#include <CoDrive/core/detail/loop.h>

namespace CoDrive::detail {

class TaskScopeBase::InnerScope final : public TaskScope
{
public:
    explicit InnerScope(TaskScopeBase &operation)
        : m_operation(operation)
    {
        setParentTask(operation.task());
    }

    using TaskScope::close;

    bool isEmpty() const noexcept { return !hasChildren(); }
    void destroyTasks() noexcept
    {
        close();
        destroyChildren();
    }
    void request() noexcept
    {
        setEnding();
        requestChildren();
    }

private:
    StartedTask *childEnded(StartedTask &child) noexcept override
    {
        if (child.isCancelled() && child.isRequestedByOwner())
            m_operation.m_isIncomplete = true;
        TaskScope::childEnded(child);
        if (child.outcomeBase().errorPointer())
            m_operation.m_reports.await(m_operation);
        return isEmpty() ? m_operation.endIfComplete() : nullptr;
    }

    TaskScopeBase &m_operation;
};

void TaskScopeBase::PendingReports::await(TaskScopeBase &operation) noexcept
{
    m_operation = &operation;
    ReadyItem::unlink();
    operation.task()->loop()->makeReady(*this);
}

void TaskScopeBase::PendingReports::run()
{
    StartedTask *const waiter = m_operation->task();
    if (waiter->isDoomed())
        return;
    if (m_operation->endIfComplete())
        waiter->wake(waiter->isUnwinding());
}

TaskScopeBase::TaskScopeBase() noexcept
    : BodyPolicy("scope")
{
}

TaskScopeBase::TaskScopeBase(TaskScopeBase &&) noexcept = default;

TaskScopeBase::~TaskScopeBase() = default;

TaskScope &TaskScopeBase::makeScope()
{
    m_scope = std::make_unique<InnerScope>(*this);
    return *m_scope;
}

void TaskScopeBase::destroyParts() noexcept
{
    if (m_scope)
        m_scope->destroyTasks();
    destroyChildren();
}

void TaskScopeBase::requestAll() noexcept
{
    requestChildren();
    m_scope->request();
}

void TaskScopeBase::onChildEnded(StartedTask &body) noexcept
{
    if (body.outcomeBase().errorPointer())
        m_hasError = true;
    else if (body.isCancelled())
        m_isIncomplete = true;
    else
        return;
    cancelChildren();
}

void TaskScopeBase::onComplete() noexcept
{
    m_scope->close();
}

bool TaskScopeBase::hasResult() const noexcept
{
    return m_hasError || !m_isIncomplete;
}

bool TaskScopeBase::isComplete() const noexcept
{
    return !hasChildren() && m_scope->isEmpty() && !m_reports.isPending();
}

} // namespace CoDrive::detail
