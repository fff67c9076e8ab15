// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/owner.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/gather.h>

#include "messages.h"
#include "sender.h"
#include "words.h"

#include <QEventLoop>
#include <QPointer>

#include <memory>
#include <optional>

using namespace Words;
using namespace std::chrono_literals;

namespace {

Task<> deep(EventLog &log, Event &gate, int depth, QString name)
{
    const InstanceCounter alive;
    const LogsDestruction logs(log, name + QString::number(depth));
    if (depth > 1)
        co_await deep(log, gate, depth - 1, name);
    else
        co_await gate.wait();
    log << QStringLiteral("resumed");
}

} // namespace

class TestOwner : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void QT_SPAWNON_N1()
    {
        QObject owner;
        Event g;
        Probe probe;
        EventLog log;
        TaskScope scope;
        const auto handle = spawnOn(&owner, val(g, 5, &probe));
        QVERIFY(probe.entered);
        const auto failing = spawnOn(&owner, err(g));
        scope.spawn(caller(log, handle));
        scope.spawn(caller(log, failing));
        open(g);
        QCOMPARE(log.take(), QStringList({"5", "throws E"}));
        QCOMPARE(text(spawnOn(&owner, now(7))), "7");
        QVERIFY(owner.children().isEmpty());
    }

    void QT_SPAWNON_N2()
    {
        auto owner = std::make_unique<QObject>();
        Event g;
        EventLog log;
        EventLog joined;
        TaskScope scope;
        const auto first = spawnOn(owner.get(), deep(log, g, 4, "a"));
        const auto second = spawnOn(owner.get(), deep(log, g, 1, "b"));
        scope.spawn(caller(joined, first));
        owner.reset();
        QCOMPARE(InstanceCounter::count(), 1);
        QCOMPARE(log.take(), QStringList({"b1", "a1", "a2", "a3", "a4"}));
        QVERIFY(first.isCancelled());
        QVERIFY(second.isCancelled());
        settle();
        QCOMPARE(joined.take(), QStringList("throws Cancelled"));
        QCOMPARE(log.take(), QStringList());
    }

    void generalDisconnect()
    {
        // Some versions of Qt warn of it.
        const MessageCapture messages;
        auto owner = std::make_unique<QObject>();
        Event g;
        EventLog log;
        spawnOn(owner.get(), deep(log, g, 1, "a"));
        connect(owner.get(), &QObject::destroyed, this, [] {});
        owner->disconnect();
        owner.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QT_SPAWNON_N3()
    {
        auto owner = std::make_unique<QObject>();
        Event g;
        EventLog log;
        const auto start = [&] {
            return spawnOn(owner.get(), [&]() -> Task<> {
                const auto body = [&]() -> Task<> { co_await g.wait(); };
                const auto cleanUp = [&]() -> Task<> {
                    log << "clean-up";
                    co_return;
                };
                co_await withCleanup(body, cleanUp);
            });
        };
        auto cancelled = start();
        cancel(cancelled);
        QVERIFY(cancelled.isCancelled());
        QCOMPARE(log.take(), QStringList("clean-up"));
        start();
        owner.reset();
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void QT_SPAWNON_N5_data()
    {
        QTest::addColumn<bool>("nested");
        QTest::newRow("slot of its signal") << false;
        QTest::newRow("nested event loop") << true;
    }

    void QT_SPAWNON_N5()
    {
        QFETCH(const bool, nested);
        auto *const owner = new QObject;
        const QPointer<QObject> watched = owner;
        S s;
        Event g;
        Event start;
        EventLog log;
        if (nested)
            connect(&s, &S::none, &s, [&] {
                QEventLoop eventLoop;
                QMetaObject::invokeMethod(&s, [&] {
                    delete owner;
                    eventLoop.quit();
                }, Qt::QueuedConnection);
                eventLoop.exec();
            });
        else
            connect(&s, &S::none, &s, [&] { delete owner; });
        const auto handle = spawnOn(owner, [&]() -> Task<> {
            const InstanceCounter alive;
            co_await start.wait();
            Q_EMIT s.none();
            log << "goes on";
            co_await g.wait();
            log << "resumed";
        });
        const auto other = spawnOn(owner, deep(log, g, 2, "other"));
        open(start);
        QVERIFY(!watched);
        QCOMPARE(log.take(), QStringList({"other1", "other2", "goes on"}));
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(handle.isCancelled());
        QVERIFY(other.isCancelled());
    }

    void QT_SPAWNON_N5_firstSegment()
    {
        auto *const owner = new QObject;
        const QPointer<QObject> watched = owner;
        EventLog log;
        const auto handle = spawnOn(owner, [&]() -> Task<> {
            const InstanceCounter alive;
            delete owner;
            log << "goes on";
            co_await yieldNow();
            log << "resumed";
        });
        settle();
        QVERIFY(!watched);
        QVERIFY(handle.isCancelled());
        QCOMPARE(log.take(), QStringList("goes on"));
    }

    void QT_SPAWNON_N6()
    {
        auto *const owner = new QObject;
        Event g;
        Event start;
        EventLog log;
        const auto handle = spawnOn(owner, [&]() -> Task<> {
            const InstanceCounter alive;
            const auto closing = [&]() -> Task<> {
                const InstanceCounter inner;
                co_await start.wait();
                delete owner;
                log << "goes on";
                co_await g.wait();
                log << "resumed";
            };
            co_await gather(deep(log, g, 2, "sibling"), closing());
            log << "resumed";
        });
        open(start);
        QCOMPARE(log.take(), QStringList({"goes on", "sibling1", "sibling2"}));
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(handle.isCancelled());
    }

    void QT_SPAWNON_N7()
    {
        auto owner = std::make_unique<QObject>();
        Event g;
        EventLog log;
        spawnOn(owner.get(), deep(log, g, 1, "a"));
        g.set();
        owner.reset();
        settle();
        QCOMPARE(log.take(), QStringList("a1"));
    }

    void QT_SPAWNON_N8()
    {
        auto owner = std::make_unique<S>();
        Event g;
        for (int i = 0; i < 5000; ++i)
            spawnOn(owner.get(), now(i));
        for (int i = 0; i < 5000; ++i)
            spawnOn(owner.get(), val(g, i));
        QCOMPARE(owner->children().size(), 1);
        open(g);
        QVERIFY(owner->children().isEmpty());
        QVERIFY(!owner->isConnected());
        owner.reset();
        settle();
    }

    void QT_SPAWNON_N9()
    {
        EventLog log;
        setUnhandledErrorHandler(
            [&](std::exception_ptr error, const TaskInfo &) { log << text(error); });
        QObject owner;
        Event g;
        spawnOn(&owner, err(g));
        spawnOn(&owner, nowErr("F"));
        settle();
        QCOMPARE(log.take(), QStringList("F"));
        open(g);
        QCOMPARE(log.take(), QStringList("E"));
        setUnhandledErrorHandler({});
    }

    void QT_SPAWNON_N10()
    {
        Worker t;
        QObject elsewhere;
        elsewhere.moveToThread(t.thread());
        Probe probe;
        EventLog log;
        try {
            spawnOn(&elsewhere, now(5, &probe));
        } catch (const std::invalid_argument &) {
            log << "invalid_argument";
        } catch (const std::logic_error &) {
            log << "logic_error";
        }
        try {
            spawnOn(nullptr, now(5, &probe));
        } catch (const std::invalid_argument &) {
            log << "invalid_argument";
        }
        QCOMPARE(log.take(), QStringList({"logic_error", "invalid_argument"}));
        QVERIFY(!probe.entered);
        t.end();
    }

    void QT_SPAWNON_N11()
    {
        Event g;
        EventLog log;
        auto *const later = new QObject;
        spawnOn(later, deep(log, g, 2, "later"));
        later->deleteLater();
        settle();
        QCOMPARE(log.take(), QStringList({"later1", "later2"}));
        auto parent = std::make_unique<QObject>();
        spawnOn(new QObject(parent.get()), deep(log, g, 2, "child"));
        parent.reset();
        QCOMPARE(log.take(), QStringList({"child1", "child2"}));
    }

    void QT_SPAWNON_N12()
    {
        auto *owner = new QObject;
        Event g;
        EventLog log;
        auto handle = spawnOn(owner, [&]() -> Task<> {
            const InstanceCounter alive;
            const LogsDestruction outer(log, "outer");
            const OnDestruction closing([&] { delete std::exchange(owner, nullptr); });
            const LogsDestruction inner(log, "inner");
            co_await g.wait();
        });
        spawnOn(owner, deep(log, g, 1, "sibling"));
        cancel(handle);
        QCOMPARE(owner, nullptr);
        QCOMPARE(log.take(), QStringList({"inner", "sibling1", "outer"}));
        QVERIFY(handle.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QT_SPAWNON_N13()
    {
        for (const bool first : {true, false}) {
            auto owner = std::make_unique<QObject>();
            Event g;
            EventLog log;
            TaskHandle<> awaited;
            const auto waits = [&]() -> Task<> {
                const InstanceCounter alive;
                co_await yieldNow();
                try {
                    co_await awaited;
                } catch (...) {
                    log << "thrown";
                }
                log << "resumed";
            };
            if (first)
                spawnOn(owner.get(), waits);
            awaited = spawnOn(owner.get(), deep(log, g, 1, "a"));
            if (!first)
                spawnOn(owner.get(), waits);
            settle();
            owner.reset();
            QCOMPARE(InstanceCounter::count(), 0);
            settle();
            QCOMPARE(log.take(), QStringList("a1"));
        }
    }

    void spawnedWhileTheOwnerDies()
    {
        auto owner = std::make_unique<QObject>();
        QObject *const address = owner.get();
        Event g;
        Probe probe;
        QString late;
        spawnOn(address, [&]() -> Task<> {
            const OnDestruction spawning([&] { late = text(spawnOn(address, val(g, 5, &probe))); });
            co_await g.wait();
        });
        owner.reset();
        QCOMPARE(late, "cancelled");
        QVERIFY(!probe.entered);
    }

    void ownerOfAThreadThatHasEnded()
    {
        auto owner = std::make_unique<QObject>();
        std::unique_ptr<Event> gate;
        EventLog log;
        {
            Worker t;
            owner->moveToThread(t.thread());
            t.run([&] {
                gate = std::make_unique<Event>();
                spawnOn(owner.get(), deep(log, *gate, 2, "a"));
            });
        }
        QCOMPARE(InstanceCounter::count(), 2);
        owner.reset();
        QCOMPARE(log.take(), QStringList({"a1", "a2"}));
    }
};

QTEST_GUILESS_MAIN(TestOwner)
#include "tst_owner.moc"
