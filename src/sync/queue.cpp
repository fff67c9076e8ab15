// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/queue.h>

#include <QString>

namespace CoDrive {

QueueClosed::QueueClosed()
    : std::runtime_error("CoDrive::Queue: closed")
{
}

QueueClosed::~QueueClosed() = default;

namespace detail {

void QueueWaiter::checkEnd() const
{
    if (isOrphaned())
        throw ObjectDestroyed(QStringLiteral("CoDrive::Queue"));
    if (m_isRejected)
        throw QueueClosed();
    if (m_error)
        std::rethrow_exception(m_error);
}

qsizetype checkedQueueCapacity(qsizetype capacity)
{
    if (capacity < 1)
        throw std::invalid_argument(
            QStringLiteral("CoDrive::Queue: a capacity of %1").arg(capacity).toStdString());
    return capacity;
}

} // namespace detail

} // namespace CoDrive
