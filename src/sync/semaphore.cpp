// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/semaphore.h>

#include <QString>

#include <stdexcept>

namespace CoDrive {

static int checkedPermits(int permits)
{
    if (permits < 0)
        throw std::invalid_argument(
            QStringLiteral("CoDrive::Semaphore: %1 permits").arg(permits).toStdString());
    return permits;
}

Semaphore::Semaphore(int permits)
    : m_turnstile("CoDrive::Semaphore", checkedPermits(permits))
{
}

} // namespace CoDrive
