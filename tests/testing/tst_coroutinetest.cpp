// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <QProcess>

using namespace Words;

/// Slots that fail; run in a process of their own.
class TestThatFails : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void throws() { CODRIVE_TEST(throwing()); }
    void throwsSomethingElse() { CODRIVE_TEST(throwingNumber()); }
    void comparesWrong() { CODRIVE_TEST(comparing()); }
    void verifiesWrong() { CODRIVE_TEST(verifying()); }

private:
    static Task<> throwing()
    {
        co_await yieldNow();
        throw E("the error");
    }
    static Task<> throwingNumber()
    {
        co_await yieldNow();
        throw 42;
    }
    static Task<> comparing()
    {
        co_await yieldNow();
        CODRIVE_COMPARE(1 + 1, 3);
        qWarning("went on");
    }
    static Task<> verifying()
    {
        co_await yieldNow();
        CODRIVE_VERIFY(1 + 1 == 3);
        qWarning("went on");
    }
};

class TestCoroutineTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void passes()
    {
        CODRIVE_TEST(passing());
        QVERIFY(m_hasPassed);
    }

    void failuresFail()
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QCoreApplication::applicationFilePath(), {"--failing"});
        QVERIFY(process.waitForFinished(60'000));
        const QString output = QString::fromUtf8(process.readAll());
        QVERIFY2(process.exitCode() == 4, qPrintable(output));
        for (const char *part : {"the error", "unknown exception", "1 + 1 == 3", "Compared values are not the same"})
            QVERIFY2(output.contains(part), qPrintable(output));
        QVERIFY2(!output.contains("went on"), qPrintable(output));
    }

private:
    Task<> passing()
    {
        co_await yieldNow();
        const int value = co_await now(5);
        CODRIVE_COMPARE(value, 5);
        CODRIVE_VERIFY(value == 5);
        m_hasPassed = true;
    }

    bool m_hasPassed = false;
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    if (argc == 2 && QByteArray(argv[1]) == "--failing") {
        TestThatFails test;
        return QTest::qExec(&test, 1, argv);
    }
    TestCoroutineTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_coroutinetest.moc"
