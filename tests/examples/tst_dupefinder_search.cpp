// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// The search of dupefinder, with its owner destroyed before each thing that happens.

#include "finder.h"
#include "ownersweep.h"

#include <CoDrive/tasks/gather.h>

#include <QFile>
#include <QTemporaryDir>

using namespace Words;

namespace {

/// What a search needs besides its task.
class Search
{
public:
    explicit Search(const QString &folder)
        : finder(folder.toStdString(), 2, progress)
    {
    }

    SharedProgress progress;
    Finder finder;
};

/// Searches, and watches how far that is.
Task<> searches(Search &search)
{
    const InstanceCounter alive;
    const auto isReading = [](const Progress &progress) { return progress.fileTotal > 0; };
    co_await gather(search.finder.find(), search.progress.waitUntil(isReading));
}

} // namespace

class TestDupefinderSearch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void ownerDestroyed()
    {
        QTemporaryDir folder;
        for (int i = 0; i < 6; ++i) {
            QFile file(folder.filePath(QString::number(i)));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray(100'000, i % 2 ? 'a' : 'b'));
        }
        std::shared_ptr<Search> last;
        const int runs = sweepOwner([&](TaskScope &scope) {
            last = std::make_shared<Search>(folder.path());
            scope.spawn(searches(*last));
            return last;
        });
        QVERIFY2(runs > 3, qPrintable(QString::number(runs)));
        // That one has come to its end.
        QCOMPARE(int(last->finder.groups().size()), 2);
    }
};

QTEST_GUILESS_MAIN(TestDupefinderSearch)
#include "tst_dupefinder_search.moc"
