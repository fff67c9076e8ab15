// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/gather.h>

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
    m_isIncomplete = m_isIncomplete || child.isCancelled();
}

} // namespace CoDrive::detail
