// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "messages.h"
#include "words.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>

#include <thread>

using namespace Words;

namespace {

/// Leaves \a work running and forgets it.
template<typename T>
void detach(TaskScope &scope, Task<T> work)
{
    const auto body = [](Task<T> inner) -> Task<> { co_await shield(std::move(inner)); };
    auto handle = scope.spawn(body(std::move(work)));
    cancel(handle);
    QVERIFY(handle.isCancelled());
}

} // namespace

class TestUnhandled : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup()
    {
        setUnhandledErrorHandler({});
        QCOMPARE(leftBehind(), QString());
    }

    void TASKS_UNHANDLED_N1()
    {
        Event g;
        TaskScope scope;
        detach(scope, err(g, "the error"));
        const MessageCapture messages;
        open(g);
        QCOMPARE(messages.texts().size(), 1);
        QCOMPARE(messages.texts("codrive").size(), 1);
        QVERIFY2(messages.texts().first().contains("the error"), qPrintable(messages.texts().first()));
        QVERIFY2(messages.texts().first().contains("task"), qPrintable(messages.texts().first()));
    }

    void TASKS_UNHANDLED_N2()
    {
        EventLog log;
        quint64 id = 0;
        bool isOutside = false;
        std::thread::id thread;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &task) {
            log << text(error);
            id = task.id;
            isOutside = currentTask().id == 0;
            thread = std::this_thread::get_id();
        });
        Event g;
        TaskScope scope;
        quint64 own = 0;
        const auto fails = [&]() -> Task<> {
            own = currentTask().id;
            co_await g.wait();
            throw E();
        };
        detach(scope, fails());
        open(g);
        QCOMPARE(log.take(), QStringList("E"));
        QVERIFY(own != 0);
        QCOMPARE(id, own);
        QVERIFY(isOutside);
        QVERIFY(thread == std::this_thread::get_id());

        setUnhandledErrorHandler({});
        g.clear();
        detach(scope, fails());
        const MessageCapture messages;
        open(g);
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(messages.texts("codrive").size(), 1);
    }

    void TASKS_UNHANDLED_N2_onAnotherThread()
    {
        std::thread::id seen;
        int calls = 0;
        setUnhandledErrorHandler([&](std::exception_ptr, const TaskInfo &) {
            seen = std::this_thread::get_id();
            ++calls;
        });
        std::thread::id id;
        std::thread thread([&] {
            id = std::this_thread::get_id();
            Event g;
            TaskScope scope;
            detach(scope, err(g));
            open(g);
        });
        thread.join();
        QCOMPARE(calls, 1);
        QVERIFY(seen == id);
    }

    void TASKS_UNHANDLED_N3()
    {
        setUnhandledErrorHandler([](std::exception_ptr, const TaskInfo &) { throw E("of the handler"); });
        Event g;
        TaskScope scope;
        detach(scope, err(g));
        const MessageCapture messages;
        open(g);
        QCOMPARE(messages.texts().size(), 1);
        QCOMPARE(messages.texts("codrive").size(), 1);
        QVERIFY(messages.texts().first().contains("of the handler"));
    }

    void TASKS_UNHANDLED_N4()
    {
        EventLog log;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &) { log << text(error); });
        Event g;
        TaskScope scope;
        const auto fails = [&]() -> Task<> { co_await gather(err(g, "A"), err(g, "B")); };
        detach(scope, fails());
        open(g);
        QCOMPARE(log.take(), QStringList("group [A, B]"));
    }

    void TASKS_UNHANDLED_N5_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::newRow("AD-SHIELD-03") << "shield";
        QTest::newRow("TASKS-PRIME-N2") << "prime";
        QTest::newRow("CORE-L14-N4") << "doomed";
        QTest::newRow("TASKS-FIRST-N4") << "firstSuccess";
        QTest::newRow("TASKS-OUTCOMES-N6") << "gatherOutcomes";
    }
    void TASKS_UNHANDLED_N5()
    {
        QFETCH(QString, kind);
        EventLog log;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &) { log << text(error); });
        Event a;
        Event b;
        Event h;
        TaskScope scope;
        if (kind == "shield") {
            detach(scope, err(a));
        } else if (kind == "prime") {
            auto primed = prime(nowErr());
            Q_UNUSED(primed)
        } else if (kind == "doomed") {
            auto owner = std::make_unique<TaskScope>();
            const auto deletes = [&]() -> Task<> {
                co_await a.wait();
                owner.reset();
                throw E();
            };
            owner->spawn(deletes());
            open(a);
        } else if (kind == "firstSuccess") {
            std::vector<Task<int>> tasks;
            tasks.push_back(val(a, 1));
            tasks.push_back(dirty(b));
            const auto body = [&]() -> Task<> { co_await firstSuccess(std::move(tasks)); };
            scope.spawn(body);
        } else {
            b.set();
            const auto body = [&]() -> Task<> { co_await gatherOutcomes(slow(a, h), err(b)); };
            auto handle = scope.spawn(body);
            cancel(handle);
            open(h);
            QVERIFY(handle.isCancelled());
        }
        open(a);
        QCOMPARE(log.take(), QStringList("E"));
    }

    void TASKS_UNHANDLED_N6()
    {
        EventLog log;
        setUnhandledErrorHandler([&](std::exception_ptr error, const TaskInfo &) { log << text(error); });
        Event g;
        TaskScope scope;
        {
            auto primed = prime(err(g));
            Q_UNUSED(primed)
        }
        const auto unwinds = [&]() -> Task<> {
            co_await g.wait();
            co_await unwind();
        };
        detach(scope, unwinds());
        open(g);
        std::thread([&] {
            Event shut;
            TaskScope ofThread;
            detach(ofThread, err(shut));
        }).join();
        QCOMPARE(log.take(), QStringList());
    }
};

QTEST_GUILESS_MAIN(TestUnhandled)
#include "tst_unhandled.moc"
