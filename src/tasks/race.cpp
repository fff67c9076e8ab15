// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/race.h>

#include <stdexcept>

namespace CoDrive::detail {

void RaceBase::onChildEnded(StartedTask &child) noexcept
{
    const OutcomeBase::State state = child.outcomeBase().state();
    if (state == OutcomeBase::State::Cancelled)
        return;
    if (state == OutcomeBase::State::Failure)
        m_hasError = true;
    if (!m_winner) {
        m_winner = &child;
        cancelChildren();
    }
}

void RaceBase::checkCount(std::size_t count)
{
    if (count == 0)
        throw std::invalid_argument("CoDrive::race: there is nothing to race");
}

void RaceBase::throwErrors(std::vector<std::exception_ptr> errors) const
{
    errors.insert(errors.begin(), m_winner->outcomeBase().errorPointer());
    std::rethrow_exception(ExceptionGroup::combine(errors));
}

void FirstSuccessBase::checkCount(std::size_t count)
{
    if (count == 0)
        throw std::invalid_argument("CoDrive::firstSuccess: there is nothing to try");
}

void FirstSuccessBase::onChildEnded(StartedTask &child) noexcept
{
    if (child.isCancelled())
        return;
    if (const std::exception_ptr error = child.outcomeBase().errorPointer()) {
        if (!m_winner)
            m_errors.push_back(error);
    } else if (!m_winner) {
        m_winner = &child;
        cancelChildren();
    }
}

} // namespace CoDrive::detail
