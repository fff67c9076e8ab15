// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/sleep.h>

#include <CoDrive/core/cancellation.h>

namespace CoDrive::detail {

bool SleepOperation::start() noexcept
{
    Loop &loop = *task()->loop();
    const TimePoint now = loop.now();
    if (!m_isAbsolute)
        m_deadline = deadlineAfter(now, m_duration);
    if (m_deadline <= now)
        loop.makeReadyAfterTurn(*this);
    else
        loop.armTimer(*this, m_deadline);
    return true;
}

bool SleepOperation::request() noexcept
{
    const bool isWaiting = isArmed() || isLinked();
    disarm();
    unlink();
    return isWaiting;
}

bool UnwindOperation::start() noexcept
{
    task()->continueWith(true);
    return true;
}

bool CheckpointOperation::start() noexcept
{
    return task()->isRequested();
}

} // namespace CoDrive::detail
