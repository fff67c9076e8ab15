// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "qmltest.h"

#include <CoDrive/qml/asynccommand.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/withtaskscope.h>
#include <CoDrive/threads/threadloop.h>
#include <CoDrive/threads/tothread.h>

#include <QSignalSpy>

#include <limits>

using namespace Words;

namespace {

Task<> reports(double progress, QString text)
{
    reportProgress(progress, text);
    co_return;
}

} // namespace

class TestReportProgress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        a.emplace();
        unhandled.emplace();
    }
    void cleanup()
    {
        QCOMPARE(leftBehind(), QString());
        QCOMPARE(unhandled->texts(), QStringList());
        unhandled.reset();
    }

    void QML_PROGRESS_N1()
    {
        AsyncCommand c{[&]() -> Task<> {
            reportProgress(0.25, "quarter");
            reportProgress(0.5, "half");
            co_await a->wait();
        }};
        const QSignalSpy progress(&c, &AsyncCommand::progressChanged);
        const QSignalSpy text(&c, &AsyncCommand::statusTextChanged);
        c.start();
        QCOMPARE(c.progress(), -1.);
        settle();
        QCOMPARE(c.progress(), 0.5);
        QCOMPARE(c.statusText(), "half");
        QCOMPARE(progress.count(), 1);
        QCOMPARE(text.count(), 1);
        open(*a);
        QVERIFY(!c.isRunning());
        QCOMPARE(c.progress(), 0.5);
        QCOMPARE(c.statusText(), "half");
        c.start();
        QCOMPARE(c.progress(), -1.);
        QCOMPARE(c.statusText(), QString());
        settle();
    }

    void QML_PROGRESS_N1_text()
    {
        AsyncCommand c{[&]() -> Task<> {
            reportProgress(0.25, "copying");
            co_await yieldNow();
            reportProgress(0.5);
            co_await a->wait();
            reportProgress(1, "");
        }};
        c.start();
        settle();
        QCOMPARE(c.progress(), 0.5);
        QCOMPARE(c.statusText(), "copying");
        open(*a);
        QCOMPARE(c.progress(), 1.);
        QCOMPARE(c.statusText(), QString());
    }

    void QML_PROGRESS_N1_inQml()
    {
        AsyncCommand c{[&]() -> Task<> {
            reportProgress(0.5, "half");
            co_await a->wait();
        }};
        QmlScene scene;
        const auto item = scene.make(R"(
            property int changes: 0
            property string shown: command.progress + " " + command.statusText
            onShownChanged: ++changes)",
                                     {{"command", QVariant::fromValue<QObject *>(&c)}});
        QCOMPARE(item->property("shown"), "-1 ");
        c.start();
        settle();
        QCOMPARE(item->property("shown"), "0.5 half");
        open(*a);
    }

    void QML_PROGRESS_N2_data()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("awaited") << 0;
        QTest::newRow("gather") << 1;
        QTest::newRow("group") << 2;
        QTest::newRow("scope") << 3;
    }
    void QML_PROGRESS_N2()
    {
        QFETCH(const int, kind);
        AsyncCommand c{[&]() -> Task<> {
            const auto inGroup = [](TaskGroup &group) -> Task<> {
                group.spawn(reports(0.5, "half"));
                co_return;
            };
            const auto inScope = [](TaskScope &scope) -> Task<> {
                scope.spawn(reports(0.5, "half"));
                co_return;
            };
            if (kind == 0)
                co_await reports(0.5, "half");
            else if (kind == 1)
                co_await gather(reports(0.5, "half"), reports(0.5, {}));
            else if (kind == 2)
                co_await withTaskGroup(inGroup);
            else
                co_await withTaskScope(inScope);
            co_await a->wait();
        }};
        const QSignalSpy progress(&c, &AsyncCommand::progressChanged);
        c.start();
        settle();
        QVERIFY(c.isRunning());
        QCOMPARE(c.progress(), 0.5);
        QCOMPARE(c.statusText(), "half");
        QCOMPARE(progress.count(), 1);
        open(*a);
    }

    void QML_PROGRESS_N3_toThread()
    {
        AsyncCommand c{[&]() -> Task<> {
            co_await toThread([] { reportProgress(0.5, "half"); });
            co_await a->wait();
        }};
        QThread *notified = nullptr;
        connect(&c, &AsyncCommand::progressChanged, &c, [&] { notified = QThread::currentThread(); },
                Qt::DirectConnection);
        c.start();
        QTRY_COMPARE(c.progress(), 0.5);
        QCOMPARE(c.statusText(), "half");
        QCOMPARE(notified, QThread::currentThread());
        a->set();
        QTRY_VERIFY(!c.isRunning());
    }

    void QML_PROGRESS_N3_runInThreadLoop()
    {
        AsyncCommand c{[&]() -> Task<> {
            co_await runInThreadLoop(reports(0.5, "half"));
            co_await a->wait();
        }};
        c.start();
        QTRY_COMPARE(c.progress(), 0.5);
        QCOMPARE(c.statusText(), "half");
        a->set();
        QTRY_VERIFY(!c.isRunning());
    }

    // Reports without end from another thread do not keep the loop from its other work.
    void QML_PROGRESS_N3_flood()
    {
        AsyncCommand c{[&]() -> Task<> {
            const auto flood = [](std::stop_token stop) {
                for (int i = 0; !stop.stop_requested(); ++i)
                    reportProgress(0.001 * (i % 1000));
            };
            co_await toThread(flood);
        }};
        const QSignalSpy progress(&c, &AsyncCommand::progressChanged);
        c.start();
        QTRY_VERIFY(progress.count() > 10);
        int ticks = 0;
        QTimer timer;
        timer.callOnTimeout([&ticks] { ++ticks; });
        timer.start(5);
        QTRY_VERIFY(ticks >= 10);
        c.cancel();
        QTRY_VERIFY(!c.isRunning());
    }

    void QML_PROGRESS_N4_outside()
    {
        reportProgress(0.5, "nobody listens");
        TaskScope scope;
        scope.spawn(reports(0.5, "nobody listens"));
        AsyncCommand c{[&] { return pass(*a); }};
        c.start();
        reportProgress(0.5, "not in the run");
        settle();
        QCOMPARE(c.progress(), -1.);
        QCOMPARE(c.statusText(), QString());
        open(*a);
    }

    void QML_PROGRESS_N5_data()
    {
        QTest::addColumn<double>("told");
        QTest::addColumn<double>("shown");
        QTest::newRow("1.5") << 1.5 << 1.;
        QTest::newRow("infinite") << std::numeric_limits<double>::infinity() << 1.;
        QTest::newRow("-3") << -3. << -1.;
        QTest::newRow("NaN") << std::numeric_limits<double>::quiet_NaN() << -1.;
        QTest::newRow("0") << 0. << 0.;
    }
    void QML_PROGRESS_N5()
    {
        QFETCH(const double, told);
        QFETCH(const double, shown);
        AsyncCommand c{[&]() -> Task<> {
            reportProgress(0.5);
            co_await a->wait();
            reportProgress(told);
        }};
        c.start();
        settle();
        QCOMPARE(c.progress(), 0.5);
        open(*a);
        QCOMPARE(c.progress(), shown);
    }

private:
    std::optional<Event> a;
    std::optional<UnhandledErrors> unhandled;
};

QTEST_MAIN(TestReportProgress)
#include "tst_reportprogress.moc"
