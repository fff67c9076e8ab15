// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/threadbound.h>

#include <QThread>

namespace CoDrive::detail {

ThreadBound::ThreadBound() noexcept
    : m_thread(QThread::currentThreadId())
{
}

bool ThreadBound::isOwnThread() const noexcept
{
    return QThread::currentThreadId() == m_thread;
}

} // namespace CoDrive::detail
