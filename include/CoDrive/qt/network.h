// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Waiting for a QNetworkReply; with this header, which needs Qt6::Network, `co_await` takes one.
//
//     QNetworkReply *reply = co_await manager.get(QNetworkRequest(url));
//     use(reply->readAll());
//     reply->deleteLater();

#include <CoDrive/core/task.h>
#include <CoDrive/qt/signal.h>

#include <QNetworkReply>
#include <QThread>

#include <stdexcept>
#include <utility>

namespace CoDrive {

namespace detail {

/// What `co_await reply` does: wait for finished(), and give the reply back; whether it has failed
/// is for the reply to say. When the waiter is cancelled or destroyed, it leaves at once and the
/// reply is aborted.
/// \throws SenderDestroyed when the reply is destroyed before the waiter goes on;
/// std::invalid_argument when it is null; std::logic_error when it belongs to another thread
class ReplyOperation final : public AwaitableOperation<ReplyOperation, QNetworkReply *>
{
public:
    explicit ReplyOperation(QNetworkReply *reply) noexcept
        : m_reply(reply)
    {
    }
    ReplyOperation(ReplyOperation &&) noexcept = default;
    ~ReplyOperation()
    {
        if (m_state == State::Idle)
            return;
        QObject::disconnect(m_finishedConnection);
        QObject::disconnect(m_destroyedConnection);
        if (m_state == State::Waiting || m_state == State::Withdrawn) {
            // Directly, unless the thread of both has ended.
            QMetaObject::invokeMethod(m_reply, &QNetworkReply::abort);
        }
    }

    bool isReady() const
    {
        if (!m_reply)
            throw std::invalid_argument("CoDrive: the network reply to await is null");
        if (m_reply->thread() != QThread::currentThread())
            throw std::logic_error("CoDrive: a network reply of another thread cannot be awaited");
        return m_reply->isFinished();
    }
    bool start()
    {
        m_state = State::Waiting;
        m_className = m_reply->metaObject()->className();
        m_finishedConnection = QObject::connect(
            m_reply, &QNetworkReply::finished, m_reply, [this] { ended(State::Finished); },
            Qt::DirectConnection);
        m_destroyedConnection = QObject::connect(
            m_reply, &QObject::destroyed, m_reply, [this] { ended(State::Destroyed); },
            Qt::DirectConnection);
        return true;
    }
    QNetworkReply *takeResult() const
    {
        if (m_state == State::Destroyed)
            throw SenderDestroyed(QString::fromUtf8(m_className));
        return m_reply;
    }
    bool request() noexcept override
    {
        if (m_state != State::Waiting)
            return false;
        m_state = State::Withdrawn;
        return true;
    }

private:
    enum class State { Idle, Waiting, Withdrawn, Finished, Destroyed };

    void ended(State state) noexcept
    {
        if (std::exchange(m_state, state) == State::Waiting)
            complete();
    }

    QNetworkReply *m_reply;
    State m_state = State::Idle;
    QByteArray m_className;
    QMetaObject::Connection m_finishedConnection;
    QMetaObject::Connection m_destroyedConnection;
};

template<>
struct AwaitAdapter<QNetworkReply *>
{
    static ReplyOperation adapt(QNetworkReply *reply) noexcept { return ReplyOperation(reply); }
};

} // namespace detail

} // namespace CoDrive
