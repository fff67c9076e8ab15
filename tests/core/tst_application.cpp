// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Several QCoreApplications in one process, and none.

#include "messages.h"
#include "words.h"

using namespace Words;

namespace {

/// An application that lives for a part of a test.
class Application
{
public:
    Application()
        : m_application(m_count, m_arguments)
    {
    }

private:
    int m_count = 1;
    char m_name[5] = "test";
    char *m_arguments[2] = {m_name, nullptr};
    QCoreApplication m_application;
};

Task<int> sleeping()
{
    const InstanceCounter alive;
    co_await sleepFor(2ms);
    co_return 5;
}

} // namespace

class TestApplication : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }

    void runWithoutOne()
    {
        QVERIFY_THROWS_EXCEPTION(std::logic_error, run(now(1)));
        const Application application;
        QCOMPARE(run(now(1)), 1);
    }

    void CORE_RUN_N2()
    {
        const Application application;
        QCOMPARE(run(sleeping()), 5);
    }

    void CORE_L13_N6()
    {
        const MessageCapture messages;
        Event g;
        auto scope = std::make_unique<TaskScope>();
        {
            const Application application;
            scope->spawn(val(g, 1));
            scope->spawn(sleeping());
            const auto yields = []() -> Task<> {
                const InstanceCounter alive;
                co_await yieldNow();
            };
            scope->spawn(yields());
            QCOMPARE(InstanceCounter::count(), 3);
        }
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(messages.texts(), QStringList());
    }

    void aSecondApplicationAfterOneThatEndedWithAnEventPosted()
    {
        TaskScope scope;
        Event g;
        auto handle = scope.spawn(val(g, 1));
        {
            const Application application;
            g.set();
        }
        const Application application;
        QTRY_VERIFY(handle.isFinished());
        QCOMPARE(run(sleeping()), 5);
    }

    void aSecondApplicationAfterOneThatEndedWithATimerArmed()
    {
        TaskScope scope;
        TaskHandle<int> handle;
        {
            const Application application;
            handle = scope.spawn(sleeping());
        }
        const Application application;
        QTRY_VERIFY(handle.isFinished());
        QCOMPARE(run(sleeping()), 5);
    }

    void tasksBeforeTheApplication()
    {
        Event g;
        TaskScope scope;
        auto sleeper = scope.spawn(sleeping());
        auto waiter = scope.spawn(val(g, 1));
        g.set();
        const Application application;
        QTRY_VERIFY(sleeper.isFinished());
        QVERIFY(waiter.isFinished());
    }
};

QTEST_APPLESS_MAIN(TestApplication)
#include "tst_application.moc"
