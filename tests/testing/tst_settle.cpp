// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <QPointer>

using namespace Words;

class TestSettle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void nothingToDo()
    {
        QElapsedTimer wall;
        wall.start();
        for (int i = 0; i < 100; ++i)
            settle();
        QVERIFY(wall.elapsed() < 5'000);
    }

    void tasksEventsAndWhatTheyBring()
    {
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            for (int i = 0; i < 5; ++i)
                co_await yieldNow();
            log << "task";
            QMetaObject::invokeMethod(
                this, [&] { log << "posted"; }, Qt::QueuedConnection);
        };
        scope.spawn(body);
        settle();
        QCOMPARE(log.take(), QStringList({"task", "posted"}));
    }

    void moreThanADrainCanDo()
    {
        int ended = 0;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            co_await yieldNow();
            const auto end = std::chrono::steady_clock::now() + 1ms;
            while (std::chrono::steady_clock::now() < end) { }
            ++ended;
        };
        for (int i = 0; i < 30; ++i)
            scope.spawn(body());
        settle();
        QCOMPARE(ended, 30);
    }

    void deferredDeletes()
    {
        const QPointer<QObject> object(new QObject);
        object->deleteLater();
        settle();
        QVERIFY(!object);
        bool isGone = false;
        const auto body = [&]() -> Task<> {
            auto *const inner = new QObject;
            connect(inner, &QObject::destroyed, this, [&] { isGone = true; });
            inner->deleteLater();
            co_await yieldNow();
        };
        TaskScope scope;
        scope.spawn(body);
        settle();
        QVERIFY(isGone);
    }

    void timeDoesNotPass()
    {
        TaskScope scope;
        auto handle = scope.spawn(toTask(sleepFor(1h)));
        settle();
        QVERIFY(!handle.isFinished());
        scope.cancel();
        settle();
        QVERIFY(handle.isFinished());
    }

    void insideATask()
    {
        EventLog log;
        Event g;
        TaskScope scope;
        const auto waits = [&]() -> Task<> {
            co_await g.wait();
            log << "waiter";
        };
        const auto body = [&]() -> Task<> {
            co_await yieldNow();
            g.set();
            settle();
            log << "settled";
        };
        scope.spawn(waits);
        scope.spawn(body);
        settle();
        QCOMPARE(log.take(), QStringList({"waiter", "settled"}));
    }
};

QTEST_GUILESS_MAIN(TestSettle)
#include "tst_settle.moc"
