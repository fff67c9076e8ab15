// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The part of an Outcome that does not depend on the type of its value.

#include <QtGlobal>

#include <exception>

namespace CoDrive::detail {

struct Nothing
{
};

class OutcomeBase
{
public:
    enum class State : quint8 {
        Pending,
        Success,
        Failure,
        Cancelled,
        Taken ///< a success whose value was moved out
    };

    State state() const noexcept { return m_state; }

    /// For an outcome that has no value yet (what a wake-up or an unwinding fills in).
    void becomeCancelled() noexcept
    {
        Q_ASSERT(m_state != State::Success);
        m_error = nullptr;
        m_state = State::Cancelled;
    }

    const std::exception_ptr &errorPointer() const noexcept { return m_error; }

protected:
    OutcomeBase() noexcept = default;
    OutcomeBase(const OutcomeBase &) noexcept = default;
    OutcomeBase &operator=(const OutcomeBase &) noexcept = default;
    ~OutcomeBase() = default;

    [[noreturn]] void throwNoValue() const;

    std::exception_ptr m_error;
    State m_state = State::Pending;
};

/// \throws std::logic_error when a promise that is to be finished is finished already
void checkPromise(bool isFinished);

} // namespace CoDrive::detail
