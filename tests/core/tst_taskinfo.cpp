// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/shield.h>

#include <thread>

using namespace Words;

class TestTaskInfo : public QObject
{
    Q_OBJECT

private:
    static QString line(const QString &part)
    {
        const QStringList lines = dumpTasks().split('\n');
        for (const QString &text : lines) {
            if (text.contains(part))
                return text;
        }
        return {};
    }
    static int indentation(const QString &text) { return static_cast<int>(text.size() - text.trimmed().size()); }

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_DUMP_N1()
    {
        TaskScope scope;
        Event g;
        TaskHandle<> handle;
        TaskInfo first;
        TaskInfo second;
        TaskInfo other;
        const auto notes = [&]() -> Task<> {
            other = currentTask();
            co_await g.wait();
        };
        const auto body = [&]() -> Task<> {
            co_await g.wait();
            first = currentTask();
            handle.cancel();
            second = currentTask();
        };
        scope.spawn(notes);
        handle = scope.spawn(body, "loader");
        open(g);
        QCOMPARE(first.name, "loader");
        QVERIFY(first.id != 0);
        QVERIFY(first.id != other.id);
        QVERIFY(!first.cancelRequested);
        QCOMPARE(second.id, first.id);
        QVERIFY(second.cancelRequested);
    }

    void CORE_DUMP_N2()
    {
        QCOMPARE(currentTask().id, quint64(0));
        QCOMPARE(currentTask().name, QString());
        run(now(1));
        QCOMPARE(currentTask().id, quint64(0));
        quint64 id = 1;
        std::thread([&] { id = currentTask().id; }).join();
        QCOMPARE(id, quint64(0));
    }

    void CORE_DUMP_N3()
    {
        Event g;
        TaskScope scope;
        int innerLine = 0;
        int outerLine = 0;
        const auto inner = [&]() -> Task<> {
            innerLine = __LINE__ + 1;
            co_await g.wait();
        };
        const auto body = [&]() -> Task<> {
            outerLine = __LINE__ + 1;
            co_await inner();
        };
        scope.spawn(body(), "loader");
        const QString text = line("loader");
        const auto place = [](int number) { return QStringLiteral("tst_taskinfo.cpp:%1").arg(number); };
        QVERIFY2(text.contains(place(innerLine)), qPrintable(text));
        QVERIFY2(text.contains(place(outerLine)), qPrintable(text));
        QVERIFY(text.indexOf(place(innerLine)) < text.indexOf(place(outerLine)));
        QVERIFY2(text.contains("waiting"), qPrintable(text));
    }

    void CORE_DUMP_N4()
    {
        Event g;
        TaskScope scope;
        std::vector<quint64> ids;
        const auto child = [&]() -> Task<> {
            ids.push_back(currentTask().id);
            co_await g.wait();
        };
        const auto body = [&]() -> Task<> { co_await gather(child(), child()); };
        scope.spawn(body, "parent");
        QCOMPARE(ids.size(), std::size_t(2));
        const QString parent = line("parent");
        QVERIFY(!parent.isEmpty());
        for (const quint64 id : ids) {
            const QString text = line(QStringLiteral("task %1 ").arg(id));
            QVERIFY2(!text.isEmpty(), qPrintable(dumpTasks()));
            QVERIFY(indentation(text) > indentation(parent));
        }
    }

    void CORE_DUMP_N5()
    {
        Event g;
        TaskScope scope;
        auto ended = scope.spawn(val(g, 1), "ended");
        open(g);
        auto other = std::make_unique<TaskScope>();
        other->spawn(never(), "destroyed");
        QVERIFY(line("destroyed").contains("waiting"));
        other.reset();
        QVERIFY(line("ended").isEmpty());
        QVERIFY(line("destroyed").isEmpty());
        scope.spawn(never(), "here");
        QString there;
        std::thread([&] { there = dumpTasks(); }).join();
        QVERIFY(!there.contains("here"));
        scope.cancel();
        settle();
        QVERIFY(!dumpTasks().contains("task"));
    }

    void CORE_DUMP_N6()
    {
        TaskScope scope;
        Event g;
        TaskHandle<> handle;
        QString running;
        QString requested;
        const auto body = [&]() -> Task<> {
            co_await g.wait();
            running = line("loader");
            handle.cancel();
            requested = line("loader");
        };
        handle = scope.spawn(body, "loader");
        open(g);
        QVERIFY2(running.contains("running"), qPrintable(running));
        QVERIFY2(!running.contains("cancel requested"), qPrintable(running));
        QVERIFY2(requested.contains("cancel requested"), qPrintable(requested));
    }

    void TASKS_SHIELD_N2()
    {
        Event g;
        TaskScope scope;
        const auto body = [&]() -> Task<> { co_await shield(val(g, 1)); };
        auto handle = scope.spawn(body);
        cancel(handle);
        QVERIFY2(dumpTasks().contains("detached"), qPrintable(dumpTasks()));
        QCOMPARE(InstanceCounter::count(), 1);
        open(g);
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(!dumpTasks().contains("detached"));
    }

    void aDumpFromInsideATree()
    {
        // From a child, from a destructor during unwinding and from one during destruction.
        EventLog log;
        Event g;
        auto scope = std::make_unique<TaskScope>();
        const auto dumps = [&]() -> Task<> {
            const OnDestruction guard([&] { log << dumpTasks(); });
            log << dumpTasks();
            co_await g.wait();
        };
        const auto body = [&]() -> Task<> { co_await gather(dumps(), dumps()); };
        auto handle = scope->spawn(body, "first");
        cancel(handle);
        scope->spawn(body, "second");
        scope.reset();
        QCOMPARE(log.take().size(), 8);
    }
};

QTEST_GUILESS_MAIN(TestTaskInfo)
#include "tst_taskinfo.moc"
