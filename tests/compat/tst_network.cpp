// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/bridge.h>
#include <CoDrive/qt/network.h>

#include "compattest.h"

#include <qcoroabstractsocket.h>
#include <qcorolocalsocket.h>
#include <qcoronetworkreply.h>
#include <qcorotcpserver.h>

#include <QLocalServer>
#include <QLocalSocket>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QUrl>

#include <memory>

using namespace Words;
using namespace std::chrono_literals;

namespace {

// --- QNetworkReply ---

/// Answers each request, but not before it is released.
class HttpServer : public QTcpServer
{
public:
    HttpServer()
    {
        listen(QHostAddress::LocalHost);
        connect(this, &QTcpServer::newConnection, this, [this] {
            QTcpSocket *const socket = nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
                m_client = socket;
                answer();
            });
        });
    }
    void release()
    {
        m_isReleased = true;
        answer();
    }

private:
    void answer()
    {
        if (!m_isReleased || !m_client || m_client->state() != QTcpSocket::ConnectedState)
            return;
        m_client->write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nline\nmore\n");
        m_client->disconnectFromHost();
    }

    QPointer<QTcpSocket> m_client;
    bool m_isReleased = false;
};

template<typename Start>
Wait replyWait(Start start, const QString &gives)
{
    struct Web
    {
        HttpServer server;
        QNetworkAccessManager manager;
        std::unique_ptr<QNetworkReply> reply{manager.get(
            QNetworkRequest(QUrl(QStringLiteral("http://127.0.0.1:%1/").arg(server.serverPort()))))};
    };
    const auto web = std::make_shared<Web>();
    Wait wait = waitFor([web, start]() -> decltype(auto) { return start(*web->reply); }, gives,
                        [web] { web->server.release(); });
    wait.isOver = [web] { return web->reply->isFinished(); };
    wait.afterCancelling = [web] {
        const bool isAborted = web->reply->error() == QNetworkReply::OperationCanceledError;
        return isAborted ? QStringLiteral("aborted") : QStringLiteral("running");
    };
    wait.leaves = QStringLiteral("running");
    wait.destroy = [web] { web->reply.reset(); };
    wait.throws = QStringLiteral("throws ObjectDestroyed");
    return wait;
}

Wait ownReplyWait()
{
    Wait wait = replyWait([](QNetworkReply &reply) { return &reply; }, QStringLiteral("object"));
    wait.leaves = QStringLiteral("aborted");
    return wait;
}

// --- sockets ---

/// A server, a client, and, when connected, the client's peer.
struct Tcp
{
    Tcp() { server.listen(QHostAddress::LocalHost); }
    void connect() { socket.connectToHost(server.serverAddress(), server.serverPort()); }
    void disconnect() { peer->disconnectFromHost(); }

    QTcpServer server;
    QTcpSocket socket;
    QTcpSocket *peer = nullptr;
};

struct Local
{
    Local()
    {
        static int count = 0;
        server.listen(
            QStringLiteral("codrive-compat-%1-%2").arg(QCoreApplication::applicationPid()).arg(++count));
    }
    void connect() { socket.connectToServer(server.serverName()); }
    void disconnect() { peer->disconnectFromServer(); }

    QLocalServer server;
    QLocalSocket socket;
    QLocalSocket *peer = nullptr;
};

template<typename Link>
std::shared_ptr<Link> connected()
{
    const auto link = std::make_shared<Link>();
    link->connect();
    link->socket.waitForConnected();
    link->server.waitForNewConnection(-1);
    link->peer = link->server.nextPendingConnection();
    return link;
}

template<typename Link, typename Start>
Wait readWait(Start start, const QString &gives)
{
    const auto link = connected<Link>();
    Wait wait = waitFor([link, start]() -> decltype(auto) { return start(link->socket); }, gives,
                        [link] { link->peer->write("line\nmore"); });
    wait.isOver = emitted(&link->socket, &QIODevice::readyRead);
    return wait;
}

