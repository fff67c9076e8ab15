// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "allocations.h"
#include "words.h"

using namespace Words;

namespace {

Task<> logsAfter(EventLog &log, Event &gate, QString name)
{
    const InstanceCounter alive;
    QString result = name;
    try {
        co_await gate.wait();
    } catch (const ObjectDestroyed &) {
        result += " destroyed";
    }
    log << result;
}

} // namespace

class TestEvent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void SYNC_EVENT_N1()
    {
        Event event;
        QVERIFY(!event.isSet());
        event.set();
        QVERIFY(event.isSet());
        event.set();
        QVERIFY(event.isSet());
        event.clear();
        QVERIFY(!event.isSet());
    }

    void SYNC_EVENT_N2()
    {
        Event event;
        event.set();
        EventLog log;
        TaskScope scope;
        auto a = scope.spawn(logsAfter(log, event, "A"));
        QVERIFY(a.isFinished());
        QCOMPARE(log.take(), QStringList("A"));

        Event start;
        TaskHandle<> b;
        const auto requested = [&]() -> Task<> {
            co_await start.wait();
            b.cancel();
            co_await event.wait();
            log << "through";
            co_await waitForever();
            log << "passed";
        };
        b = scope.spawn(requested);
        open(start);
        QCOMPARE(log.take(), QStringList("through"));
        QVERIFY(b.isCancelled());
    }

    void SYNC_EVENT_N3()
    {
        Event event;
        EventLog log;
        TaskScope scope;
        for (const char *name : {"A", "B", "C"})
            scope.spawn(logsAfter(log, event, name));
        open(event);
        QCOMPARE(log.take(), QStringList({"A", "B", "C"}));
    }

    void SYNC_EVENT_N4()
    {
        Event event;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsAfter(log, event, "A"));
        event.set();
        event.clear();
        settle();
        QCOMPARE(log.take(), QStringList("A"));
        QVERIFY(!event.isSet());
        auto b = scope.spawn(logsAfter(log, event, "B"));
        settle();
        QVERIFY(!b.isFinished());
    }

    void SYNC_EVENT_N5()
    {
        Event event;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsAfter(log, event, "A"));
        const auto setting = [&]() -> Task<> {
            co_await yieldNow();
            log << "before";
            event.set();
            log << "after";
        };
        scope.spawn(setting);
        settle();
        QCOMPARE(log.take(), QStringList({"before", "after", "A"}));
    }

    void SYNC_EVENT_N6()
    {
        Event event;
        EventLog log;
        TaskScope scope;
        auto a = scope.spawn(logsAfter(log, event, "A"));
        scope.spawn(logsAfter(log, event, "B"));
        cancel(a);
        QVERIFY(a.isCancelled());
        open(event);
        QCOMPARE(log.take(), QStringList("B"));
    }

    void SYNC_EVENT_N8()
    {
        Event event;
        EventLog log;
        TaskScope scope;
        auto a = scope.spawn(logsAfter(log, event, "A"));
        a.cancel();
        event.set();
        settle();
        QVERIFY(a.isCancelled());
        QCOMPARE(log.take(), QStringList());
    }

    void SYNC_EVENT_N9()
    {
        EventLog log;
        TaskScope scope;
        auto event = std::make_unique<Event>();
        scope.spawn(logsAfter(log, *event, "A"));
        scope.spawn(logsAfter(log, *event, "B"));
        event.reset();
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList({"A destroyed", "B destroyed"}));

        event = std::make_unique<Event>();
        scope.spawn(logsAfter(log, *event, "A"));
        scope.spawn(logsAfter(log, *event, "B"));
        event->set();
        event.reset();
        settle();
        QCOMPARE(log.take(), QStringList({"A", "B"}));
    }

    void SYNC_EVENT_N9_theErrorNamesIt()
    {
        auto event = std::make_unique<Event>();
        TaskScope scope;
        QString what;
        const auto body = [&]() -> Task<> {
            try {
                co_await event->wait();
            } catch (const std::exception &e) {
                what = e.what();
            }
        };
        scope.spawn(body);
        event.reset();
        settle();
        QVERIFY2(what.contains("Event"), qPrintable(what));
    }

    void SYNC_EVENT_N10()
    {
        Event event;
        EventLog log;
        auto scope = std::make_unique<TaskScope>();
        scope->spawn(logsAfter(log, event, "A"));
        scope->spawn(logsAfter(log, event, "B"));
        QCOMPARE(InstanceCounter::count(), 2);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        open(event);
        QCOMPARE(log.take(), QStringList());
    }

    void SYNC_EVENT_N11()
    {
        Event event;
        EventLog log;
        TaskScope scope;
        const auto setsAtItsEnd = [&]() -> Task<> {
            const OnDestruction guard([&] { event.set(); });
            co_await event.wait();
            log << "A";
        };
        auto a = scope.spawn(setsAtItsEnd);
        scope.spawn(logsAfter(log, event, "B"));
        cancel(a);
        QVERIFY(a.isCancelled());
        QCOMPARE(log.take(), QStringList("B"));
    }

    void SYNC_EVENT_N12()
    {
        Event event;
        bool passed = false;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            auto wait = event.wait();
            event.set();
            event.clear();
            co_await wait;
            passed = true;
        };
        scope.spawn(body);
        settle();
        QVERIFY(!passed);
        open(event);
        QVERIFY(passed);
    }

    void SYNC_EVENT_N13()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        Event ping;
        Event pong;
        qint64 made = -1;
        const auto answers = [&]() -> Task<> {
            for (int i = 0; i < 1'000; ++i) {
                co_await ping.wait();
                ping.clear();
                pong.set();
            }
        };
        const auto waits = [&]() -> Task<> {
            co_await yieldNow(); // so that nothing of settle() is counted
            const AllocationCount count;
            for (int i = 0; i < 1'000; ++i) {
                ping.set();
                co_await pong.wait();
                pong.clear();
            }
            made = count.made();
        };
        TaskScope scope;
        scope.spawn(answers);
        scope.spawn(waits);
        settle();
        QCOMPARE(made, 0);
    }

    void aWaiterThatWasWokenMayBeDestroyed()
    {
        Event event;
        EventLog log;
        auto scope = std::make_unique<TaskScope>();
        scope->spawn(logsAfter(log, event, "A"));
        event.set();
        scope.reset();
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void theEventMayDieInAWaitersFrame()
    {
        EventLog log;
        TaskScope scope;
        auto event = std::make_unique<Event>();
        const auto owning = [&]() -> Task<> {
            const OnDestruction guard([&] { event.reset(); });
            co_await waitForever();
        };
        scope.spawn(logsAfter(log, *event, "A"));
        auto owner = scope.spawn(owning);
        cancel(owner);
        QCOMPARE(log.take(), QStringList("A destroyed"));
    }
};

QTEST_GUILESS_MAIN(TestEvent)
#include "tst_event.moc"
