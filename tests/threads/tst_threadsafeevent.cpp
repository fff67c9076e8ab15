// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "threadstest.h"

#include <CoDrive/threads/threadsafeevent.h>

using namespace Words;

class TestThreadsafeEvent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void setAndClear()
    {
        ThreadsafeEvent event;
        QVERIFY(!event.isSet());
        event.set();
        QVERIFY(event.isSet());
        event.waitSync();
        event.clear();
        QVERIFY(!event.isSet());
    }

    void AD_TSEV_01()
    {
        ThreadsafeEvent event;
        TaskScope scope;
        const auto h = scope.spawn(event.wait());
        settle();
        QVERIFY(!h.isFinished());
        PlainThread([&] { event.set(); });
        settle();
        QVERIFY(h.outcome().isSuccess());
        QVERIFY(scope.spawn(event.wait()).isFinished());
    }

    void AD_TSEV_04()
    {
        ThreadsafeEvent event;
        End w;
        End v;
        LoopThread W;
        LoopThread V;
        W.spawn(noting(w, event.wait()));
        V.spawn(noting(v, event.wait()));
        PlainThread plain([&] { event.waitSync(); });
        untilWaiting(event, 3);
        event.set();
        event.clear();
        settleAll(W, V);
        QCOMPARE(w.text(), "value");
        QCOMPARE(v.text(), "value");
        QCOMPARE(plain.text(), "value");
    }

    void AD_TSEV_05()
    {
        ThreadsafeEvent event;
        End dead;
        LoopThread D;
        D.spawn(noting(dead, event.wait()));
        D.quit();
        event.set();
        QCOMPARE(dead.text(), "waits");
    }

    void AD_TSEV_N1()
    {
        auto event = std::make_unique<ThreadsafeEvent>();
        End w;
        LoopThread W;
        W.spawn(noting(w, event->wait()));
        PlainThread plain([&waiting = *event] { waiting.waitSync(); });
        untilWaiting(*event, 2);
        event.reset();
        settleAll(W);
        QCOMPARE(w.text(), "throws ObjectDestroyed");
        QCOMPARE(plain.text(), "throws ObjectDestroyed");
    }

    void AD_TSEV_N2()
    {
        ThreadsafeEvent event;
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(caller(log, event.wait()));
        event.set();
        h.cancel();
        settle();
        QCOMPARE(log.take(), QStringList({"value", "kept"}));
    }

    void AD_TSEV_N3_data()
    {
        QTest::addColumn<bool>("isTask");
        QTest::newRow("two plain threads") << false;
        QTest::newRow("a task and a plain thread") << true;
    }
    void AD_TSEV_N3()
    {
        QFETCH(const bool, isTask);
        constexpr int rounds = 100'000;
        ThreadsafeEvent ping;
        ThreadsafeEvent pong;
        PlainThread other([&] {
            for (int i = 0; i < rounds; ++i) {
                ping.waitSync();
                ping.clear();
                pong.set();
            }
        });
        if (isTask) {
            const auto body = [&]() -> Task<> {
                for (int i = 0; i < rounds; ++i) {
                    ping.set();
                    co_await pong.wait();
                    pong.clear();
                }
            };
            run(body());
        } else {
            for (int i = 0; i < rounds; ++i) {
                ping.set();
                pong.waitSync();
                pong.clear();
            }
        }
        QCOMPARE(other.text(), "value");
    }

    void syncInsideATask()
    {
        ThreadsafeEvent event;
        event.set();
        const auto body
            = [&]() -> Task<QString> { co_return textOfCall([&] { event.waitSync(); }); };
        QCOMPARE(run(body()), "throws logic_error");
    }
};

QTEST_GUILESS_MAIN(TestThreadsafeEvent)
#include "tst_threadsafeevent.moc"
