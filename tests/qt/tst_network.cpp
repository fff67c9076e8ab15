// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/network.h>
#include <CoDrive/tasks/timeout.h>

#include "sender.h"
#include "words.h"

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QTcpServer>
#include <QTcpSocket>
#include <QUrl>

#include <memory>

using namespace Words;
using namespace std::chrono_literals;

namespace {

class Reply : public QNetworkReply
{
    Q_OBJECT

public:
    void abort() override
    {
        ++aborts;
        finish();
    }
    void finish()
    {
        setFinished(true);
        Q_EMIT finished();
    }
    bool isConnected() const
    {
        return isSignalConnected(QMetaMethod::fromSignal(&QNetworkReply::finished))
            || isSignalConnected(QMetaMethod::fromSignal(&QObject::destroyed));
    }

    int aborts = 0;

protected:
    qint64 readData(char *, qint64) override { return -1; }
};

Task<> waiter(EventLog &log, QNetworkReply *reply)
{
    const InstanceCounter alive;
    QNetworkReply *const result = co_await reply;
    log << (result == reply ? "reply" : "another");
}

} // namespace

class TestNetwork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void QT_REPLY_N1()
    {
        Reply reply;
        EventLog log;
        TaskScope scope;
        scope.spawn(waiter(log, &reply));
        reply.finish();
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList("reply"));
        scope.spawn(waiter(log, &reply));
        QCOMPARE(log.take(), QStringList("reply"));
        QCOMPARE(reply.aborts, 0);
        QVERIFY(!reply.isConnected());
    }

    void QT_REPLY_N3()
    {
        Reply reply;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(waiter(log, &reply));
        handle.cancel();
        QCOMPARE(reply.aborts, 0);
        settle();
        QCOMPARE(reply.aborts, 1);
        QVERIFY(handle.isCancelled());
        QCOMPARE(log.take(), QStringList());
        QVERIFY(!reply.isConnected());
    }

    void QT_REPLY_N3_endsBeforeTheUnwinding()
    {
        Reply reply;
        auto destroyed = std::make_unique<Reply>();
        EventLog log;
        TaskScope scope;
        auto first = scope.spawn(waiter(log, &reply));
        auto second = scope.spawn(waiter(log, destroyed.get()));
        first.cancel();
        second.cancel();
        reply.finish();
        destroyed.reset();
        settle();
        QVERIFY(first.isCancelled());
        QVERIFY(second.isCancelled());
        QCOMPARE(reply.aborts, 0);
    }

    void QT_REPLY_N4()
    {
        Reply reply;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, static_cast<QNetworkReply *>(&reply)));
        reply.finish();
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"value", "kept"}));
        QCOMPARE(reply.aborts, 0);
    }

    void QT_REPLY_N5()
    {
        auto reply = std::make_unique<Reply>();
        EventLog log;
        TaskScope scope;
        const auto await = [&]() -> Task<> {
            try {
                co_await reply.get();
            } catch (const SenderDestroyed &e) {
                log << e.what();
            }
        };
        scope.spawn(await);
        reply.reset();
        settle();
        QCOMPARE(log.take(), QStringList("Reply was destroyed while it was awaited"));

        reply = std::make_unique<Reply>();
        scope.spawn(await);
        reply->finish();
        reply.reset();
        settle();
        QCOMPARE(log.take(), QStringList("Reply was destroyed while it was awaited"));
    }

    void QT_REPLY_N6()
    {
        Reply reply;
        EventLog log;
        {
            TaskScope scope;
            scope.spawn(waiter(log, &reply));
        }
        QCOMPARE(reply.aborts, 1);
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(!reply.isConnected());
    }

    void QT_REPLY_N7()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        int closed = 0;
        connect(&server, &QTcpServer::newConnection, this, [&] {
            QTcpSocket *const socket = server.nextPendingConnection();
            connect(socket, &QTcpSocket::disconnected, this, [&] { ++closed; });
        });
        QNetworkAccessManager manager;
        const QUrl url(QStringLiteral("http://127.0.0.1:%1/").arg(server.serverPort()));
        EventLog log;
        TaskScope scope;
        std::unique_ptr<QNetworkReply> reply(manager.get(QNetworkRequest(url)));
        scope.spawn([&]() -> Task<> {
            try {
                co_await withTimeout(50ms, reply.get());
            } catch (const TimeoutError &) {
                log << "TimeoutError";
            }
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("TimeoutError"));
        QTRY_COMPARE(closed, 1);
    }

    void answer()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        connect(&server, &QTcpServer::newConnection, this, [&] {
            QTcpSocket *const socket = server.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket] {
                socket->write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
                socket->disconnectFromHost();
            });
        });
        QNetworkAccessManager manager;
        const QUrl url(QStringLiteral("http://127.0.0.1:%1/").arg(server.serverPort()));
        QByteArray body;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            const std::unique_ptr<QNetworkReply> reply(co_await manager.get(QNetworkRequest(url)));
            body = reply->readAll();
        });
        waitForEnd(scope);
        QCOMPARE(body, "hello");
    }

    void disconnectedWhileAwaited()
    {
        Reply reply;
        auto gone = std::make_unique<Reply>();
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, static_cast<QNetworkReply *>(&reply)));
        scope.spawn(caller(log, static_cast<QNetworkReply *>(gone.get())));
        auto left = scope.spawn(waiter(log, gone.get()));
        left.cancel();
        reply.disconnect();
        gone->disconnect();
        gone.reset();
        settle();
        QVERIFY(left.isCancelled());
        QCOMPARE(log.take(), QStringList({"throws Cancelled", "throws ObjectDestroyed"}));
        QCOMPARE(reply.aborts, 0);
    }

    void nullAndOtherThread()
    {
        Worker t;
        Reply reply;
        reply.moveToThread(t.thread());
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, static_cast<QNetworkReply *>(nullptr)));
        scope.spawn(caller(log, static_cast<QNetworkReply *>(&reply)));
        QCOMPARE(log.take(), QStringList({"throws logic_error", "throws logic_error"}));
        t.end();
    }
};

QTEST_GUILESS_MAIN(TestNetwork)
#include "tst_network.moc"
