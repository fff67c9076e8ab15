// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/timeout.h>

#include <QString>

namespace CoDrive {

static std::string textOf(std::chrono::nanoseconds limit)
{
    const double milliseconds = std::chrono::duration<double, std::milli>(limit).count();
    return QStringLiteral("timed out after %1 ms").arg(milliseconds).toStdString();
}

TimeoutError::TimeoutError(std::chrono::nanoseconds limit)
    : std::runtime_error(textOf(limit))
{
}

TimeoutError::TimeoutError()
    : std::runtime_error("timed out: the deadline has passed")
{
}

TimeoutError::~TimeoutError() = default;

void detail::TimeLimit::throwError() const
{
    if (m_duration)
        throw TimeoutError(*m_duration);
    throw TimeoutError();
}

} // namespace CoDrive
