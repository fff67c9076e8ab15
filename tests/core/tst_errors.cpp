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
        QVERIFY_EXCEPTION_THROWN(throw Cancelled("x"), std::exception);
        QVERIFY_EXCEPTION_THROWN(throw ObjectDestroyed("x"), std::exception);
        QVERIFY_EXCEPTION_THROWN(throw LeftoverTasks("x"), std::exception);
    }
};

QTEST_GUILESS_MAIN(TestErrors)
#include "tst_errors.moc"
