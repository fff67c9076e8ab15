// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "reservationtest.h"

#include <CoDrive/sync/unorderedqueue.h>

using namespace Words;

class TestUnorderedQueue : public QObject, private ReservationTest<UnorderedQueue>
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_UQ_02() { closedWhileEmpty(); }

    void AD_UQ_03()
    {
        UnorderedQueue<QString> queue;
        auto p1 = queue.reserve();
        auto p2 = queue.reserve();
        queue.close();
        scope->spawn(reads(log, queue));
        p1.put("a");
        settle();
        QCOMPARE(logged(), "a");
        p2.put("b");
        settle();
        QCOMPARE(logged(), "b, end");
    }

    void AD_UQ_04() { closedTwice(); }

    void AD_UQ_05()
    {
        UnorderedQueue<QString> queue;
        auto p1 = queue.reserve();
        auto p2 = queue.reserve();
        p2.put("b");
        p1.put("a");
        QCOMPARE(queue.size(), 2);
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "b, a");
    }

    void AD_UQ_06()
    {
        UnorderedQueue<QString> queue;
        auto p1 = queue.reserve();
        auto reader = scope->spawn(reads(log, queue));
        cancel(reader);
        QVERIFY(reader.isCancelled());
        p1.put("a");
        scope->spawn(reads(log, queue));
        QCOMPARE(logged(), "a");
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

QTEST_GUILESS_MAIN(TestUnorderedQueue)
#include "tst_unorderedqueue.moc"
