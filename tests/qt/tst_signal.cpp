// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// ctest: CROSSES_THREADS ON

#include <CoDrive/qt/signal.h>
#include <CoDrive/tasks/prime.h>

#include "allocations.h"
#include "sender.h"
#include "words.h"

#include <QEventLoop>
#include <QPointer>
#include <QRandomGenerator>
#include <QTimer>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

using namespace Words;
using namespace std::chrono_literals;

namespace {

Task<> none(EventLog &log, S &s, QString name)
{
    const InstanceCounter alive;
    co_await nextSignal(&s, &S::none);
    log << name;
}

/// Emits in its own destructor.
class EmitsInDestructor : public S
{
public:
    ~EmitsInDestructor() override { Q_EMIT one(5); }
};

Task<> emitsWhenItDies(EventLog &log, S &s, bool named)
{
    const InstanceCounter alive;
    if (named) {
        auto wait = nextSignal(&s, &S::one);
        const OnDestruction emitter([&s] { Q_EMIT s.one(5); });
        co_await wait;
        log << QStringLiteral("resumed");
    } else {
        const OnDestruction emitter([&s] { Q_EMIT s.one(5); });
        co_await nextSignal(&s, &S::one);
        log << QStringLiteral("resumed");
    }
}

/// Emits as soon as somebody listens.
class EmitsWhenConnected : public S
{
protected:
    void connectNotify(const QMetaMethod &signal) override
    {
        if (signal == QMetaMethod::fromSignal(&S::one))
            Q_EMIT one(5);
    }
};

/// Cannot be copied, though it looks so.
struct Fragile
{
    Fragile() = default;
    Fragile(const Fragile &) { throw E("copy"); }
    Fragile &operator=(const Fragile &) = default;
};

/// Can be copied a few times.
struct Brittle
{
    explicit Brittle(int mostCopies)
        : copiesLeft(mostCopies)
    {
    }
    Brittle(const Brittle &other)
        : copiesLeft(other.copiesLeft - 1)
    {
        if (copiesLeft < 0)
            throw E("copy");
    }
    Brittle &operator=(const Brittle &) = default;

    int copiesLeft;
};

class FragileSender : public QObject
{
    Q_OBJECT

Q_SIGNALS:
    void fragile(const Fragile &value);
    void brittle(const Brittle &value);
};

void spin(int count)
{
    for (int i = 0; i < count; ++i)
        std::atomic_signal_fence(std::memory_order_seq_cst);
}

bool isAbove2(int value)
{
    return value > 2;
}

} // namespace

