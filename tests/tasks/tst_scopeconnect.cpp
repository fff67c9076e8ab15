// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "sender.h"
#include "taskstest.h"

#include <QPushButton>
#include <QTimer>

using namespace Words;

namespace {

/// Owns what emits and what serves.
struct Owner
{
    QPushButton button;
    TaskScope scope;
};

} // namespace

class TestScopeConnect : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void TASKS_TSCOPE_N14()
    {
        S sender;
        scope->connect(&sender, &S::two, [this](int number, QString name) -> Task<> {
            log << QStringLiteral("enter %1 %2").arg(number).arg(name);
            co_await g.wait();
            log << QStringLiteral("end %1 %2").arg(number).arg(name);
        });
        for (int i = 1; i <= 3; ++i) {
            Q_EMIT sender.two(i, QString(i, QLatin1Char('x')));
            log << QStringLiteral("emitted");
        }
        QCOMPARE(log.take(), QStringList({"enter 1 x", "emitted", "enter 2 xx", "emitted", "enter 3 xxx", "emitted"}));
        QCOMPARE(scope->count(), 3);
        open(g);
        QCOMPARE(log.take(), QStringList({"end 1 x", "end 2 xx", "end 3 xxx"}));
        QCOMPARE(scope->count(), 0);
    }

    void TASKS_TSCOPE_N15()
    {
        S sender;
        scope->connect(&sender, &S::reference, [this](const QString &name) -> Task<> {
            const QString &kept = name;
            co_await g.wait();
            log << kept;
        });
        {
            QString name = QStringLiteral("a name too long for any small buffer");
            Q_EMIT sender.reference(name);
            name.fill(QLatin1Char('-'));
        }
        open(g);
        QCOMPARE(log.take(), QStringList("a name too long for any small buffer"));
    }

    void TASKS_TSCOPE_N16_data()
    {
        QTest::addColumn<bool>("livesElsewhere");
        QTest::newRow("sender of the scope's thread") << false;
        QTest::newRow("sender of the other thread") << true;
    }
    void TASKS_TSCOPE_N16()
    {
        QFETCH(bool, livesElsewhere);
        Worker worker;
        auto sender = std::make_unique<S>();
        if (livesElsewhere)
            sender->moveToThread(worker.thread());
        const QThread *const here = QThread::currentThread();
        const auto note = [this, here](int number) {
            log << QStringLiteral("%1 %2").arg(number).arg(here == QThread::currentThread());
        };
        scope->connect(sender.get(), &S::one, [note](int number) -> Task<> {
            note(number);
            co_return;
        });
        scope->connect(sender.get(), &S::priv, [note](int number) -> Task<> {
            note(number);
            co_return;
        });
        scope->connect(sender.get(), &S::odd, [note](const Unregistered &odd) -> Task<> {
            note(odd.value);
            co_return;
        });
        worker.run([&] {
            Q_EMIT sender->one(1);
            sender->emitPriv(2);
            Q_EMIT sender->odd(Unregistered{3});
        });
        settle();
        QCOMPARE(log.take(), QStringList({"1 1", "2 1", "3 1"}));
        worker.end();
    }

    void TASKS_TSCOPE_N17()
    {
        auto sender = std::make_unique<S>();
        scope->connect(sender.get(), &S::one, [this](int number) -> Task<> {
            co_await g.wait();
            log << show(number);
        });
        Q_EMIT sender->one(1);
        sender.reset();
        QCOMPARE(scope->count(), 1);
        open(g);
        QCOMPARE(log.take(), QStringList("1"));
    }

    void TASKS_TSCOPE_N17_scope()
    {
        S sender;
        scope->connect(&sender, &S::one, [this](int number) -> Task<> {
            log << show(number);
            co_return;
        });
        QVERIFY(sender.isConnected());
        scope.reset();
        QVERIFY(!sender.isConnected());
        Q_EMIT sender.one(1);
        QCOMPARE(log.take(), QStringList());
    }

    void TASKS_TSCOPE_N18()
    {
        S sender;
        scope->connect(&sender, &S::priv, [this](int number) -> Task<> {
            log << show(number);
            co_return;
        });
        scope->connect(&sender, &S::priv, [this]() -> Task<> {
            log << QStringLiteral("priv");
            co_return;
        });
        scope->connect(&sender, &S::two, [this](int number) -> Task<> {
            log << show(number);
            co_return;
        });
        QTimer timer;
        scope->connect(&timer, &QTimer::timeout, [this]() -> Task<> {
            log << QStringLiteral("timeout");
            co_return;
        });
        sender.emitPriv(5);
        QCOMPARE(log.take(), QStringList({"5", "priv"}));
        Q_EMIT sender.two(6, QStringLiteral("x"));
        QCOMPARE(log.take(), QStringList("6"));
        timer.setSingleShot(true);
        timer.start(0);
        QTRY_VERIFY(!log.events().isEmpty());
        QCOMPARE(log.take(), QStringList("timeout"));
    }

    void CORE_L14_N5()
    {
        auto *const owner = new Owner;
        owner->scope.connect(&owner->button, &QPushButton::clicked, [this, owner]() -> Task<> {
            const InstanceCounter alive;
            delete owner;
            log << QStringLiteral("behind");
            co_await waitForever();
            log << QStringLiteral("passed");
        });
        owner->button.click();
        QCOMPARE(log.take(), QStringList("behind"));
        settle();
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(InstanceCounter::count(), 0);
    }
};

QTEST_MAIN(TestScopeConnect)
#include "tst_scopeconnect.moc"
