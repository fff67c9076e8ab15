// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

using namespace Words;

class TestErrors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }

    void theyNameTheThing()
    {
        const QString cancelled = Cancelled("task \"loader\"", "closed").what();
        QVERIFY(cancelled.contains("loader"));
        QVERIFY(cancelled.contains("closed"));
        QVERIFY(QString(Cancelled().what()).contains("cancelled"));
        QVERIFY(QString(ObjectDestroyed("Gate").what()).contains("Gate"));
    }

    void theyAreOrdinaryExceptions()
    {
        static_assert(std::is_nothrow_copy_constructible_v<Cancelled>);
        static_assert(std::is_nothrow_copy_constructible_v<ObjectDestroyed>);
        QVERIFY_THROWS_EXCEPTION(std::exception, throw Cancelled("x"));
        QVERIFY_THROWS_EXCEPTION(std::exception, throw ObjectDestroyed("x"));
        QVERIFY_THROWS_EXCEPTION(std::exception, throw LeftoverTasks("x"));
    }
};

QTEST_GUILESS_MAIN(TestErrors)
#include "tst_errors.moc"