class TestSignal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void QT_SIGNAL_N1()
    {
        S s;
        EventLog log;
        TaskScope scope;
        const auto one = scope.spawn(nextSignal(&s, &S::one));
        const auto two = scope.spawn(nextSignal(&s, &S::two));
        static_assert(std::is_void_v<AwaitResult<decltype(nextSignal(&s, &S::none))>>);
        static_assert(std::is_same_v<AwaitResult<decltype(nextSignal(&s, &S::two))>,
                                     std::tuple<int, QString>>);
        scope.spawn(none(log, s, "none"));
        Q_EMIT s.one(5);
        Q_EMIT s.two(5, "x");
        Q_EMIT s.none();
        settle();
        QCOMPARE(text(one), "5");
        QCOMPARE(two.outcome().value(), std::tuple(5, QString("x")));
        QCOMPARE(log.take(), QStringList("none"));
        QVERIFY(!s.isConnected());
    }

    void QT_SIGNAL_N2()
    {
        S s;
        QTimer timer;
        static_assert(std::is_same_v<AwaitResult<decltype(nextSignal(&s, &S::priv))>, int>);
        static_assert(std::is_void_v<AwaitResult<decltype(nextSignal(&timer, &QTimer::timeout))>>);
        TaskScope scope;
        const auto priv = scope.spawn(nextSignal(&s, &S::priv));
        const auto timeout = scope.spawn(nextSignal(&timer, &QTimer::timeout));
        s.emitPriv(7);
        timer.start(0);
        QTRY_COMPARE(text(timeout), "value");
        QCOMPARE(text(priv), "7");
    }

    void QT_SIGNAL_N3()
    {
        S s;
        TaskScope scope;
        const auto handle = scope.spawn(nextSignal(&s, &S::reference));
        {
            QString local("local");
            Q_EMIT s.reference(local);
            local[0] = 'x';
        }
        settle();
        QCOMPARE(text(handle), "local");
    }

    void QT_SIGNAL_N4()
    {
        S s;
        TaskScope scope;
        Q_EMIT s.one(1);
        auto wait = nextSignal(&s, &S::one);
        QVERIFY(!s.isConnected());
        Q_EMIT s.one(2);
        const auto handle = scope.spawn(std::move(wait));
        settle();
        QCOMPARE(text(handle), "pending");
        Q_EMIT s.one(3);
        settle();
        QCOMPARE(text(handle), "3");

        auto primed = prime(toTask(nextSignal(&s, &S::one)));
        Q_EMIT s.one(4);
        const auto late = scope.spawn(std::move(primed));
        settle();
        QCOMPARE(text(late), "4");
    }

    void QT_SIGNAL_N5()
    {
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn(none(log, s, "waiter"));
        scope.spawn([&]() -> Task<> {
            co_await yieldNow();
            log << "before";
            Q_EMIT s.none();
            log << "after";
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"before", "after", "waiter"}));

        scope.spawn(none(log, s, "waiter"));
        S source;
        connect(&source, &S::none, &s, [&] {
            log << "before";
            Q_EMIT s.none();
            log << "after";
        });
        Q_EMIT source.none();
        log << "emitted";
        settle();
        QCOMPARE(log.take(), QStringList({"before", "after", "emitted", "waiter"}));
    }

    void QT_SIGNAL_N6()
    {
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            const int first = co_await nextSignal(&s, &S::one);
            log << QString::number(first);
            const int second = co_await nextSignal(&s, &S::one);
            log << QString::number(second);
        });
        Q_EMIT s.one(1);
        Q_EMIT s.one(2);
        settle();
        QCOMPARE(log.take(), QStringList("1"));
        Q_EMIT s.one(3);
        settle();
        QCOMPARE(log.take(), QStringList("3"));
    }

    void QT_SIGNAL_N7()
    {
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn(none(log, s, "a"));
        scope.spawn(none(log, s, "b"));
        Q_EMIT s.none();
        settle();
        QCOMPARE(log.take(), QStringList({"a", "b"}));
    }

    void QT_SIGNAL_N8()
    {
        S s;
        EventLog log;
        TaskScope scope;
        auto predicate = [&log](int value) {
            log << QString::number(value);
            return value > 2;
        };
        const auto handle = scope.spawn(nextSignal(&s, &S::one, predicate));
        for (int i = 1; i <= 4; ++i)
            Q_EMIT s.one(i);
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(text(handle), "3");
        QCOMPARE(log.take(), QStringList({"1", "2", "3"}));
        QVERIFY(!s.isConnected());

        const auto later = scope.spawn(nextSignal(&s, &S::one, predicate));
        Q_EMIT s.one(1);
        settle();
        QCOMPARE(text(later), "pending");
        Q_EMIT s.one(9);
        settle();
        QCOMPARE(text(later), "9");
    }

    void QT_SIGNAL_N8_predicateOfTwoArguments()
    {
        S s;
        TaskScope scope;
        const auto handle = scope.spawn(
            nextSignal(&s, &S::two, [](int value, const QString &t) { return value == t.size(); }));
        Q_EMIT s.two(1, "ab");
        Q_EMIT s.two(2, "ab");
        settle();
        QCOMPARE(handle.outcome().value(), std::tuple(2, QString("ab")));
    }

    // Law L16.
    void predicateLeavesTheEventQueueItsTurn()
    {
        CoDrive::detail::Loop &loop = CoDrive::detail::Loop::current();
        loop.setDrainBudget(0ns);
        const auto restored = qScopeGuard([&] { loop.setDrainBudget(5ms); });
        S s;
        EventLog log;
        TaskScope scope;
        const auto handle = scope.spawn(nextSignal(&s, &S::one, [&log](int value) {
            log << QString::number(value);
            return value > 2;
        }));
        for (int i = 1; i <= 3; ++i)
            Q_EMIT s.one(i);
        QMetaObject::invokeMethod(this, [&log] { log << "event"; }, Qt::QueuedConnection);
        settle();
        QCOMPARE(log.take(), QStringList({"1", "event", "2", "3"}));
        QCOMPARE(text(handle), "3");
    }

    void QT_SIGNAL_N9()
    {
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, nextSignal(&s, &S::one, [](int) -> bool { throw E(); })));
        Q_EMIT s.one(1);
        settle();
        QCOMPARE(log.take(), QStringList("throws E"));
        QVERIFY(!s.isConnected());
    }

    void emittedByThePredicateAndThenDestroyed()
    {
        // The second emission reaches the thread when the first has ended the wait, but not resumed the waiter yet.
        auto s = std::make_unique<S>();
        Event g;
        EventLog log;
        TaskScope scope;
        bool isFirst = true;
        auto predicate = [&](int) {
            if (std::exchange(isFirst, false))
                Q_EMIT s->one(2);
            return true;
        };
        const auto handle = scope.spawn(nextSignal(s.get(), &S::one, predicate));
        scope.spawn([&]() -> Task<> {
            co_await g.wait();
            s.reset();
            QCoreApplication::processEvents();
            log << text(handle);
        });
        Q_EMIT s->one(1);
        open(g);
        QCOMPARE(log.take(), QStringList("1"));
    }

    void emittedByTheConnecting()
    {
        EmitsWhenConnected s;
        TaskScope scope;
        const auto plain = scope.spawn(nextSignal(&s, &S::one));
        const auto filtered = scope.spawn(nextSignal(&s, &S::one, isAbove2));
        settle();
        QCOMPARE(text(plain), "5");
        QCOMPARE(text(filtered), "5");
        QVERIFY(!s.isConnected());
    }

    void disconnectedBySomebodyElse_data()
    {
        QTest::addColumn<bool>("all");
        QTest::newRow("all signals") << true;
        QTest::newRow("the signal") << false;
    }
    void disconnectedBySomebodyElse()
    {
        QFETCH(bool, all);
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, nextSignal(&s, &S::one)));
        scope.spawn(caller(log, nextSignal(&s, &S::one, isAbove2)));
        if (all)
            s.disconnect();
        else
            disconnect(&s, &S::one, nullptr, nullptr);
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList({"throws Cancelled", "throws Cancelled"}));
    }

    void disconnectedAfterTheEmission()
    {
        S s;
        TaskScope scope;
        const auto plain = scope.spawn(nextSignal(&s, &S::one));
        const auto filtered = scope.spawn(nextSignal(&s, &S::one, isAbove2));
        Q_EMIT s.one(5);
        s.disconnect();
        settle();
        QCOMPARE(text(plain), "5");
        QCOMPARE(text(filtered), "5");
    }

    void disconnectedAndDestroyed()
    {
        auto s = std::make_unique<S>();
        EventLog log;
        TaskScope scope;
        auto cancelled = scope.spawn(nextSignal(s.get(), &S::one));
        scope.spawn(caller(log, nextSignal(s.get(), &S::one)));
        cancelled.cancel();
        s->disconnect();
        s.reset();
        settle();
        QVERIFY(cancelled.isCancelled());
        QCOMPARE(log.take(), QStringList("throws ObjectDestroyed"));
    }

    void copyOfAnArgumentThrows()
    {
        FragileSender s;
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            try {
                auto wait = nextSignal(&s, &FragileSender::fragile);
                co_await wait;
            } catch (const E &e) {
                log << e.what();
            }
        });
        Q_EMIT s.fragile(Fragile());
        settle();
        QCOMPARE(log.take(), QStringList("copy"));
    }

    void valueThatCannotBeMoved_data()
    {
        QTest::addColumn<bool>("isFiltered");
        QTest::newRow("without a predicate") << false;
        QTest::newRow("with a predicate") << true;
    }
    void valueThatCannotBeMoved()
    {
        QFETCH(const bool, isFiltered);
        const auto accepts = [](const Brittle &) { return true; };
        EventLog log;
        QString end;
        for (int copies = 0; end != QLatin1String("value"); ++copies) {
            FragileSender s;
            TaskScope scope;
            if (isFiltered)
                scope.spawn(caller(log, nextSignal(&s, &FragileSender::brittle, accepts)));
            else
                scope.spawn(caller(log, nextSignal(&s, &FragileSender::brittle)));
            Q_EMIT s.brittle(Brittle(copies));
            settle();
            end = log.take().join(QLatin1Char('|'));
            QVERIFY2(end == QLatin1String("value") || end == QLatin1String("throws copy"), qPrintable(end));
        }
    }

    void emissionThatCannotBeKept()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer no allocation fails");
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, nextSignal(&s, &S::one, isAbove2)));
        {
            const FailingAllocation failing(0);
            Q_EMIT s.one(1);
            QVERIFY(failing.hasFailed());
        }
        Q_EMIT s.one(5);
        settle();
        QCOMPARE(log.take(), QStringList("throws bad_alloc"));
        QVERIFY(!s.isConnected());
    }

    void QT_SIGNAL_N10()
    {
        auto s = std::make_unique<EmitsInDestructor>();
        QString what;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            try {
                co_await nextSignal(s.get(), &S::none);
            } catch (const SenderDestroyed &e) {
                what = e.what();
            }
        });
        s.reset();
        QCOMPARE(what, QString());
        settle();
        QVERIFY2(what.contains("Words::S"), qPrintable(what));
    }

    void destroyedBetweenCallAndAwait()
    {
        auto s = std::make_unique<S>();
        auto wait = nextSignal(s.get(), &S::one);
        s.reset();
        TaskScope scope;
        scope.onError([](std::exception_ptr, const TaskInfo &) {});
        const auto handle = scope.spawn(std::move(wait));
        QCOMPARE(text(handle), "throws ObjectDestroyed");
        settle();
    }

    void QT_SIGNAL_N11()
    {
        auto s = std::make_unique<S>();
        auto dying = std::make_unique<EmitsInDestructor>();
        TaskScope scope;
        const auto first = scope.spawn(nextSignal(s.get(), &S::one));
        const auto second = scope.spawn(nextSignal(dying.get(), &S::one));
        const auto filtered = scope.spawn(nextSignal(dying.get(), &S::one, isAbove2));
        Q_EMIT s->one(5);
        s.reset();
        dying.reset();
        settle();
        QCOMPARE(text(first), "5");
        QCOMPARE(text(second), "5");
        QCOMPARE(text(filtered), "5");
    }

    void QT_SIGNAL_N11_noMatch()
    {
        auto s = std::make_unique<S>();
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, nextSignal(s.get(), &S::one, isAbove2)));
        Q_EMIT s->one(1);
        s.reset();
        settle();
        QCOMPARE(log.take(), QStringList("throws ObjectDestroyed"));
    }

    void QT_SIGNAL_N11_otherThread()
    {
        Worker t;
        for (int i = 0; i < 3000; ++i) {
            auto *const s = new S;
            s->moveToThread(t.thread());
            TaskScope scope;
            const auto handle = scope.spawn(nextSignal(s, &S::one, isAbove2));
            t.post([s] {
                for (int n = 0; n < 20; ++n)
                    Q_EMIT s->one(1);
                Q_EMIT s->one(5);
                delete s;
            });
            waitForEnd(scope);
            QCOMPARE(text(handle), "5");
        }
        t.end();
    }

    void QT_SIGNAL_N12()
    {
        auto object = std::make_unique<QObject>();
        TaskScope scope;
        const auto handle = scope.spawn(nextSignal(object.get(), &QObject::destroyed));
        object.reset();
        settle();
        QVERIFY(handle.outcome().isSuccess());
    }

    void QT_SIGNAL_N13()
    {
        S s;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, nextSignal(&s, &S::one)));
        Q_EMIT s.one(5);
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
        QVERIFY(handle.isCancelled());

        auto filtered = scope.spawn(caller(log, nextSignal(&s, &S::one, isAbove2)));
        Q_EMIT s.one(1);
        Q_EMIT s.one(5);
        cancel(filtered);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));

        auto unmatched = scope.spawn(caller(log, nextSignal(&s, &S::one, isAbove2)));
        Q_EMIT s.one(1);
        cancel(unmatched);
        QCOMPARE(log.take(), QStringList());
        QVERIFY(unmatched.isCancelled());
        QVERIFY(!s.isConnected());
    }

    void QT_SIGNAL_N13_senderDestroyedFirst()
    {
        EventLog log;
        TaskScope scope;
        const bool filters[] = {false, true};
        for (const bool isFiltered : filters) {
            auto s = std::make_unique<S>();
            auto handle = isFiltered
                ? scope.spawn(caller(log, nextSignal(s.get(), &S::one, isAbove2)))
                : scope.spawn(caller(log, nextSignal(s.get(), &S::one)));
            s.reset();
            cancel(handle);
            QCOMPARE(log.take(), QStringList({"throws ObjectDestroyed", "kept"}));
        }
    }

    void QT_SIGNAL_N14()
    {
        S s;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, nextSignal(&s, &S::one)));
        auto filtered = scope.spawn(caller(log, nextSignal(&s, &S::one, isAbove2)));
        handle.cancel();
        filtered.cancel();
        Q_EMIT s.one(5);
        settle();
        QVERIFY(handle.isCancelled());
        QVERIFY(filtered.isCancelled());
        QCOMPARE(log.take(), QStringList());
    }

    void QT_SIGNAL_N14_behindAnotherEmission()
    {
        S s;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, nextSignal(&s, &S::one, isAbove2)));
        Q_EMIT s.one(1);
        handle.cancel();
        Q_EMIT s.one(5);
        settle();
        QCOMPARE(log.take(), QStringList());
        QVERIFY(handle.isCancelled());
        QVERIFY(!s.isConnected());
    }

    void QT_SIGNAL_N15()
    {
        S s;
        EventLog log;
        TaskScope scope;
        auto temporary = scope.spawn(emitsWhenItDies(log, s, false));
        cancel(temporary);
        auto named = scope.spawn(emitsWhenItDies(log, s, true));
        cancel(named);
        QVERIFY(temporary.isCancelled());
        QVERIFY(named.isCancelled());
        QCOMPARE(log.take(), QStringList());

        auto destroyed = std::make_unique<TaskScope>();
        destroyed->spawn(emitsWhenItDies(log, s, true));
        destroyed.reset();
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void QT_SIGNAL_N16()
    {
        S s;
        EventLog log;
        {
            TaskScope scope;
            scope.spawn(nextSignal(&s, &S::one));
            QVERIFY(s.isConnected());
        }
        QVERIFY(!s.isConnected());

        TaskScope scope;
        auto cancelled = scope.spawn(nextSignal(&s, &S::one));
        cancel(cancelled);
        QVERIFY(!s.isConnected());

        // An operation that the frame keeps.
        scope.spawn([&]() -> Task<> {
            auto wait = nextSignal(&s, &S::one);
            co_await wait;
            log << (s.isConnected() ? "connected" : "not connected");
        });
        Q_EMIT s.one(1);
        settle();
        QCOMPARE(log.take(), QStringList("not connected"));
    }

    void QT_SIGNAL_N17_data()
    {
        QTest::addColumn<bool>("before");
        QTest::newRow("connected before the waiter") << true;
        QTest::newRow("connected after the waiter") << false;
    }

    void QT_SIGNAL_N17()
    {
        QFETCH(const bool, before);
        S s;
        EventLog log;
        auto scope = std::make_unique<TaskScope>();
        const auto destroy = [&] { scope.reset(); };
        if (before)
            connect(&s, &S::none, this, destroy);
        scope->spawn(none(log, s, "resumed"));
        scope->spawn([&]() -> Task<> {
            co_await nextSignal(&s, &S::none);
            log << "resumed";
        });
        if (!before)
            connect(&s, &S::none, this, destroy);
        Q_EMIT s.none();
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void QT_SIGNAL_N18()
    {
        Worker t;
        auto *const s = new S;
        s->moveToThread(t.thread());
        QThread *resumedOn = nullptr;
        QString what;
        TaskScope scope;
        const auto odd = scope.spawn([&]() -> Task<int> {
            const Unregistered value = co_await nextSignal(s, &S::odd);
            resumedOn = QThread::currentThread();
            co_return value.value;
        });
        t.run([s] { Q_EMIT s->odd(Unregistered{5}); });
        waitForEnd(scope);
        QCOMPARE(text(odd), "5");
        QCOMPARE(resumedOn, QThread::currentThread());

        scope.spawn([&]() -> Task<> {
            try {
                co_await nextSignal(s, &S::odd);
            } catch (const SenderDestroyed &e) {
                resumedOn = QThread::currentThread();
                what = e.what();
            }
        });
        resumedOn = nullptr;
        t.run([s] { delete s; });
        waitForEnd(scope);
        QCOMPARE(resumedOn, QThread::currentThread());
        QVERIFY2(what.contains("Words::S"), qPrintable(what));
    }

    void QT_SIGNAL_N13_otherThread()
    {
        Worker t;
        S s;
        s.moveToThread(t.thread());
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, nextSignal(&s, &S::one)));
        t.run([&s] { Q_EMIT s.one(5); });
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
        auto filtered = scope.spawn(caller(log, nextSignal(&s, &S::one, isAbove2)));
        t.run([&s] {
            Q_EMIT s.one(1);
            Q_EMIT s.one(5);
        });
        cancel(filtered);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
        auto withdrawn = scope.spawn(caller(log, nextSignal(&s, &S::one)));
        withdrawn.cancel();
        t.run([&s] { Q_EMIT s.one(5); });
        settle();
        QVERIFY(withdrawn.isCancelled());
        QCOMPARE(log.take(), QStringList());
        t.end();
    }

    void QT_SIGNAL_N19()
    {
        const quint32 seed = QRandomGenerator::global()->generate();
        const auto note = qScopeGuard([seed] {
            if (QTest::currentTestFailed())
                qInfo("seed %u", seed);
        });
        QRandomGenerator random(seed);
        Worker t;
        S s;
        s.moveToThread(t.thread());
        int resumed = 0;
        int cancelled = 0;
        const int rounds = 10000;
        TaskScope scope;
        for (int i = 0; i < rounds; ++i) {
            int value = 0;
            const bool isFiltered = random.bounded(2);
            auto handle = scope.spawn([&]() -> Task<> {
                const InstanceCounter alive;
                if (isFiltered)
                    value = co_await nextSignal(&s, &S::one, isAbove2);
                else
                    value = co_await nextSignal(&s, &S::one);
            });
            std::atomic<bool> isDone = false;
            const int before = static_cast<int>(random.bounded(400));
            t.post([&] {
                spin(before);
                Q_EMIT s.one(5);
                isDone = true;
            });
            const int delay = static_cast<int>(random.bounded(4000));
            spin(delay);
            if (random.bounded(4) == 0)
                settle();
            handle.cancel();
            waitForEnd(scope);
            while (!isDone)
                QThread::yieldCurrentThread();
            if (value == 5)
                ++resumed;
            if (handle.isCancelled())
                ++cancelled;
            QCOMPARE(handle.isCancelled(), value != 5);
        }
        t.end();
        QCOMPARE(resumed + cancelled, rounds);
        QVERIFY(!s.isConnected());
    }

    void QT_SIGNAL_N20()
    {
        Worker t;
        S s;
        s.moveToThread(t.thread());
        std::vector<int> seen;
        std::vector<QThread *> threads;
        TaskScope scope;
        const auto handle = scope.spawn(nextSignal(&s, &S::one, [&seen, &threads](int value) {
            seen.push_back(value);
            threads.push_back(QThread::currentThread());
            return value == 100;
        }));
        t.post([&s] {
            for (int i = 1; i <= 200; ++i)
                Q_EMIT s.one(i);
        });
        waitForEnd(scope);
        t.end();
        QCOMPARE(text(handle), "100");
        QCOMPARE(seen.size(), 100U);
        for (int i = 1; i <= 100; ++i)
            QCOMPARE(seen[static_cast<std::size_t>(i - 1)], i);
        QVERIFY(std::all_of(threads.begin(), threads.end(),
                            [](QThread *thread) { return thread == QThread::currentThread(); }));
    }

    void QT_SIGNAL_N21()
    {
        S s;
        std::unique_ptr<TaskScope> scope;
        bool resumed = false;
        {
            Worker t;
            t.run([&] {
                scope = std::make_unique<TaskScope>();
                scope->spawn([&]() -> Task<> {
                    const InstanceCounter alive;
                    co_await nextSignal(&s, &S::one);
                    resumed = true;
                });
            });
            QVERIFY(s.isConnected());
        }
        Q_EMIT s.one(5);
        settle();
        QVERIFY(!resumed);
        QCOMPARE(InstanceCounter::count(), 1);
        scope.reset();
        QVERIFY(!s.isConnected());
    }

    void QT_SIGNAL_N23()
    {
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            try {
                S *const none = nullptr;
                co_await nextSignal(none, &S::one);
            } catch (const std::invalid_argument &) {
                log << "invalid_argument";
            }
        });
        QCOMPARE(log.take(), QStringList("invalid_argument"));
    }

    void predicateDestroysTheWaiter()
    {
        S s;
        auto scope = std::make_unique<TaskScope>();
        auto state = std::make_shared<int>(0);
        const std::weak_ptr<int> watched = state;
        auto predicate = [&scope, state](int) {
            scope.reset();
            ++*state;
            return true;
        };
        scope->spawn(nextSignal(&s, &S::one, predicate));
        state.reset();
        Q_EMIT s.one(1);
        Q_EMIT s.one(2);
        settle();
        QVERIFY(!scope);
        QVERIFY(!s.isConnected());
    }

    void predicateCancelsTheWaiter()
    {
        S s;
        EventLog log;
        TaskScope scope;
        TaskHandle<> handle;
        handle = scope.spawn(caller(log, nextSignal(&s, &S::one, [&handle](int value) {
            handle.cancel();
            return value > 2;
        })));
        Q_EMIT s.one(1);
        settle();
        QVERIFY(handle.isCancelled());
        QCOMPARE(log.take(), QStringList());
        handle = scope.spawn(caller(log, nextSignal(&s, &S::one, [&handle](int value) {
            handle.cancel();
            return value > 2;
        })));
        Q_EMIT s.one(3);
        settle();
        QCOMPARE(log.take(), QStringList({"3", "kept"}));
    }

    void predicateRunsAnEventLoop()
    {
        S s;
        TaskScope scope;
        EventLog log;
        const auto handle = scope.spawn(nextSignal(&s, &S::one, [&log, &s](int value) {
            log << QString::number(value);
            if (value == 1) {
                Q_EMIT s.one(3);
                settle();
                log << "settled";
            }
            return value > 2;
        }));
        Q_EMIT s.one(1);
        Q_EMIT s.one(2);
        settle();
        QCOMPARE(text(handle), "3");
        QCOMPARE(log.take(), QStringList({"1", "settled", "2", "3"}));
    }

    void methodThatIsNoSignal()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression("signal not found"));
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            try {
                co_await nextSignal(&s, &S::emitPriv);
            } catch (const std::invalid_argument &) {
                log << "invalid_argument";
            }
        });
        QCOMPARE(log.take(), QStringList("invalid_argument"));
    }
};

QTEST_GUILESS_MAIN(TestSignal)
#include "tst_signal.moc"
