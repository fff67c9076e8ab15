// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/outcome.h>

namespace CoDrive::detail {

void OutcomeBase::throwNoValue() const
{
    switch (m_state) {
    case State::Failure:
        std::rethrow_exception(m_error);
    case State::Cancelled:
        throw Cancelled();
    case State::Taken:
        throw std::logic_error("CoDrive::Outcome: the value was moved out before");
    case State::Pending:
    case State::Success:
        break;
    }
    throw std::logic_error("CoDrive::Outcome: the value of a pending outcome");
}

void checkPromise(bool isFinished)
{
    if (isFinished)
        throw std::logic_error("CoDrive::Outcome::transferTo: the promise is finished already");
}

} // namespace CoDrive::detail
