// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "gallery.h"
#include "ownersweep.h"
#include "patterns.h"
#include "words.h"

#include <CoDrive/core/unhandled.h>
#include <CoDrive/process/signal.h>

#include <QProcess>
#include <QScopeGuard>
#include <QTimer>

#include <csignal>

using namespace Words;

class TestGalleryOfPatterns : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void shows_data()
    {
        QTest::addColumn<int>("milliseconds");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("happy-eyeballs") << 400 << QStringList({"trying 2001:db8::1", "trying 192.0.2.1",
                                                               "trying 192.0.2.2", "connected to 192.0.2.2"});
        QTest::newRow("retry") << 1700 << QStringList({"timed out after 1000 ms", "connection refused", "answer: hello"});
        QTest::newRow("fan-out") << 300 << QStringList({"fetching one", "fetching two", "got one", "got two",
                                                        "fetching three", "fetching four", "got three", "got four",
                                                        "fetching five", "got five"});
        QTest::newRow("cleanup") << 1200 << QStringList({"writing", "rolled back", "given up"});
        QTest::newRow("ctrl-c") << 200 << QStringList({"serving until Ctrl-C", "state saved", "received SIGINT"});
    }
    void shows()
    {
        QFETCH(int, milliseconds);
        QFETCH(QStringList, expected);
        const QString name = QTest::currentDataTag();
        QStringList lines;
        const VirtualClock clock;
        if (name == "ctrl-c")
            QTimer::singleShot(0, [] { std::raise(SIGINT); });
        for (const Gallery::Demo &demo : Gallery::demos()) {
            if (demo.name == name)
                run(demo.start([&lines](const QString &line) { lines << line; }));
        }
        QCOMPARE(lines, expected);
        QCOMPARE(int(clock.now() / 1ms), milliseconds);
    }

    void ownerDestroyed_data()
    {
        QTest::addColumn<int>("index");
        int index = 0;
        for (const Gallery::Demo &demo : Gallery::demos())
            QTest::newRow(qPrintable(demo.name)) << index++;
    }
    void ownerDestroyed()
    {
        QFETCH(const int, index);
        // Nobody listens to the signal any more when the owner is gone.
        const auto before = std::signal(SIGINT, SIG_IGN);
        setUnhandledErrorHandler([](std::exception_ptr, const TaskInfo &) { }); // of children that had failed
        const auto restore = qScopeGuard([before] {
            setUnhandledErrorHandler({});
            std::signal(SIGINT, before);
        });
        const int runs = sweepOwner([&](TaskScope &scope) {
            const Gallery::Demo demo = Gallery::demos()[std::size_t(index)];
            scope.spawn(demo.start([](const QString &) { }));
            if (demo.name == QLatin1String("ctrl-c"))
                QTimer::singleShot(0, [] { std::raise(SIGINT); });
        });
        QVERIFY2(runs > 2, qPrintable(QString::number(runs)));
    }

    void moreInterrupts_data()
    {
        QTest::addColumn<int>("interrupts");
        QTest::addColumn<int>("milliseconds");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("one more") << 2 << 250 << QStringList({"serving until Ctrl-C", "state saved", "received SIGINT"});
        QTest::newRow("two more") << 3 << 150 << QStringList({"serving until Ctrl-C", "received SIGINT"});
    }
    void moreInterrupts()
    {
        QFETCH(const int, interrupts);
        QFETCH(const int, milliseconds);
        QFETCH(const QStringList, expected);
        QStringList lines;
        const VirtualClock clock;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            for (int i = 0; i < interrupts; ++i) {
                co_await sleepFor(50ms);
                // Told last, so the pattern has heard of it then; and time stands still meanwhile.
                const auto heard = scope.spawn(waitForSignal(SignalSet(SIGINT)));
                std::raise(SIGINT);
                while (!heard.isFinished())
                    settle();
            }
        });
        run(Gallery::serveUntilInterrupted([&lines](const QString &line) { lines << line; }));
        QCOMPARE(lines, expected);
        QCOMPARE(int(clock.now() / 1ms), milliseconds);
    }

    void wrongName()
    {
        QProcess process;
        process.start(CODRIVE_EXAMPLE, {"fan-out", "bogus"});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 2);
        QCOMPARE(process.readAllStandardOutput(), "");
        const QByteArray messages = process.readAllStandardError();
        QVERIFY2(messages.contains("bogus") && messages.contains("happy-eyeballs"), messages.constData());
    }

    void program()
    {
        QProcess process;
        process.start(CODRIVE_EXAMPLE, {"fan-out"});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 0);
        const QByteArray output = process.readAllStandardOutput();
        QVERIFY2(output.startsWith("--- fan-out\n") && output.endsWith("got five\n"), output.constData());
        QCOMPARE(output.count("---"), 1);
    }
};

QTEST_GUILESS_MAIN(TestGalleryOfPatterns)
#include "tst_gallery_of_patterns.moc"
