// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/queuestream.h>

using namespace Words;

class TestQueueStream : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void SYNC_QUEUE_N15()
    {
        Queue<int> queue;
        auto s = toStream(queue);
        ask(s);
        askToo(s);
        QCOMPARE(result(), "throws logic_error");
        QVERIFY(queue.tryPut(1));
        QCOMPARE(result(), "pending");
        settle();
        QCOMPARE(result(), "1");
        auto t = toStream(queue);
        QVERIFY(queue.tryPut(2));
        QVERIFY(queue.tryPut(3));
        ask(t);
        QCOMPARE(result(), "2");
        close(t);
        {
            auto u = toStream(queue);
        }
        QVERIFY(!queue.isClosed());
        QCOMPARE(queue.size(), 1);
        queue.close();
        askAll(s);
        QCOMPARE(result(), "closed, 3, end");
    }

    void SYNC_QUEUE_N16()
    {
        Queue<int> queue;
        auto s = toStream(queue);
        ask(s);
        cancel(C);
        QCOMPARE(result(), "cancelled");
        QVERIFY(queue.tryPut(1));
        QCOMPARE(queue.size(), 1);
        ask(s);
        QCOMPARE(result(), "1");
        // Put and cancelled in one turn: delivered, the request kept.
        ask(s);
        QVERIFY(queue.tryPut(2));
        cancel(C);
        QCOMPARE(result(), "2 kept");
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, s, 1));
        QVERIFY(queue.tryPut(3));
        own.reset();
        ask(s);
        QCOMPARE(result(), "3");
    }

    // Law L14: who destroys himself and then asks has taken nothing.
    void consumerIsDoomed()
    {
        Queue<int> queue;
        QVERIFY(queue.tryPut(1));
        auto s = toStream(queue);
        auto own = std::make_unique<TaskScope>();
        const auto asks = [&]() -> Task<> {
            const InstanceCounter alive;
            own.reset();
            co_await s.next();
            log << QStringLiteral("passed");
        };
        own->spawn(asks);
        QCOMPARE(InstanceCounter::count(), 0);
        ask(s);
        QCOMPARE(result(), "1");
    }

    void queueDestroyed()
    {
        auto queue = std::make_unique<Queue<int>>();
        auto s = toStream(*queue);
        askAll(s);
        queue.reset();
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed, end");
    }
};

QTEST_GUILESS_MAIN(TestQueueStream)
#include "tst_queuestream.moc"
