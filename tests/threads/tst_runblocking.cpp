// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "remote.h"

#include <CoDrive/threads/runblocking.h>

using namespace Words;

class TestRunBlocking : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        scope.emplace();
    }
    void cleanup()
    {
        scope.reset();
        log.take();
        QCOMPARE(leftBehind(), QString());
    }

    void AD_RASYNC_01()
    {
        const auto here = [] { return now(std::this_thread::get_id()); };
        QVERIFY(runBlocking(here) == std::this_thread::get_id());
        QCOMPARE(textOfCall([] { return runBlocking(failingAtOnce()); }), "throws broken");
        bool isSame = false;
        PlainThread([&] { isSame = runBlocking(here) == std::this_thread::get_id(); });
        QVERIFY(isSame);
    }

    void AD_RASYNC_02_data()
    {
        QTest::addColumn<bool>("isTask");
        QTest::newRow("a slot") << false;
        QTest::newRow("a function called by a task") << true;
    }
    void AD_RASYNC_02()
    {
        QFETCH(const bool, isTask);
        QEventLoop eventLoop;
        QTimer timer;
        timer.setSingleShot(true);
        connect(&timer, &QTimer::timeout, [&] {
            log << "timer";
            eventLoop.quit();
        });
        const auto remotely = []() -> Task<bool> {
            co_await sleepFor(5ms);
            co_return QThread::currentThread() == qApp->thread();
        };
        const auto function = [&] {
            timer.start(0);
            log << (runBlocking(remotely) ? "home" : "elsewhere");
            log << textOfCall([] { return runBlocking(failingAtOnce()); });
        };
        if (isTask) {
            scope->spawn([&]() -> Task<> {
                function();
                co_return;
            });
        } else {
            QTimer::singleShot(0, function);
        }
        eventLoop.exec();
        QCOMPARE(log.take(), QStringList({"elsewhere", "throws broken", "timer"}));
    }

private:
    std::optional<TaskScope> scope;
    EventLog log;
};

QTEST_GUILESS_MAIN(TestRunBlocking)
#include "tst_runblocking.moc"
