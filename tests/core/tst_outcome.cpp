// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <QFuture>
#include <QPromise>

#include <thread>

using namespace Words;

static_assert(std::copy_constructible<Outcome<int>>);
static_assert(!std::copy_constructible<Outcome<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<Outcome<std::unique_ptr<int>>>);

namespace {

std::exception_ptr errorOf(const char *name)
{
    return std::make_exception_ptr(E(name));
}

/// Counts the instances that live.
class Counted
{
public:
    explicit Counted(int &alive)
        : m_alive(alive)
    {
        ++m_alive;
    }
    Counted(const Counted &other)
        : m_alive(other.m_alive)
    {
        ++m_alive;
    }
    Counted &operator=(const Counted &) = delete;
    ~Counted() { --m_alive; }

private:
    int &m_alive;
};

} // namespace

class TestOutcome : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void AD_FSTATE_01()
    {
        const auto success = Outcome<int>::success(5);
        QCOMPARE(success.value(), 5);
        QCOMPARE(success.value(), 5);
        QVERIFY(success.isSuccess() && !success.isFailure() && !success.isCancelled() && !success.isPending());
        QVERIFY(!success.error());

        const auto failure = Outcome<int>::failure(errorOf("E"));
        for (int i = 0; i < 2; ++i)
            QVERIFY_THROWS_EXCEPTION(E, failure.value());
        QVERIFY(!failure.isSuccess() && failure.isFailure() && !failure.isCancelled() && !failure.isPending());
        QCOMPARE(text(failure.error()), "E");

        const auto cancelled = Outcome<int>::cancelled();
        for (int i = 0; i < 2; ++i)
            QVERIFY_THROWS_EXCEPTION(Cancelled, cancelled.value());
        QVERIFY(!cancelled.isSuccess() && !cancelled.isFailure() && cancelled.isCancelled() && !cancelled.isPending());
        QVERIFY(!cancelled.error());

        const auto pending = Outcome<int>::pending();
        for (int i = 0; i < 2; ++i)
            QVERIFY_THROWS_EXCEPTION(std::logic_error, pending.value());
        QVERIFY(!pending.isSuccess() && !pending.isFailure() && !pending.isCancelled() && pending.isPending());
        QVERIFY(!pending.error());
    }

    void CORE_OUTCOME_N1()
    {
        const auto success = Outcome<>::success();
        static_assert(std::is_void_v<decltype(success.value())>);
        success.value();
        QVERIFY(success.isSuccess());
        QVERIFY_THROWS_EXCEPTION(E, Outcome<>::failure(errorOf("E")).value());
        QVERIFY_THROWS_EXCEPTION(Cancelled, Outcome<>::cancelled().value());
        QVERIFY_THROWS_EXCEPTION(std::logic_error, Outcome<>::pending().value());
    }

    void AD_FSTATE_02()
    {
        QCOMPARE(Outcome<int>::of([] { return 5; }).value(), 5);
        QCOMPARE(Outcome<int>::of([](int a, int b) { return a + b; }, 2, 3).value(), 5);
        int calls = 0;
        QVERIFY(Outcome<>::of([&] { ++calls; }).isSuccess());
        QCOMPARE(calls, 1);
        QCOMPARE(text(Outcome<int>::of([]() -> int { throw E("E"); })), "throws E");
        const auto cancelled = Outcome<int>::of([]() -> int { throw Cancelled("it"); });
        QVERIFY(cancelled.isFailure() && !cancelled.isCancelled());
        QCOMPARE(text(cancelled), "throws Cancelled");
    }

    void copiesAndMoves()
    {
        int alive = 0;
        {
            auto a = Outcome<Counted>::success(Counted(alive));
            QCOMPARE(alive, 1);
            auto b = a;
            QCOMPARE(alive, 2);
            b = Outcome<Counted>::cancelled();
            QCOMPARE(alive, 1);
            b = std::move(a);
            QVERIFY(b.isSuccess());
            b = b = Outcome<Counted>::failure(errorOf("E"));
            QVERIFY(b.isFailure());
        }
        QCOMPARE(alive, 0);
        auto pointer = Outcome<std::unique_ptr<int>>::success(std::make_unique<int>(5));
        auto moved = std::move(pointer);
        QCOMPARE(*std::move(moved).value(), 5);
    }

    void AD_FSTATE_07()
    {
        QPromise<int> ofSuccess;
        Outcome<int>::success(5).transferTo(ofSuccess);
        QVERIFY(ofSuccess.future().isFinished());
        QCOMPARE(ofSuccess.future().result(), 5);

        QPromise<int> ofFailure;
        Outcome<int>::failure(errorOf("E")).transferTo(ofFailure);
        QVERIFY(ofFailure.future().isFinished());
        QVERIFY_THROWS_EXCEPTION(E, ofFailure.future().waitForFinished());

        QPromise<int> ofCancelled;
        Outcome<int>::cancelled().transferTo(ofCancelled);
        QVERIFY(ofCancelled.future().isFinished());
        QVERIFY(ofCancelled.future().isCanceled());

        QPromise<int> ofPending;
        Outcome<int>::pending().transferTo(ofPending);
        QVERIFY(!ofPending.future().isFinished());
        ofPending.finish();

        QPromise<void> ofVoid;
        Outcome<>::success().transferTo(ofVoid);
        QVERIFY(ofVoid.future().isFinished());

        QPromise<std::unique_ptr<int>> ofMoveOnly;
        ofMoveOnly.start();
        Outcome<std::unique_ptr<int>>::success(std::make_unique<int>(7)).transferTo(ofMoveOnly);
        QCOMPARE(*ofMoveOnly.future().takeResult(), 7);
    }

    void AD_FSTATE_08()
    {
        QPromise<int> promise;
        promise.addResult(1);
        promise.finish();
        for (const auto &outcome : {Outcome<int>::success(5), Outcome<int>::failure(errorOf("E")),
                                    Outcome<int>::cancelled()})
            QVERIFY_THROWS_EXCEPTION(std::logic_error, outcome.transferTo(promise));
        QCOMPARE(promise.future().results(), QList<int>({1}));
        QVERIFY(!promise.future().isCanceled());
    }

    void AD_FSTATE_10()
    {
        QPromise<int> promise;
        promise.start();
        QFuture<int> future = promise.future();
        future.cancel();
        Outcome<int>::success(5).transferTo(promise);
        QVERIFY(future.isFinished());
        QVERIFY(future.isCanceled());
        QCOMPARE(future.resultCount(), 0);
    }

    void AD_FSTATE_03_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("expected");
        QTest::newRow("val") << "val" << "5";
        QTest::newRow("err") << "err" << "throws E";
        QTest::newRow("nowErr") << "nowErr" << "throws E";
        QTest::newRow("third party") << "handle" << "throws Cancelled";
    }
    void AD_FSTATE_03()
    {
        QFETCH(QString, kind);
        QFETCH(QString, expected);
        Event g;
        TaskScope scope;
        TaskHandle<int> other = scope.spawn(never());
        const auto make = [&]() -> Task<int> {
            if (kind == "val")
                return val(g, 5);
            if (kind == "err")
                return err(g);
            if (kind == "nowErr")
                return nowErr();
            return toTask(other);
        };
        QString result;
        const auto body = [&]() -> Task<> {
            const Outcome<int> outcome = co_await attempt(make());
            result = text(outcome);
            co_await yieldNow();
            result += " on";
        };
        scope.spawn(body);
        other.cancel();
        open(g);
        QCOMPARE(result, expected + " on");
    }

    void AD_FSTATE_04()
    {
        Event g;
        QString result;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const Outcome<int> outcome = co_await attempt(never());
            result = text(outcome);
            CODRIVE_COMPARE(InstanceCounter::count(), 0);
            co_await g.wait();
            result += " on";
        };
        auto caller = scope.spawn(body);
        QCOMPARE(InstanceCounter::count(), 1);
        cancel(caller);
        QCOMPARE(result, "cancelled");
        QVERIFY(!caller.isFinished());
        open(g);
        QCOMPARE(result, "cancelled on");
        QCOMPARE(text(caller), "value");
    }

    void CORE_ATTEMPT_N1()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const Outcome<int> outcome = co_await attempt(val(g, 1));
            log << text(outcome);
            co_await waitForever();
            log << "passed";
        };
        auto caller = scope.spawn(body);
        g.set();
        cancel(caller);
        QCOMPARE(log.take(), QStringList("1"));
        QCOMPARE(text(caller), "cancelled");
    }

    void CORE_ATTEMPT_N4()
    {
        EventLog log;
        Event g;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const auto outcome = co_await attempt(attempt(never()));
            log << (outcome.isSuccess() ? "success" : "none") << text(outcome.value());
            co_await g.wait();
            log << "on";
        };
        auto caller = scope.spawn(body);
        cancel(caller);
        QCOMPARE(log.take(), QStringList({"success", "cancelled"}));
        open(g);
        QCOMPARE(log.take(), QStringList("on"));
    }

    void CORE_ATTEMPT_N6()
    {
        EventLog log;
        Probe probe;
        TaskScope scope;
        TaskHandle<> caller;
        Event g;
        const auto body = [&]() -> Task<> {
            co_await g.wait();
            caller.cancel();
            const Outcome<int> first = co_await attempt(now(5));
            log << text(first);
            const Outcome<int> second = co_await attempt(never(&probe));
            log << text(second);
            co_await waitForever();
        };
        caller = scope.spawn(body);
        open(g);
        QCOMPARE(log.take(), QStringList({"5", "cancelled"}));
        QVERIFY(probe.entered);
        QVERIFY(!caller.isFinished());
    }

    void CORE_ATTEMPT_N7()
    {
        bool passed = false;
        auto scope = std::make_unique<TaskScope>();
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            (co_await attempt(never())).isCancelled();
            passed = true;
        };
        auto caller = scope->spawn(body);
        QCOMPARE(InstanceCounter::count(), 2);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QVERIFY(!passed);
        QVERIFY(caller.isCancelled());
    }

    void CORE_ATTEMPT_N8()
    {
        const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
        const auto body = [&]() -> Task<int> {
            Outcome<std::unique_ptr<int>> outcome = co_await attempt(make());
            const std::unique_ptr<int> value = std::move(outcome).value();
            co_return *value;
        };
        QCOMPARE(run(body()), 5);
    }

    void attemptOfAHandleCopiesItsValue()
    {
        TaskScope scope;
        TaskHandle<QString> handle = scope.spawn(now(QString("text")));
        const auto body = [&]() -> Task<QString> {
            const Outcome<QString> first = co_await attempt(handle);
            const Outcome<QString> second = co_await attempt(handle);
            const QString third = co_await handle;
            co_return first.value() + second.value() + third;
        };
        QCOMPARE(run(body()), "texttexttext");
        QCOMPARE(handle.outcome().value(), "text");
    }

    void anOutcomeIsReadOnAnotherThread()
    {
        const auto outcome = Outcome<QString>::failure(errorOf("E"));
        QString seen;
        std::thread([&] { seen = text(outcome); }).join();
        QCOMPARE(seen, "throws E");
    }
};

QTEST_GUILESS_MAIN(TestOutcome)
#include "tst_outcome.moc"
