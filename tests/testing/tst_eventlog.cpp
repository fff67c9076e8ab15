// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/testing/eventlog.h>

#include <QTest>

using namespace CoDrive;

class TestEventLog : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsTheOrder()
    {
        EventLog log;
        log.add("a");
        log << "b"
            << "c";
        QCOMPARE(log.events(), QStringList({"a", "b", "c"}));
        QCOMPARE(log.take(), QStringList({"a", "b", "c"}));
        QVERIFY(log.events().isEmpty());
        log << "d";
        QCOMPARE(log.take(), QStringList("d"));
    }
};

QTEST_GUILESS_MAIN(TestEventLog)
#include "tst_eventlog.moc"
