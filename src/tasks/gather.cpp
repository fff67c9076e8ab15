// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/gather.h>

#include <CoDrive/core/unhandled.h>

namespace CoDrive::detail {

void GatherBase::onChildEnded(StartedTask &child) noexcept
{
    const OutcomeBase::State state = child.outcomeBase().state();
    if (state == OutcomeBase::State::Success)
        return;
    (state == OutcomeBase::State::Failure ? m_hasError : m_isIncomplete) = true;
    if (m_isSensitive)
        cancelChildren();
}

void GatherOutcomesBase::onChildEnded(StartedTask &child) noexcept
{
    if (child.isCancelled())
        m_isIncomplete = true;
    else if (const std::exception_ptr error = child.outcomeBase().errorPointer())
        m_errors.emplace_back(error, child.info());
}

void GatherOutcomesBase::onUnwinding() noexcept
{
    for (const auto &[error, child] : m_errors)
        reportUnhandled(error, child);
}

} // namespace CoDrive::detail
