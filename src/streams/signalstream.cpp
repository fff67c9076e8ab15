// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/streams/signalstream.h>

#include <stdexcept>
#include <utility>

namespace CoDrive::detail {

void EmissionQueue::senderDestroyed() noexcept
{
    {
        const std::scoped_lock lock(m_mutex);
        m_isSenderDestroyed = true;
    }
    disconnected();
}

void EmissionQueue::disconnected() noexcept
{
    {
        const std::scoped_lock lock(m_mutex);
        if (std::exchange(m_isDisconnected, true) || m_isClosed)
            return;
    }
    announce();
}

bool EmissionQueue::isSenderDestroyed() const noexcept
{
    const std::scoped_lock lock(m_mutex);
    return m_isSenderDestroyed;
}

void EmissionQueue::close() noexcept
{
    const std::scoped_lock lock(m_mutex);
    m_isClosed = true;
}

bool EmissionQueue::hasNews() const noexcept
{
    const std::scoped_lock lock(m_mutex);
    return m_isDisconnected || !isEmpty();
}

void EmissionQueue::announce() noexcept
{
    if (loop().isCurrent())
        deliver();
    else
        notify();
}

void EmissionQueue::deliver() noexcept
{
    if (m_wait && hasNews())
        m_wait->arrived();
}

void SignalConnection::attach(const QObject *sender, QMetaObject::Connection connection)
{
    if (!connection)
        throw std::invalid_argument("CoDrive::signalStream: this is not a signal of the sender");
    m_connection = std::move(connection);
    m_destroyedConnection = QObject::connect(
        sender, &QObject::destroyed, sender, [queue = m_queue] { queue->senderDestroyed(); },
        Qt::DirectConnection);
}

void SignalConnection::disconnect() noexcept
{
    m_queue->close();
    // A sender that is being destroyed on its thread takes its connections along.
    if (!m_queue->isSenderDestroyed()) {
        QObject::disconnect(m_connection);
        QObject::disconnect(m_destroyedConnection);
    }
}

void throwNullSender()
{
    throw std::invalid_argument("CoDrive::signalStream: the sender is null");
}

} // namespace CoDrive::detail
