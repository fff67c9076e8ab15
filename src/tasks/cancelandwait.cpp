// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/cancelandwait.h>

#include <CoDrive/core/exceptiongroup.h>

#include <utility>

namespace CoDrive::detail {

class CancelAndWaitOperation::Target final : public JoinWaiter
{
public:
    explicit Target(SharedPointer<SharedTaskBase> shared) noexcept
        : task(std::move(shared))
    {
    }

    void joined() noexcept override { operation->targetEnded(); }
    StartedTask *waitingTask() const noexcept override { return operation->task(); }

    SharedPointer<SharedTaskBase> task;
    CancelAndWaitOperation *operation = nullptr;
};

CancelAndWaitOperation::CancelAndWaitOperation(QString reason) noexcept
    : m_reason(std::move(reason))
{
}

CancelAndWaitOperation::CancelAndWaitOperation(CancelAndWaitOperation &&) noexcept = default;

CancelAndWaitOperation::~CancelAndWaitOperation() = default;

void CancelAndWaitOperation::addTarget(SharedPointer<SharedTaskBase> task)
{
    m_targets.emplace_back(std::move(task));
}

bool CancelAndWaitOperation::isReady() const
{
    // All are looked at before any is asked to end.
    bool isReady = true;
    for (const Target &target : m_targets)
        isReady = isReadyToJoin(target.task.get()) && isReady;
    return isReady;
}

bool CancelAndWaitOperation::start()
{
    for (Target &target : m_targets) {
        target.operation = this;
        if (!target.task->isFinished()) {
            target.task->addWaiter(target);
            ++m_open;
        }
    }
    if (!m_reason.isEmpty()) {
        for (const Target &target : m_targets)
            target.task->setReason(m_reason);
    }
    cancelAll();
    return true;
}

void CancelAndWaitOperation::cancelAll() noexcept
{
    for (const Target &target : m_targets)
        target.task->request();
}

bool CancelAndWaitOperation::request() noexcept
{
    // Law L12: our own request and the first one from outside are one.
    if (std::exchange(m_isFirstRequestSwallowed, true))
        cancelAll();
    return false;
}

void CancelAndWaitOperation::targetEnded() noexcept
{
    if (--m_open == 0)
        complete();
}

void CancelAndWaitOperation::takeResult() const
{
    std::vector<std::exception_ptr> errors;
    for (const Target &target : m_targets) {
        if (const std::exception_ptr error = target.task->outcomeBase().errorPointer()) {
            target.task->noteErrorTaken();
            errors.push_back(error);
        }
    }
    if (const std::exception_ptr error = ExceptionGroup::combine(errors))
        std::rethrow_exception(error);
}

} // namespace CoDrive::detail
