// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "synctest.h"

#include <CoDrive/sync/semaphore.h>

using namespace Words;

namespace {

struct Inside
{
    int now = 0;
    int most = 0;
};

Task<> visits(Semaphore &semaphore, Inside &inside, Dice &dice)
{
    const InstanceCounter alive;
    const Semaphore::Permit permit = co_await semaphore.acquire();
    inside.most = std::max(inside.most, ++inside.now);
    const OnDestruction leaves([&] { --inside.now; });
    for (int i = dice.roll(4); i > 0; --i)
        co_await yieldNow();
}

} // namespace

class TestSemaphore : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void SYNC_SEM_N1()
    {
        Semaphore semaphore(2);
        QCOMPARE(semaphore.available(), 2);
        hold(semaphore.acquire(), "A", a);
        QCOMPARE(semaphore.available(), 1);
        hold(semaphore.acquire(), "B", b);
        QCOMPARE(semaphore.available(), 0);
        QCOMPARE(logged(), "A, B");
        hold(semaphore.acquire(), "C", c);
        settle();
        QCOMPARE(logged(), "");
        QCOMPARE(semaphore.available(), 0);
        open(b);
        QCOMPARE(logged(), "B left, C");
        open(a);
        open(c);
        QCOMPARE(semaphore.available(), 2);
    }

    void SYNC_SEM_N2()
    {
        Semaphore semaphore(2);
        Semaphore::Permit first = run(semaphore.acquire());
        Semaphore::Permit second = run(semaphore.acquire());
        hold(semaphore.acquire(), "A", a);
        hold(semaphore.acquire(), "B", b);
        hold(semaphore.acquire(), "C", c);
        first.release();
        QCOMPARE(semaphore.available(), 0);
        hold(semaphore.acquire(), "newcomer", d);
        second.release();
        settle();
        QCOMPARE(logged(), "A, B");
        open(a);
        QCOMPARE(logged(), "A left, C");
        open(b);
        QCOMPARE(logged(), "B left, newcomer");
    }

    void SYNC_SEM_N3()
    {
        Semaphore semaphore(1);
        Semaphore::Permit permit = run(semaphore.acquire());
        auto A = hold(semaphore.acquire(), "A", a);
        hold(semaphore.acquire(), "B", b);
        cancel(A);
        QVERIFY(A.isCancelled());
        permit.release();
        settle();
        QCOMPARE(logged(), "B");
    }

    void SYNC_SEM_N4()
    {
        Semaphore semaphore(1);
        Semaphore::Permit permit = run(semaphore.acquire());
        auto A = hold(semaphore.acquire(), "A", a);
        hold(semaphore.acquire(), "B", b);
        permit.release();
        A.cancel();
        settle();
        QCOMPARE(logged(), "A, B");
        QVERIFY(A.isCancelled());
    }

    void SYNC_SEM_N5_data()
    {
        QTest::addColumn<bool>("hasNext");
        QTest::newRow("B waits") << true;
        QTest::newRow("nobody waits") << false;
    }
    void SYNC_SEM_N5()
    {
        QFETCH(const bool, hasNext);
        Semaphore semaphore(1);
        Semaphore::Permit permit = run(semaphore.acquire());
        holdInOther(semaphore.acquire(), "A", a);
        if (hasNext)
            hold(semaphore.acquire(), "B", b);
        permit.release();
        QCOMPARE(semaphore.available(), 0);
        other.reset();
        QCOMPARE(semaphore.available(), hasNext ? 0 : 1);
        settle();
        QCOMPARE(logged(), hasNext ? "B" : "");
    }

    void SYNC_SEM_N6_data()
    {
        QTest::addColumn<bool>("throws");
        QTest::newRow("throws") << true;
        QTest::newRow("is cancelled") << false;
    }
    void SYNC_SEM_N6()
    {
        QFETCH(const bool, throws);
        Semaphore semaphore(1);
        QString caught;
        const auto body = [&]() -> Task<> {
            const Semaphore::Permit permit = co_await semaphore.acquire();
            co_await d.wait();
            throw E();
        };
        const auto caller = [&]() -> Task<> { caught = co_await textOf(body()); };
        auto A = scope->spawn(caller);
        QCOMPARE(semaphore.available(), 0);
        if (throws)
            open(d);
        else
            cancel(A);
        QCOMPARE(semaphore.available(), 1);
        QCOMPARE(caught, throws ? "throws E" : "");
        QCOMPARE(A.isCancelled(), !throws);
    }

    void SYNC_SEM_N7()
    {
        auto semaphore = std::make_unique<Semaphore>(1);
        Semaphore::Permit permit = run(semaphore->acquire());
        hold(semaphore->acquire(), "A", a);
        semaphore.reset();
        settle();
        QCOMPARE(logged(), "A destroyed");
        QVERIFY(!permit.isHeld());
        permit.release();
    }

    void SYNC_SEM_N8()
    {
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, Semaphore(-1));
        Semaphore semaphore(0);
        QCOMPARE(semaphore.available(), 0);
        hold(semaphore.acquire(), "A", a);
        settle();
        QCOMPARE(logged(), "");
    }

    void SYNC_SEM_N9_data() { addSeeds(10); }
    void SYNC_SEM_N9()
    {
        QFETCH(const quint32, seed);
        constexpr int Tasks = 1'000;
        Dice dice(seed);
        Inside inside;
        Semaphore semaphore(3);
        std::vector<std::unique_ptr<TaskScope>> scopes;
        std::vector<TaskHandle<>> handles;
        int ended = 0;
        while (ended < Tasks) {
            switch (dice.roll(8)) {
            default:
                if (handles.size() < Tasks) {
                    scopes.push_back(std::make_unique<TaskScope>());
                    handles.push_back(scopes.back()->spawn(visits(semaphore, inside, dice)));
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
            QVERIFY(semaphore.available() >= 0);
            ended = static_cast<int>(std::count_if(handles.begin(), handles.end(),
                                                   [](const auto &handle) { return handle.isFinished(); }));
        }
        QCOMPARE(inside.now, 0);
        QCOMPARE(inside.most, 3);
        QCOMPARE(semaphore.available(), 3);
        QVERIFY(std::any_of(handles.begin(), handles.end(),
                            [](const auto &handle) { return !handle.isCancelled(); }));
    }
};

QTEST_GUILESS_MAIN(TestSemaphore)
#include "tst_semaphore.moc"
