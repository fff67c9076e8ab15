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
#include <QPointer>
#include <QThread>

#include <memory>
#include <stdexcept>

namespace CoDrive {

namespace detail {

/// What `co_await reply` does: wait for finished(), and give the reply back; whether it has failed
/// is for the reply to say. When the waiter is cancelled or destroyed, it leaves at once and the
/// reply is aborted.
/// \throws SenderDestroyed when the reply is destroyed before the waiter goes on; Cancelled when
/// somebody disconnects finished() from all its receivers;
/// std::invalid_argument when it is null; std::logic_error when it belongs to another thread
class ReplyOperation final : public SignalWait, public AwaitableInAnyCoroutine<ReplyOperation>
{
    using Block = SignalBlockOf<decltype(&QNetworkReply::finished), NoPredicate>;

public:
    using Result = QNetworkReply *;

    explicit ReplyOperation(QNetworkReply *reply)
        : SignalWait(reply, QNetworkReply::staticMetaObject)
        , m_reply(reply)
    {
    }
    ReplyOperation(ReplyOperation &&) noexcept = default;
    ~ReplyOperation()
    {
        if (!isConnected())
            return;
        leave();
        // Directly, unless the thread of both has ended.
        if (m_reply && !m_reply->isFinished())
            QMetaObject::invokeMethod(m_reply.data(), &QNetworkReply::abort);
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
        m_block = std::make_shared<Block>(NoPredicate());
        return startWaiting(m_block, Block::connect(m_block, m_reply, &QNetworkReply::finished));
    }
    QNetworkReply *takeResult()
    {
        if (isConnected()) {
            leave();
            const bool hasFinished = m_block->takeValues().has_value();
            if (!hasFinished || !m_reply)
                throwDisconnected();
        }
        return m_reply;
    }

private:
    QPointer<QNetworkReply> m_reply;
    std::shared_ptr<Block> m_block;
};

template<>
struct AwaitAdapter<QNetworkReply *>
{
    static ReplyOperation adapt(QNetworkReply *reply) { return ReplyOperation(reply); }
};

} // namespace detail

} // namespace CoDrive