/// The event loop writes.
template<typename Link, typename Start>
Wait writeWait(Start start, const QString &gives)
{
    const auto link = connected<Link>();
    return waitFor([link, start] { return start(link->socket); }, gives);
}

template<typename Link>
Wait disconnectWait()
{
    const auto link = connected<Link>();
    return waitFor([link] { return qCoro(link->socket).waitForDisconnected(); }, QStringLiteral("true"),
                   [link] { link->disconnect(); });
}

template<typename Link>
Wait connectedWait()
{
    const auto link = std::make_shared<Link>();
    return waitFor([link] { return qCoro(link->socket).waitForConnected(); }, QStringLiteral("true"),
                   [link] { link->connect(); });
}

template<typename Link, typename Start>
Wait connectWait(Start start)
{
    const auto link = std::make_shared<Link>();
    return waitFor([link, start] { return start(*link); }, QStringLiteral("true"));
}

template<typename Start>
Wait serverWait(Start start)
{
    const auto tcp = std::make_shared<Tcp>();
    return waitFor([tcp, start] { return start(tcp->server); }, QStringLiteral("object"),
                   [tcp] { tcp->connect(); });
}

/// The rows that the two kinds of sockets share.
template<typename Link>
struct SocketRows
{
    static Wait byPointer()
    {
        return readWait<Link>([](auto &socket) { return &socket; }, QStringLiteral("line\nmore"));
    }
    static Wait byReference()
    {
        return readWait<Link>(
            [](auto &socket) -> auto & { return socket; }, QStringLiteral("line\nmore"));
    }
    static Wait readAll()
    {
        return readWait<Link>([](auto &socket) { return qCoro(socket).readAll(); },
                              QStringLiteral("line\nmore"));
    }
    static Wait read()
    {
        return readWait<Link>([](auto &socket) { return qCoro(socket).read(3); }, QStringLiteral("lin"));
    }
    static Wait readLine()
    {
        return readWait<Link>([](auto &socket) { return qCoro(socket).readLine(); },
                              QStringLiteral("line\n"));
    }
    static Wait waitForReadyRead()
    {
        return readWait<Link>([](auto &socket) { return qCoro(socket).waitForReadyRead(1h); },
                              QStringLiteral("true"));
    }
    static Wait waitForBytesWritten()
    {
        return writeWait<Link>(
            [](auto &socket) {
                socket.write("line\n");
                return qCoro(socket).waitForBytesWritten(1h);
            },
            QStringLiteral("5"));
    }
};

