// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/signal.h>

#include <chrono>
#include <stdexcept>
#include <utility>

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

void SignalBlock::disconnected() noexcept
{
    {
        const std::scoped_lock lock(m_mutex);
        m_isDisconnected = true;
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
        // What has arrived is judged first; what comes from here on does not count.
        if (!m_isDisconnected)
            m_isRequested = m_isClosed = true;
        return false;
    }
    if (m_isDisconnected)
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
        std::exchange(m_wait, nullptr)->signalArrived();
}

void SignalBlock::judge() noexcept
{
    // The predicate may start an event loop, or destroy the waiter.
    if (m_isJudging)
        return;
    m_isJudging = true;
    const TimePoint start = std::chrono::steady_clock::now();
    Verdict verdict;
    do
        verdict = judgeNext();
    while (verdict == Verdict::Mismatch && m_wait && !loop().isBudgetSpent(start));
    m_isJudging = false;

    if (!m_wait)
        dropPredicate();
    else if (verdict == Verdict::Mismatch)
        notify(); // the rest, when the event queue has had its turn
    else if (verdict == Verdict::Over && m_isRequested)
        std::exchange(m_wait, nullptr)->withdrawnLate();
    else if (verdict != Verdict::NothingLeft)
        std::exchange(m_wait, nullptr)->signalArrived();
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
        throwDisconnected();
}

bool SignalWait::startWaiting(std::shared_ptr<SignalBlock> block,
                              QMetaObject::Connection connection)
{
    if (!connection)
        throw std::invalid_argument("CoDrive::nextSignal: this is not a signal of the sender");
    m_shared = std::move(block);
    m_shared->attach(*this);
    m_className = m_sender->metaObject()->className();
    m_connection = std::move(connection);
    // A connectNotify() may have emitted it.
    return m_shared->isOpen();
}

void SignalWait::leave() noexcept
{
    if (!m_shared)
        return;
    m_shared->detach();
    QObject::disconnect(m_connection);
    m_shared.reset();
}

void SignalWait::throwDisconnected() const
{
    const QString className = QString::fromUtf8(m_className);
    if (m_sender)
        throw Cancelled(QStringLiteral("the connection to %1").arg(className));
    throw SenderDestroyed(className);
}

} // namespace detail

} // namespace CoDrive
