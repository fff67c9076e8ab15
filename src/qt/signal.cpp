// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/signal.h>

#include <stdexcept>

namespace CoDrive {

SenderDestroyed::SenderDestroyed(const QString &what)
    : ObjectDestroyed(what)
{
}

SenderDestroyed::~SenderDestroyed() = default;

namespace detail {

bool SignalBlock::isOpen() const noexcept
{
    const std::scoped_lock lock(m_mutex);
    return !m_isClosed;
}

bool SignalBlock::isSenderDestroyed() const noexcept
{
    const std::scoped_lock lock(m_mutex);
    return m_isSenderDestroyed;
}

void SignalBlock::senderDestroyed() noexcept
{
    {
        const std::scoped_lock lock(m_mutex);
        m_isSenderDestroyed = true;
        if (m_isClosed)
            return;
        // What has arrived before is judged first.
        m_isClosed = !m_isFiltered;
    }
    announce();
}

void SignalBlock::announce() noexcept
{
    // The predicate is code of the user: it runs from the loop, not inside the emission.
    if (!m_isFiltered && loop().isCurrent())
        deliver();
    else
        notify();
}

bool SignalBlock::withdraw() noexcept
{
    const std::scoped_lock lock(m_mutex);
    if (m_isClosed)
        return false;
    if (m_isJudging || hasUnjudged()) {
        m_isRequested = m_isRequested || !m_isSenderDestroyed;
        return false;
    }
    if (m_isSenderDestroyed)
        return false;
    m_isClosed = true;
    return true;
}

void SignalBlock::detach() noexcept
{
    m_wait = nullptr;
    {
        const std::scoped_lock lock(m_mutex);
        m_isClosed = true;
    }
    if (!m_isJudging)
        dropPredicate();
}

void SignalBlock::deliver() noexcept
{
    if (!m_wait)
        return;
    if (m_isFiltered)
        judge();
    else
        m_wait->signalArrived();
}

void SignalBlock::judge() noexcept
{
    // The predicate may start an event loop, or destroy the waiter.
    if (m_isJudging)
        return;
    m_isJudging = true;
    Verdict verdict;
    do
        verdict = judgeNext();
    while (verdict == Verdict::Mismatch && m_wait);
    m_isJudging = false;

    if (!m_wait)
        dropPredicate();
    else if (verdict == Verdict::Match)
        m_wait->signalArrived();
    else if (m_isRequested)
        m_wait->withdrawnLate();
    else if (isSenderDestroyed())
        m_wait->signalArrived();
}

SignalWait::SignalWait(const QObject *sender, const QMetaObject &signalClass)
    : m_sender(sender)
    , m_isNull(!sender)
    , m_className(signalClass.className())
{
}

void SignalWait::checkSender() const
{
    if (m_isNull)
        throw std::invalid_argument("CoDrive::nextSignal: the sender is null");
    if (!m_sender)
        throwSenderDestroyed();
}

void SignalWait::startWaiting(std::shared_ptr<SignalBlock> block,
                              QMetaObject::Connection connection)
{
    if (!connection)
        throw std::invalid_argument("CoDrive::nextSignal: this is not a signal of the sender");
    m_shared = std::move(block);
    m_shared->attach(*this);
    m_className = m_sender->metaObject()->className();
    m_connection = std::move(connection);
    m_destroyedConnection = QObject::connect(
        m_sender, &QObject::destroyed, m_sender, [block = m_shared] { block->senderDestroyed(); },
        Qt::DirectConnection);
}

void SignalWait::leave() noexcept
{
    if (!m_shared)
        return;
    m_shared->detach();
    // A sender that is being destroyed on its thread takes its connections along.
    if (!m_shared->isSenderDestroyed()) {
        QObject::disconnect(m_connection);
        QObject::disconnect(m_destroyedConnection);
    }
    m_shared.reset();
}

void SignalWait::throwSenderDestroyed() const
{
    throw SenderDestroyed(QString::fromUtf8(m_className));
}

} // namespace detail

} // namespace CoDrive
