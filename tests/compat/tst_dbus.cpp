// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/bridge.h>
#include <CoDrive/core/task.h>

#include "compattest.h"

#include <qcorodbuspendingcall.h>
#include <qcorodbuspendingreply.h>

#include <QDBusConnection>
#include <QDBusContext>
#include <QDBusMessage>
#include <QDBusPendingCall>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusServer>

#include <memory>

using namespace Words;

namespace {

class Service : public QObject, protected QDBusContext
{
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.codrive.Compat")

public:
    /// Answers the calls made so far and those to come.
    void release()
    {
        m_isReleased = true;
        for (const QDBusMessage &call : std::exchange(m_calls, {}))
            m_connection.send(call.createReply(QStringLiteral("answer")));
    }

public Q_SLOTS:
    QString ask()
    {
        setDelayedReply(true);
        m_connection = connection();
        m_calls << message();
        if (m_isReleased)
            release();
        return {};
    }

private:
    QDBusConnection m_connection{QString()};
    QList<QDBusMessage> m_calls;
    bool m_isReleased = false;
};

/// Two ends of a connection in this process, so that no bus is needed, and a call between them.
struct Peers
{
    Peers()
    {
        QObject::connect(
            &server, &QDBusServer::newConnection, &service, [this](const QDBusConnection &connection) {
                QDBusConnection(connection)
                    .registerObject(QStringLiteral("/"), &service, QDBusConnection::ExportAllSlots);
                isAccepted = true;
            });
        static int count = 0;
        name = QStringLiteral("codrive-compat-%1").arg(++count);
        QDBusConnection client = QDBusConnection::connectToPeer(server.address(), name);
        if (!QTest::qWaitFor([&] { return isAccepted && client.isConnected(); }))
            qWarning("no connection: %s", qPrintable(client.lastError().message()));
        call = std::make_unique<QDBusPendingCall>(client.asyncCall(QDBusMessage::createMethodCall(
            QString(), QStringLiteral("/"), QStringLiteral("org.codrive.Compat"), QStringLiteral("ask"))));
    }
    ~Peers() { QDBusConnection::disconnectFromPeer(name); }

    QDBusServer server{QStringLiteral("unix:tmpdir=/tmp")};
    Service service;
    QString name;
    bool isAccepted = false;
    std::unique_ptr<QDBusPendingCall> call;
    std::unique_ptr<QDBusPendingCallWatcher> watcher;
};

template<typename Start>
Wait callWait(Start start)
{
    const auto peers = std::make_shared<Peers>();
    const auto isOver = std::make_shared<bool>(false);
    Wait wait = waitFor([peers, start] { return start(*peers->call); }, QStringLiteral("answer"),
                        [peers, isOver] {
                            // Told after those who have waited before.
                            peers->watcher = std::make_unique<QDBusPendingCallWatcher>(*peers->call);
                            QObject::connect(peers->watcher.get(), &QDBusPendingCallWatcher::finished,
                                             &peers->service, [isOver] { *isOver = true; });
                            peers->service.release();
                        });
    wait.isOver = [isOver] { return *isOver; };
    return wait;
}

using Reply = QDBusPendingReply<QString>;

Task<QString> awaitsLocal(QDBusPendingCall call)
{
    const QDBusMessage message = co_await call;
    co_return message.arguments().value(0).toString();
}

Task<QString> awaitsLocal(Reply reply)
{
    const Reply result = co_await reply;
    co_return result.value();
}

std::vector<Row> rows()
{
    return {
        {"QDBusPendingCall", Awaiter::QCoro,
         [] { return callWait([](const QDBusPendingCall &call) { return QDBusPendingCall(call); }); }},
        {"QDBusPendingCall, a local", Awaiter::QCoro,
         [] { return callWait([](const QDBusPendingCall &call) { return awaitsLocal(call); }); }},
        {"qCoro(QDBusPendingCall).waitForFinished", Awaiter::QCoroTask,
         [] { return callWait([](const QDBusPendingCall &call) { return qCoro(call).waitForFinished(); }); }},
        {"QDBusPendingReply", Awaiter::QCoro,
         [] { return callWait([](const QDBusPendingCall &call) { return Reply(call); }); }},
        {"QDBusPendingReply, a local", Awaiter::QCoro,
         [] { return callWait([](const QDBusPendingCall &call) { return awaitsLocal(Reply(call)); }); }},
        {"qCoro(QDBusPendingReply).waitForFinished", Awaiter::QCoroTask,
         [] {
             return callWait(
                 [](const QDBusPendingCall &call) { return qCoro(Reply(call)).waitForFinished(); });
         }},
    };
}

} // namespace

class TestDBus : public CompatTest
{
    Q_OBJECT

public:
    TestDBus()
        : CompatTest(rows())
    {}
};

QTEST_GUILESS_MAIN(TestDBus)
#include "moc_compattest.cpp"
#include "tst_dbus.moc"
