// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "synctest.h"

#include <CoDrive/sync/rwlock.h>

#include <QElapsedTimer>

using namespace Words;

namespace {

struct Inside
{
    int readers = 0;
    int writers = 0;
    int mostReaders = 0;
    bool hasOverlapped = false;

    void enter(bool isWriter)
    {
        hasOverlapped = hasOverlapped || writers > 0 || (isWriter && readers > 0);
        ++(isWriter ? writers : readers);
        mostReaders = std::max(mostReaders, readers);
    }
    void leave(bool isWriter) { --(isWriter ? writers : readers); }
};

Task<> visits(RwLock &lock, Inside &inside, Dice &dice)
{
    const InstanceCounter alive;
    const bool isWriter = dice.roll(3) == 0;
    RwLock::Guard guard;
    if (isWriter)
        guard = co_await lock.lockWrite();
    else
        guard = co_await lock.lockRead();
    inside.enter(isWriter);
    const OnDestruction leaves([&] { inside.leave(isWriter); });
    for (int i = dice.roll(4); i > 0; --i)
        co_await yieldNow();
}

} // namespace

class TestRwLock : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_RW_01()
    {
        RwLock lock;
        hold(lock.lockRead(), "R1", a);
        hold(lock.lockRead(), "R2", b);
        QCOMPARE(logged(), "R1, R2");
        hold(lock.lockWrite(), "W", c);
        open(a);
        QCOMPARE(logged(), "R1 left");
        open(b);
        QCOMPARE(logged(), "R2 left, W");
        QVERIFY(!isFree(lock.lockRead()));
        QVERIFY(!isFree(lock.lockWrite()));
        open(c);
        QCOMPARE(logged(), "W left");
        QVERIFY(isFree(lock.lockWrite()));
        QVERIFY(isFree(lock.lockRead()));
    }

    void aReaderWaitsBehindAWaitingWriter()
    {
        RwLock lock;
        hold(lock.lockRead(), "R1", a);
        auto W = hold(lock.lockWrite(), "W", b);
        hold(lock.lockRead(), "R2", c);
        settle();
        QCOMPARE(logged(), "R1");
        cancel(W);
        QCOMPARE(logged(), "R2");
    }

    void AD_RW_03()
    {
        RwLock lock;
        RwLock::Guard owner = run(lock.lockWrite());
        hold(lock.lockRead(), "R1", a);
        hold(lock.lockWrite(), "W", b);
        hold(lock.lockRead(), "R2", c);
        owner.release();
        settle();
        QCOMPARE(logged(), "W");
        open(b);
        QCOMPARE(logged(), "W left, R1, R2");
    }

    void AD_RW_04()
    {
        RwLock lock;
        RwLock::Guard owner = run(lock.lockRead());
        hold(lock.lockWrite(), "W1", a);
        hold(lock.lockWrite(), "W2", b);
        owner.release();
        settle();
        QCOMPARE(logged(), "W1");
        open(a);
        QCOMPARE(logged(), "W1 left, W2");
    }

    void AD_RW_06()
    {
        RwLock lock;
        RwLock::Guard owner = run(lock.lockWrite());
        auto A = hold(lock.lockWrite(), "A", a);
        hold(lock.lockRead(), "R", b);
        owner.release();
        A.cancel();
        settle();
        QCOMPARE(logged(), "A, R");
        QVERIFY(A.isCancelled());
    }

    void AD_RW_08_data()
    {
        QTest::addColumn<bool>("isWriter");
        QTest::addColumn<bool>("throws");
        QTest::newRow("reader throws") << false << true;
        QTest::newRow("reader is cancelled") << false << false;
        QTest::newRow("writer throws") << true << true;
        QTest::newRow("writer is cancelled") << true << false;
    }
    void AD_RW_08()
    {
        QFETCH(const bool, isWriter);
        QFETCH(const bool, throws);
        RwLock lock;
        QString caught;
        const auto body = [&]() -> Task<> {
            RwLock::Guard guard;
            if (isWriter)
                guard = co_await lock.lockWrite();
            else
                guard = co_await lock.lockRead();
            co_await d.wait();
            throw E();
        };
        const auto caller = [&]() -> Task<> { caught = co_await textOf(body()); };
        auto A = scope->spawn(caller);
        QVERIFY(!isFree(lock.lockWrite()));
        if (throws)
            open(d);
        else
            cancel(A);
        QCOMPARE(caught, throws ? "throws E" : "");
        QVERIFY(isFree(lock.lockWrite()));
    }

    void AD_RW_N1_writer()
    {
        RwLock lock;
        RwLock::Guard owner = run(lock.lockRead());
        holdInOther(lock.lockWrite(), "A", a);
        hold(lock.lockRead(), "R", b);
        owner.release();
        other.reset();
        settle();
        QCOMPARE(logged(), "R");
    }

    void AD_RW_N1_oneOfTwoReaders()
    {
        RwLock lock;
        RwLock::Guard owner = run(lock.lockWrite());
        holdInOther(lock.lockRead(), "A", a);
        hold(lock.lockRead(), "R", b);
        owner.release();
        other.reset();
        hold(lock.lockWrite(), "W", c);
        settle();
        QCOMPARE(logged(), "R");
        open(b);
        QCOMPARE(logged(), "R left, W");
    }

    void AD_RW_N2()
    {
        auto lock = std::make_unique<RwLock>();
        RwLock::Guard owner = run(lock->lockWrite());
        hold(lock->lockRead(), "R1", a);
        hold(lock->lockWrite(), "W", a);
        hold(lock->lockRead(), "R2", a);
        lock.reset();
        settle();
        QCOMPARE(logged(), "R1 destroyed, W destroyed, R2 destroyed");
        QVERIFY(!owner.isHeld());
        owner.release();
    }

    void AD_RW_N3()
    {
        RwLock lock;
        RwLock::Guard owner = run(lock.lockWrite());
        auto R1 = hold(lock.lockRead(), "R1", a);
        hold(lock.lockRead(), "R2", b);
        cancel(R1);
        QVERIFY(R1.isCancelled());
        owner.release();
        settle();
        QCOMPARE(logged(), "R2");
    }

    void whoLeavesDoesNotLookThroughWhoWaits()
    {
        RwLock lock;
        const RwLock::Guard owner = run(lock.lockWrite());
        for (int i = 0; i < 20'000; ++i)
            hold(lock.lockRead(), "R", a);
        for (int i = 0; i < 20'000; ++i)
            holdInOther(lock.lockWrite(), "W", a);
        QElapsedTimer timer;
        timer.start();
        other.reset();
        QVERIFY2(timer.elapsed() < 1'000, qPrintable(QString("%1 ms").arg(timer.elapsed())));
    }

    void AD_RW_N4_data() { addSeeds(20); }
    void AD_RW_N4()
    {
        QFETCH(const quint32, seed);
        constexpr int Tasks = 100;
        Dice dice(seed);
        Inside inside;
        RwLock lock;
        std::vector<std::unique_ptr<TaskScope>> scopes;
        std::vector<TaskHandle<>> handles;
        int ended = 0;
        while (ended < Tasks) {
            switch (dice.roll(8)) {
            default:
                if (handles.size() < Tasks) {
                    scopes.push_back(std::make_unique<TaskScope>());
                    handles.push_back(scopes.back()->spawn(visits(lock, inside, dice)));
                }
                break;
            case 0:
                if (!handles.empty())
                    handles[dice.index(handles.size())].cancel();
                break;
            case 1:
                if (!scopes.empty())
                    scopes[dice.index(scopes.size())].reset();
                break;
            case 2:
                turn();
                break;
            }
            QVERIFY(!inside.hasOverlapped);
            ended = static_cast<int>(std::count_if(handles.begin(), handles.end(),
                                                   [](const auto &handle) { return handle.isFinished(); }));
        }
        QVERIFY(inside.mostReaders > 1);
        QCOMPARE(inside.readers + inside.writers, 0);
        QVERIFY(isFree(lock.lockWrite()));
    }
};

QTEST_GUILESS_MAIN(TestRwLock)
#include "tst_rwlock.moc"
