// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>

using namespace Words;

namespace {

TaskLocal<int> t_local{7};

Task<int> logsSegments(EventLog &log, Event &gate)
{
    const InstanceCounter alive;
    log << QStringLiteral("a");
    co_await gate.wait();
    log << QStringLiteral("b");
    co_return 1;
}

Task<QString> whoAmI(Event &gate)
{
    const quint64 first = currentTask().id;
    const int local = t_local.get();
    co_await gate.wait();
    const bool isSame = first == currentTask().id && local == t_local.get();
    co_return QStringLiteral("%1 %2 %3").arg(first).arg(local).arg(isSame);
}

Task<> waitsWithLocals(EventLog &log, Event &gate)
{
    const LogsDestruction first(log, QStringLiteral("first"));
    const LogsDestruction second(log, QStringLiteral("second"));
    co_await gate.wait();
    log << QStringLiteral("passed");
}

using Primed = std::optional<PrimedTask<int>>;

Task<> primes(Primed &primed, Event &gate, Probe &probe)
{
    requestSelf();
    primed.emplace(prime(val(gate, 1, &probe)));
    co_await checkpoint();
}

Task<> awaitsTwice(EventLog &log, PrimedTask<int> primed)
{
    const int value = co_await std::move(primed);
    log << show(value);
    const QString second = co_await textOf(std::move(primed));
    log << second;
}

Task<int> awaitsItself(Event &gate, Primed &self)
{
    const InstanceCounter alive;
    co_await gate.wait();
    co_return co_await std::move(*self);
}

} // namespace

