// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "reservationtest.h"

#include <CoDrive/sync/orderedqueue.h>

using namespace Words;

class TestOrderedQueue : public QObject, private ReservationTest<OrderedQueue>
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_OQ_02()
    {
        OrderedQueue<QString> queue;
        auto p1 = queue.reserve();
        auto p2 = queue.reserve();
        scope->spawn(reads(log, queue));
        p2.put("b");
        settle();
        QCOMPARE(logged(), "");
        p1.put("a");
        settle();
        QCOMPARE(logged(), "a, b");
    }

    void AD_OQ_03()
    {
        OrderedQueue<QString> queue;
        auto p1 = queue.reserve();
        queue.close();
        QVERIFY(queue.isClosed());
        scope->spawn(reads(log, queue));
        settle();
        QCOMPARE(logged(), "");
        p1.put("a");
        settle();
        QCOMPARE(logged(), "a, end");
    }

    void AD_OQ_04() { closedWhileEmpty(); }
    void AD_OQ_05() { closedTwice(); }

    void AD_OQ_06()
    {
        OrderedQueue<QString> queue;
        auto p1 = queue.reserve();
        p1.put("a");
        QVERIFY_THROWS_EXCEPTION(std::logic_error, p1.put("b"));
        queue.close();
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "a, end");
    }

    void AD_OQ_07()
    {
        OrderedQueue<QString> queue;
        auto p1 = queue.reserve();
        auto p2 = queue.reserve();
        auto reader = scope->spawn(reads(log, queue));
        p2.put("b");
        cancel(reader);
        QVERIFY(reader.isCancelled());
        p1.put("a");
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "a, b");
    }

    void AD_OQ_08()
    {
        OrderedQueue<QString> queue;
        auto missing = queue.reserve();
        for (const char *item : {"a", "b", "c"})
            queue.reserve().put(item);
        QCOMPARE(queue.size(), 3);
        missing.put("first");
        QCOMPARE(queue.size(), 4);
        scope->spawn(reads(log, queue));
        QCOMPARE(queue.size(), 0);
        QCOMPARE(logged(), "first, a, b, c");
    }

    void AD_OQ_09()
    {
        OrderedQueue<QString> queue;
        std::optional<Reservation<QString>> p1 = queue.reserve();
        auto p2 = queue.reserve();
        scope->spawn(reads(log, queue));
        p2.put("b");
        settle();
        QCOMPARE(logged(), "");
        p1.reset();
        settle();
        QCOMPARE(logged(), "b");
    }

    void AD_OQ_09_lastReservationGivenUp() { lastReservationGivenUp(); }
    void aReservationIsGivenUpByAssignment() { givenUpByAssignment(); }
    void aSecondReaderIsRefused() { secondReader(); }
    void SYNC_RQ_N1() { putWakesOnceFromTheLoop(); }
    void SYNC_RQ_N2() { cancelledAfterPut(); }
    void SYNC_RQ_N3() { queueDestroyed(); }
    void SYNC_RQ_N3_afterPut() { queueDestroyedAfterPut(); }
    void SYNC_RQ_N3_storedItemsDie() { storedItemsDie(); }
    void SYNC_RQ_N3_dyingItemPuts() { dyingItemPuts(); }
    void SYNC_RQ_N3_readerDestroyed_data() { readerDestroyedData(); }
    void SYNC_RQ_N3_readerDestroyed() { readerDestroyed(); }
    void anIdleNextIsAwaitedAgain() { awaitedAgain(); }
    void SYNC_RQ_N5() { moveOnly(); }
};

QTEST_GUILESS_MAIN(TestOrderedQueue)
#include "tst_orderedqueue.moc"
