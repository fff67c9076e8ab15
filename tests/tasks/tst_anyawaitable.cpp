// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Any awaitable may be a child: one of ours, a signal, a network reply, a QFuture and a QCoro::Task in one race.

#include "taskstest.h"

#include <CoDrive/qt/future.h>
#include <CoDrive/qt/network.h>
#include <CoDrive/qt/signal.h>

#include <QFuture>
#include <QMetaMethod>
#include <QNetworkReply>
#include <QPromise>
#include <QPushButton>

using namespace Words;

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

    int aborts = 0;

protected:
    qint64 readData(char *, qint64) override { return -1; }
};

class Button : public QPushButton
{
    Q_OBJECT

public:
    bool isConnected() const { return isSignalConnected(QMetaMethod::fromSignal(&QPushButton::clicked)); }
};

/// Stores the coroutine that awaits it.
class Latch
{
public:
    explicit Latch(std::coroutine_handle<> &waiter)
        : m_waiter(waiter)
    {
    }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { m_waiter = waiter; }
    void await_resume() const noexcept { }

private:
    std::coroutine_handle<> &m_waiter;
};

QCoro::Task<QString> qcoroTask(std::coroutine_handle<> &waiter)
{
    co_await Latch(waiter);
    co_return QStringLiteral("qcoro");
}

} // namespace

class TestAnyAwaitable : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void raceOfAll_data()
    {
        QTest::addColumn<QString>("expected");
        QTest::newRow("sleep") << "0: -";
        QTest::newRow("signal") << "1: false";
        QTest::newRow("reply") << "2: true";
        QTest::newRow("future") << "3: 7";
        QTest::newRow("qcoro") << "4: qcoro";
        QTest::newRow("nobody") << "4: qcoro, kept"; // law L7
    }
    void raceOfAll()
    {
        QFETCH(QString, expected);
        const QString winner = QTest::currentDataTag();
        VirtualClock clock;
        Button button;
        Reply networkReply;
        QNetworkReply *const reply = &networkReply;
        QPromise<int> promise;
        promise.start();
        const QFuture<int> future = promise.future();
        std::coroutine_handle<> waiting;
        start(race(sleepFor(1s), nextSignal(&button, &QPushButton::clicked), reply, future, qcoroTask(waiting)));
        QVERIFY(button.isConnected());
        if (winner == "sleep")
            clock.advance(1s);
        else if (winner == "signal")
            button.click();
        else if (winner == "reply")
            networkReply.finish();
        else if (winner == "future")
            promise.addResult(7);
        else if (winner == "nobody")
            cancel(C);
        if (winner == "future")
            promise.finish();
        settle();
        // A QCoro::Task cannot be cancelled: as a loser it is waited for.
        QCOMPARE(result(), "pending");
        QCOMPARE(networkReply.aborts, winner == "reply" || winner == "qcoro" ? 0 : 1);
        QCOMPARE(promise.isCanceled(), winner != "future" && winner != "qcoro");
        waiting.resume();
        settle();
        QCOMPARE(result(), expected);
        QVERIFY(!button.isConnected());
        QCOMPARE(networkReply.aborts, winner == "reply" ? 0 : 1);
        QCOMPARE(promise.isCanceled(), winner != "future");
        if (winner != "future")
            promise.finish();
    }
};

QTEST_MAIN(TestAnyAwaitable)
#include "tst_anyawaitable.moc"
