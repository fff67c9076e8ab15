// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "threadstest.h"

#include <CoDrive/threads/latch.h>

using namespace Words;

class TestLatch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void AD_LATCH_01()
    {
        Latch latch;
        QVERIFY(!latch.isSet());
        latch.toggle(true);
        QVERIFY(latch.isSet());
        latch.toggle(false);
        QVERIFY(!latch.isSet());
    }

    void AD_LATCH_02()
    {
        Latch latch;
        EventLog log;
        TaskScope scope;
        scope.spawn(waiter(log, "A", latch.waitSet()));
        scope.spawn(waiter(log, "B", latch.waitSet()));
        settle();
        QCOMPARE(log.take(), QStringList());
        latch.set();
        settle();
        QCOMPARE(log.take(), QStringList({"A value", "B value"}));
    }

    void AD_LATCH_03()
    {
        Latch latch;
        TaskScope scope;
        QVERIFY(scope.spawn(latch.waitUnset()).isFinished());
        latch.waitUnsetSync();
        const auto unset = scope.spawn([&] { return latch.waitUnset(); });
        QVERIFY(unset.isFinished());
        latch.set();
        QVERIFY(scope.spawn(latch.waitSet()).isFinished());
        latch.waitSetSync();
    }

    void AD_LATCH_04()
    {
        Latch latch;
        TaskScope scope;
        const auto h = scope.spawn(latch.waitSet());
        latch.set();
        latch.unset();
        settle();
        QVERIFY(h.outcome().isSuccess());
        QVERIFY(!latch.isSet());
    }

    void AD_LATCH_05_data()
    {
        QTest::addColumn<bool>("isUnsetAgain");
        QTest::newRow("set") << false;
        QTest::newRow("set and unset") << true;
    }
    void AD_LATCH_05()
    {
        QFETCH(const bool, isUnsetAgain);
        Latch latch;
        TaskScope scope;
        const auto h = scope.spawn(latch.wait());
        latch.set();
        if (isUnsetAgain)
            latch.unset();
        const auto later = scope.spawn(latch.wait());
        settle();
        QCOMPARE(text(h), "1");
        QCOMPARE(text(later), "pending");
        latch.toggle(isUnsetAgain);
        settle();
        QCOMPARE(text(later), isUnsetAgain ? "1" : "0");
    }

    void settingItAgainIsNoChange()
    {
        Latch latch;
        latch.set();
        TaskScope scope;
        const auto h = scope.spawn(latch.wait());
        latch.set();
        settle();
        QCOMPARE(text(h), "pending");
        latch.unset();
        settle();
        QCOMPARE(text(h), "0");
    }

    void waitersForTheOtherStateGoOnWaiting()
    {
        Latch latch;
        latch.set();
        TaskScope scope;
        const auto unset = scope.spawn(latch.waitUnset());
        latch.unset();
        latch.set();
        const auto another = scope.spawn(latch.waitUnset());
        settle();
        QVERIFY(unset.outcome().isSuccess());
        QVERIFY(!another.isFinished());
        latch.unset();
        settle();
        QVERIFY(another.outcome().isSuccess());
    }

    void AD_LATCH_07()
    {
        Latch latch;
        TaskScope scope;
        const auto a = scope.spawn(latch.waitSet());
        const auto b = scope.spawn(latch.waitSet());
        cancel(a);
        QVERIFY(a.isCancelled());
        latch.set();
        settle();
        QVERIFY(b.outcome().isSuccess());
    }

    void AD_LATCH_08()
    {
        Latch latch;
        EventLog log;
        Event go;
        TaskScope scope;
        scope.spawn(waiter(log, "A", latch.waitSet()));
        scope.spawn([&]() -> Task<> {
            co_await go.wait();
            latch.set();
            log << "behind set()";
            co_await yieldNow();
        });
        open(go);
        QCOMPARE(log.take(), QStringList({"behind set()", "A value"}));
    }

    void AD_LATCH_09()
    {
        Latch latch;
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(caller(log, latch.waitSet()));
        latch.set();
        h.cancel();
        settle();
        QCOMPARE(log.take(), QStringList({"value", "kept"}));
    }

    void AD_LATCH_N3()
    {
        auto latch = std::make_unique<Latch>();
        End w;
        LoopThread W;
        EventLog log;
        TaskScope scope;
        W.spawn(noting(w, latch->waitSet()));
        scope.spawn(waiter(log, "home", latch->wait()));
        PlainThread plain([&waiting = *latch] { return waiting.waitSync(); });
        untilWaiting(*latch, 3);
        latch.reset();
        settleAll(W);
        QCOMPARE(w.text(), "throws ObjectDestroyed");
        QVERIFY(w.thread() == W.id());
        QCOMPARE(log.take(), QStringList("home throws ObjectDestroyed"));
        QCOMPARE(plain.text(), "throws ObjectDestroyed");
    }

    void destroyedBeforeTheWaitBegan()
    {
        auto latch = std::make_unique<Latch>();
        auto wait = latch->waitSet();
        latch.reset();
        QCOMPARE(run(textOf(std::move(wait))), "throws ObjectDestroyed");
    }

    void AD_LATCH_N4()
    {
        Latch latch;
        EventLog log;
        std::optional<TaskScope> scope(std::in_place);
        scope->spawn(waiter(log, "A", latch.waitSet()));
        scope->spawn(waiter(log, "woken", latch.wait()));
        latch.set();
        latch.unset();
        scope->spawn(waiter(log, "B", latch.waitSet()));
        QCOMPARE(InstanceCounter::count(), 3);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        latch.set();
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void AD_LATCH_N5()
    {
        Latch latch;
        End dead;
        LoopThread D;
        TaskScope scope;
        D.spawn(noting(dead, latch.waitSet()));
        const auto live = scope.spawn(latch.waitSet());
        D.quit();
        latch.set();
        settle();
        QVERIFY(live.outcome().isSuccess());
        QCOMPARE(dead.text(), "waits");
        D.destroyScope();
        QCOMPARE(dead.text(), "cancelled");
    }

    void AD_LATCH_N6()
    {
        Latch latch;
        LoopThread W;
        constexpr int rounds = 10'000;
        End end;
        const auto body = [&]() -> Task<int> {
            for (int i = 0; i < rounds; ++i) {
                co_await latch.waitSet();
                latch.unset();
            }
            co_return rounds;
        };
        PlainThread plain([&] {
            for (int i = 0; i < rounds; ++i) {
                latch.waitUnsetSync();
                latch.set();
            }
            return rounds;
        });
        auto task = body();
        W.spawn(noting(end, std::move(task)));
        QCOMPARE(plain.text(), "10000");
        latch.waitUnsetSync();
        settleAll(W);
        QCOMPARE(end.text(), "10000");
    }

    void syncInsideATask()
    {
        Latch latch;
        latch.set();
        const auto body = [&]() -> Task<QString> {
            co_return textOfCall([&] { latch.waitSync(); })
                + textOfCall([&] { latch.waitSetSync(); })
                + textOfCall([&] { latch.waitUnsetSync(); });
        };
        QCOMPARE(run(body()), "throws logic_errorthrows logic_errorthrows logic_error");
    }

private:
    template<typename Wait>
    static Task<> waiter(EventLog &log, QString name, Wait wait)
    {
        const InstanceCounter alive;
        const QString result = co_await textOf(std::move(wait));
        log << name + ' ' + result;
    }
};

QTEST_GUILESS_MAIN(TestLatch)
#include "tst_latch.moc"
