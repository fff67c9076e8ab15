// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/bridge.h>
#include <CoDrive/core/task.h>

#include "compattest.h"

#include <qcorowebsocket.h>
#include <qcorowebsocketserver.h>

#include <QNetworkRequest>
#include <QWebSocket>
#include <QWebSocketServer>

#include <memory>
#include <tuple>

using namespace Words;
using namespace std::chrono_literals;

namespace {

struct Link
{
    Link() { server.listen(QHostAddress::LocalHost); }
    /// Makes the peer as well.
    void connect()
    {
        socket.open(server.serverUrl());
        const bool isConnected = QTest::qWaitFor([this] {
            return server.hasPendingConnections() && socket.state() == QAbstractSocket::ConnectedState;
        });
        if (isConnected)
            peer.reset(server.nextPendingConnection());
    }

    QWebSocketServer server{QStringLiteral("compat"), QWebSocketServer::NonSecureMode};
    std::unique_ptr<QWebSocket> peer;
    QWebSocket socket;
};

template<typename Start>
Wait openWait(Start start)
{
    const auto link = std::make_shared<Link>();
    return waitFor([link, start] { return start(*link); }, QStringLiteral("true"));
}

Wait pingWait()
{
    const auto link = std::make_shared<Link>();
    link->connect();
    return waitFor([link] { return qCoro(link->socket).ping("ping"); }, QStringLiteral("value"));
}

QString textOfMessage(const QString &message)
{
    return message;
}

QString textOfMessage(const QByteArray &message)
{
    return QString::fromUtf8(message);
}

template<typename T>
QString textOfMessage(const std::tuple<T, bool> &frame)
{
    return textOfMessage(std::get<0>(frame)) + (std::get<1>(frame) ? QStringLiteral(" (last)") : QString());
}

template<typename Messages>
Wait messageWait(Messages messages, const QString &gives, std::function<void(QWebSocket &)> send,
                 std::function<std::function<bool()>(QWebSocket *)> isReceived)
{
    using Generator = decltype(messages(std::declval<QWebSocket &>()));
    struct Listened
    {
        Link link;
        Generator generator;
    };
    const auto listened = std::make_shared<Listened>();
    listened->link.connect();
    listened->generator = messages(listened->link.socket);
    Wait wait = waitFor(
        [listened]() -> Task<QString> {
            auto it = co_await listened->generator.begin();
            co_return textOfMessage(*it);
        },
        gives, [listened, send] { send(*listened->link.peer); });
    wait.isOver = isReceived(&listened->link.socket);
    return wait;
}

template<typename Messages>
Wait textWait(Messages messages, const QString &gives)
{
    return messageWait(
        messages, gives, [](QWebSocket &peer) { peer.sendTextMessage(QStringLiteral("hello")); },
        [](QWebSocket *socket) { return emitted(socket, &QWebSocket::textMessageReceived); });
}

template<typename Messages>
Wait binaryWait(Messages messages, const QString &gives)
{
    return messageWait(
        messages, gives, [](QWebSocket &peer) { peer.sendBinaryMessage("hello"); },
        [](QWebSocket *socket) { return emitted(socket, &QWebSocket::binaryMessageReceived); });
}

/// Its caller owns the connection.
QCoro::Task<QWebSocket *> nextConnection(Link &link)
{
    QWebSocket *const peer = co_await qCoro(link.server).nextPendingConnection();
    link.peer.reset(peer);
    co_return peer;
}

Wait serverWait()
{
    const auto link = std::make_shared<Link>();
    return waitFor([link] { return nextConnection(*link); }, QStringLiteral("object"),
                   [link] { link->socket.open(link->server.serverUrl()); });
}

std::vector<Row> rows()
{
    return {
        {"qCoro(QWebSocket).open, url", Awaiter::QCoroTask,
         [] {
             return openWait([](Link &link) { return qCoro(link.socket).open(link.server.serverUrl()); });
         }},
        {"qCoro(QWebSocket).open, request", Awaiter::QCoroTask,
         [] {
             return openWait([](Link &link) {
                 return qCoro(link.socket).open(QNetworkRequest(link.server.serverUrl()));
             });
         }},
        {"qCoro(QWebSocket).ping", Awaiter::QCoroTask, pingWait},
        {"qCoro(QWebSocket).textMessages", Awaiter::QCoro,
         [] {
             return textWait([](QWebSocket &socket) { return qCoro(socket).textMessages(); },
                             QStringLiteral("hello"));
         }},
        {"qCoro(QWebSocket).textFrames", Awaiter::QCoro,
         [] {
             return textWait([](QWebSocket &socket) { return qCoro(socket).textFrames(); },
                             QStringLiteral("hello (last)"));
         }},
        {"qCoro(QWebSocket).binaryMessages", Awaiter::QCoro,
         [] {
             return binaryWait([](QWebSocket &socket) { return qCoro(socket).binaryMessages(); },
                               QStringLiteral("hello"));
         }},
        {"qCoro(QWebSocket).binaryFrames", Awaiter::QCoro,
         [] {
             return binaryWait([](QWebSocket &socket) { return qCoro(socket).binaryFrames(); },
                               QStringLiteral("hello (last)"));
         }},
        {"qCoro(QWebSocketServer).nextPendingConnection", Awaiter::QCoroTask, serverWait},
    };
}

} // namespace

class TestWebSockets : public CompatTest
{
    Q_OBJECT

public:
    TestWebSockets()
        : CompatTest(rows())
    {}
};

QTEST_GUILESS_MAIN(TestWebSockets)
#include "moc_compattest.cpp"
#include "tst_websockets.moc"