class TestPrime : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_PRIME_01()
    {
        const auto primed = prime(logsSegments(log, g));
        QCOMPARE(log.take(), QStringList("a"));
    }

    void AD_PRIME_02()
    {
        start(prime(now(1)));
        QCOMPARE(result(), "1");
    }

    void AD_PRIME_03()
    {
        auto primed = prime(nowErr());
        start(std::move(primed));
        QCOMPARE(result(), "throws E");
    }

    void AD_PRIME_05()
    {
        auto primed = prime(logsSegments(log, g));
        open(g);
        QCOMPARE(log.take(), QStringList({"a", "b"}));
        start(std::move(primed));
        QCOMPARE(result(), "1");
    }

    void AD_PRIME_06()
    {
        start(prime(slow(a, h, &p)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
        h.clear();
        start(prime(absorb(a, h, 1)));
        cancel(C);
        open(h);
        QCOMPARE(result(), "1, kept");
    }

    void AD_PRIME_07()
    {
        start(prime(slow(a, h, &p)));
        cancel(C);
        cancel(C);
        QCOMPARE(p.requests, 2);
        QCOMPARE(result(), "cancelled");
    }

    void AD_PRIME_08()
    {
        std::optional<PrimedTask<QString>> primed;
        QString who;
        TaskHandle<int> primer = scope->spawn([&] { return primesWithLocal(primed); });
        QVERIFY(primer.isFinished());
        const TaskHandle<> other = scope->spawn(awaitsPrimed(std::move(*primed), who));
        open(g);
        QVERIFY(other.isFinished());
        const QStringList parts = who.split(' ');
        QCOMPARE(parts.size(), 5);
        QCOMPARE(parts[1], "1");
        QCOMPARE(parts[2], "1");
        QVERIFY(parts[0] != "0" && parts[0] != parts[3] && parts[0] != parts[4]);
        QCOMPARE(primer.outcome().value(), m_primerId);
    }

    void AD_PRIME_11()
    {
        {
            const auto primed = prime(waitsWithLocals(log, g));
            QCOMPARE(log.take(), QStringList());
        }
        QCOMPARE(log.take(), QStringList({"second", "first"}));
        open(g);
        QCOMPARE(log.take(), QStringList());
    }

    void AD_PRIME_12()
    {
        Primed primed;
        C = scope->spawn(primes(primed, g, p));
        QVERIFY(C.isCancelled());
        QCOMPARE(p.requests, 0);
        open(g);
        QCOMPARE(p.requests, 0);
        QVERIFY(p.passed);
        start(std::move(*primed));
        QCOMPARE(result(), "1");
    }

    void TASKS_PRIME_N1()
    {
        Primed primed;
        QObject object;
        connect(&object, &QObject::objectNameChanged, [&] { primed.emplace(prime(logsSegments(log, g))); });
        object.setObjectName("changed");
        QCOMPARE(log.take(), QStringList("a"));
        start(std::move(*primed));
        open(g);
        QCOMPARE(result(), "b, 1");
    }

    void TASKS_PRIME_N2()
    {
        collectUnhandled();
        {
            const auto failed = prime(nowErr());
            const auto later = prime(err(g, "E2"));
            const auto value = prime(now(1));
            open(g);
            QCOMPARE(unhandled, QStringList());
        }
        QCOMPARE(unhandled, QStringList());
        settle();
        QCOMPARE(unhandled, QStringList({"E2", "E"}));
    }

    void TASKS_PRIME_N3()
    {
        scope->spawn(awaitsTwice(log, prime(now(1))));
        QCOMPARE(log.take(), QStringList({"1", "throws logic_error"}));
        auto primed = prime(now(1));
        auto other = std::move(primed);
        start(std::move(primed));
        QCOMPARE(result(), "throws logic_error");
        start(std::move(other));
        QCOMPARE(result(), "1");
    }

    void TASKS_PRIME_N4()
    {
        auto one = prime(ownNumber(1));
        auto two = prime(ownNumber(2));
        auto three = prime(ownNumber(3));
        QCOMPARE(log.take(), QStringList({"1", "2", "3"}));
        open(g);
        start(std::move(three));
        start(std::move(two));
        start(std::move(one));
        QCOMPARE(result(), "*3, *2, *1");
    }

    void TASKS_PRIME_N5()
    {
        auto owner = std::make_unique<Primed>();
        owner->emplace(prime(after(g, callingThenWaiting(log, [&] { owner.reset(); }))));
        open(g);
        QCOMPARE(log.take(), QStringList("behind"));
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void primedCodeDestroysItsOwnResultAndEnds()
    {
        collectUnhandled();
        auto owner = std::make_unique<Primed>();
        owner->emplace(prime(after(g, calling([&] { owner.reset(); }))));
        open(g);
        QCOMPARE(InstanceCounter::count(), 0);
        g.clear();
        owner = std::make_unique<Primed>();
        owner->emplace(prime(after(g, callingErr([&] { owner.reset(); }))));
        open(g);
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(unhandled, QStringList("E"));
    }

    void assignmentDestroysWhatWasThere()
    {
        auto primed = prime(val(a, 1, &p));
        primed = prime(val(b, 2, &q));
        QCOMPARE(InstanceCounter::count(), 1);
        open(b);
        start(std::move(primed));
        QCOMPARE(result(), "2");
        QVERIFY(!p.passed);
    }

    void callerIsDestroyedWhileItWaits()
    {
        start(prime(slow(a, h, &p)));
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
    }

    void primedErrorWhileAwaitedIsNotUnhandled()
    {
        collectUnhandled();
        start(prime(err(g)));
        open(g);
        QCOMPARE(result(), "throws E");
        scope.reset();
        settle();
        QCOMPARE(unhandled, QStringList());
    }

    void primedTaskThatUnwindsItself()
    {
        auto primed = prime(unwinding(a));
        start(prime(unwinding(a)));
        open(a);
        QCOMPARE(result(), "cancelled");
        start(std::move(primed));
        QCOMPARE(result(), "cancelled");
    }

    void awaitedInAGather()
    {
        start(gather(prime(val(a, 1)), prime(err(b)), prime(slow(c, h, &p))));
        open(b);
        QCOMPARE(p.requests, 1);
        open(h);
        QCOMPARE(result(), "throws E");
    }

    void primedTaskDestroysTheScopeOfItsWaiter()
    {
        start(prime(after(g, callingThenWaiting(log, [this] { scope.reset(); }))));
        open(g);
        QCOMPARE(log.take(), QStringList("behind"));
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(C.isCancelled());
    }

    // Promise 4: no wait that never ends.
    void primedTaskAwaitsItself()
    {
        Primed self;
        self.emplace(prime(awaitsItself(g, self)));
        collectUnhandled();
        open(g);
        self.reset();
        settle();
        QCOMPARE(unhandled, QStringList("logic_error"));
    }

private:
    Task<int> primesWithLocal(std::optional<PrimedTask<QString>> &primed)
    {
        m_primerId = static_cast<int>(currentTask().id);
        co_await t_local.with(1, [&] { return primeInto(primed); });
        co_return m_primerId;
    }
    Task<> primeInto(std::optional<PrimedTask<QString>> &primed)
    {
        primed.emplace(prime(whoAmI(g)));
        co_return;
    }
    Task<> awaitsPrimed(PrimedTask<QString> primed, QString &who)
    {
        const QString result = co_await std::move(primed);
        who = QStringLiteral("%1 %2 %3").arg(result).arg(m_primerId).arg(currentTask().id);
    }
    Task<std::unique_ptr<int>> ownNumber(int number)
    {
        log << show(number);
        co_await g.wait();
        co_return std::make_unique<int>(number);
    }

    int m_primerId = 0;
};

QTEST_GUILESS_MAIN(TestPrime)
#include "tst_prime.moc"