std::vector<Row> rows()
{
    return {
        {"QNetworkReply *", Awaiter::Own, ownReplyWait},
        {"QNetworkReply &", Awaiter::QCoro,
         [] {
             return replyWait([](QNetworkReply &reply) -> QNetworkReply & { return reply; },
                              QStringLiteral("line\nmore\n"));
         }},
        {"qCoro(QNetworkReply).waitForFinished", Awaiter::QCoroTask,
         [] {
             return replyWait([](QNetworkReply &reply) { return qCoro(reply).waitForFinished(); },
                              QStringLiteral("true"));
         }},
        {"qCoro(QNetworkReply).readLine", Awaiter::QCoroTask,
         [] {
             return replyWait([](QNetworkReply &reply) { return qCoro(reply).readLine(); },
                              QStringLiteral("line\n"));
         }},

        {"QTcpSocket *", Awaiter::QCoro, SocketRows<Tcp>::byPointer},
        {"QTcpSocket &", Awaiter::QCoro, SocketRows<Tcp>::byReference},
        {"qCoro(QTcpSocket).readAll", Awaiter::QCoroTask, SocketRows<Tcp>::readAll},
        {"qCoro(QTcpSocket).read", Awaiter::QCoroTask, SocketRows<Tcp>::read},
        {"qCoro(QTcpSocket).readLine", Awaiter::QCoroTask, SocketRows<Tcp>::readLine},
        {"qCoro(QTcpSocket).waitForReadyRead", Awaiter::QCoroTask, SocketRows<Tcp>::waitForReadyRead},
        {"qCoro(QTcpSocket).waitForBytesWritten", Awaiter::QCoroTask, SocketRows<Tcp>::waitForBytesWritten},
        {"qCoro(QTcpSocket).waitForConnected", Awaiter::QCoroTask, connectedWait<Tcp>},
        {"qCoro(QTcpSocket).waitForDisconnected", Awaiter::QCoroTask, disconnectWait<Tcp>},
        {"qCoro(QTcpSocket).connectToHost, address", Awaiter::QCoroTaskAtOnce,
         [] {
             return connectWait<Tcp>([](Tcp &tcp) {
                 return qCoro(tcp.socket).connectToHost(tcp.server.serverAddress(), tcp.server.serverPort());
             });
         }},
        {"qCoro(QTcpSocket).connectToHost, name", Awaiter::QCoroTaskAtOnce,
         [] {
             return connectWait<Tcp>([](Tcp &tcp) {
                 return qCoro(tcp.socket).connectToHost(QStringLiteral("127.0.0.1"), tcp.server.serverPort());
             });
         }},

        {"QLocalSocket *", Awaiter::QCoro, SocketRows<Local>::byPointer},
        {"QLocalSocket &", Awaiter::QCoro, SocketRows<Local>::byReference},
        {"qCoro(QLocalSocket).readAll", Awaiter::QCoroTask, SocketRows<Local>::readAll},
        {"qCoro(QLocalSocket).read", Awaiter::QCoroTask, SocketRows<Local>::read},
        {"qCoro(QLocalSocket).readLine", Awaiter::QCoroTask, SocketRows<Local>::readLine},
        {"qCoro(QLocalSocket).waitForReadyRead", Awaiter::QCoroTask, SocketRows<Local>::waitForReadyRead},
        {"qCoro(QLocalSocket).waitForBytesWritten", Awaiter::QCoroTask,
         SocketRows<Local>::waitForBytesWritten},
        {"qCoro(QLocalSocket).waitForConnected", Awaiter::QCoroTask, connectedWait<Local>},
        {"qCoro(QLocalSocket).waitForDisconnected", Awaiter::QCoroTask, disconnectWait<Local>},
        {"qCoro(QLocalSocket).connectToServer", Awaiter::QCoroTaskAtOnce,
         [] {
             return connectWait<Local>(
                 [](Local &local) { return qCoro(local.socket).connectToServer(local.server.serverName()); });
         }},

        {"qCoro(QTcpServer).waitForNewConnection", Awaiter::QCoroTask,
         [] { return serverWait([](QTcpServer &server) { return qCoro(server).waitForNewConnection(); }); }},
        {"qCoro(QTcpServer).waitForNewConnection, with a timeout", Awaiter::QCoroTask,
         [] {
             return serverWait([](QTcpServer &server) { return qCoro(server).waitForNewConnection(1h); });
         }},
    };
}

} // namespace

class TestNetwork : public CompatTest
{
    Q_OBJECT

public:
    TestNetwork()
        : CompatTest(rows())
    {}

private Q_SLOTS:
    void destroyed_data() { addOwnRows(); }
    void destroyed() { destroyObject(); }

    void localSocketIsClosedByTheUnwinding()
    {
        Local local;
        TaskScope scope;
        auto handle = scope.spawn([&]() -> Task<> {
            QLocalSocket socket;
            socket.connectToServer(local.server.serverName());
            co_await socket;
        });
        cancel(handle);
        QVERIFY(handle.isCancelled());
    }
};

QTEST_GUILESS_MAIN(TestNetwork)
#include "moc_compattest.cpp"
#include "tst_network.moc"
