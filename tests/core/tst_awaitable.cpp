// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <coroutine>
#include <thread>

using namespace Words;

namespace {

/// Gives its number, after a turn of the loop when it is told to wait.
class RawAwaiter
{
public:
    explicit RawAwaiter(int value, bool waits = false)
        : m_value(value)
        , m_waits(waits)
    {
    }
    bool await_ready() const { return !m_waits; }
    void await_suspend(std::coroutine_handle<> waiter)
    {
        QTimer::singleShot(0, [waiter] { waiter.resume(); });
    }
    int await_resume() const { return m_value; }

private:
    int m_value;
    bool m_waits;
};

class WithOperator
{
public:
    explicit WithOperator(int value)
        : m_value(value)
    {
    }
    RawAwaiter operator co_await() const { return RawAwaiter(m_value, true); }

private:
    int m_value;
};

class WithFreeOperator
{
public:
    explicit WithFreeOperator(int v)
        : value(v)
    {
    }
    int value;
};

RawAwaiter operator co_await(const WithFreeOperator &x)
{
    return RawAwaiter(x.value, true);
}

QCoro::Task<int> ofQCoro(int value)
{
    co_return value;
}

/// Is resumed by hand.
class ManualAwaiter
{
public:
    explicit ManualAwaiter(std::coroutine_handle<> &waiter)
        : m_waiter(waiter)
    {
    }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiter) { m_waiter = waiter; }
    int await_resume() const { return 7; }

private:
    std::coroutine_handle<> &m_waiter;
};

class ThrowsAtResume
{
public:
    explicit ThrowsAtResume() { }
    bool await_ready() const { return true; }
    void await_suspend(std::coroutine_handle<>) const { }
    int await_resume() const { throw E("resume"); }
};

class ThrowsAtSuspend
{
public:
    explicit ThrowsAtSuspend() { }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<>) const { throw E("suspend"); }
    int await_resume() const { return 0; }
};

class ThrowsAtReady
{
public:
    explicit ThrowsAtReady() { }
    bool await_ready() const { throw E("ready"); }
    void await_suspend(std::coroutine_handle<>) const { }
    int await_resume() const { return 0; }
};

class Immovable
{
public:
    explicit Immovable() { }
    Immovable(Immovable &&) = delete;
    bool await_ready() const { return true; }
    void await_suspend(std::coroutine_handle<>) const { }
    int await_resume() const { return 3; }
};

static_assert(Awaitable<Task<int>> && std::is_same_v<AwaitResult<Task<int>>, int>);
static_assert(Awaitable<Task<>> && std::is_void_v<AwaitResult<Task<>>>);
static_assert(Awaitable<TaskHandle<int>> && std::is_same_v<AwaitResult<TaskHandle<int>>, int>);
static_assert(Awaitable<TaskHandle<int> &> && std::is_same_v<AwaitResult<TaskHandle<int> &>, int>);
using Wait = decltype(std::declval<Event>().wait());
static_assert(Awaitable<Wait> && std::is_void_v<AwaitResult<Wait>>);
static_assert(Awaitable<decltype(sleepFor(1s))> && Awaitable<decltype(yieldNow())>);
static_assert(Awaitable<QCoro::Task<int>> && std::is_same_v<AwaitResult<QCoro::Task<int>>, int>);
static_assert(Awaitable<RawAwaiter> && std::is_same_v<AwaitResult<RawAwaiter>, int>);
static_assert(Awaitable<WithOperator> && std::is_same_v<AwaitResult<WithOperator>, int>);
static_assert(Awaitable<WithFreeOperator> && std::is_same_v<AwaitResult<WithFreeOperator>, int>);
static_assert(!Awaitable<int> && !Awaitable<QString> && !Awaitable<Event> && !Awaitable<std::unique_ptr<int>>);
static_assert(!Awaitable<TaskHandle<std::unique_ptr<int>> &> && Awaitable<TaskHandle<std::unique_ptr<int>>>);

} // namespace

class TestAwaitable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_TASK_N10()
    {
        TaskScope scope;
        const auto check = [&](Task<int> task) {
            QVERIFY(task.isValid());
            QCOMPARE(run(std::move(task)), 5);
        };
        check(toTask(now(5)));
        TaskHandle<int> handle = scope.spawn(now(5));
        check(toTask(handle));
        check(toTask(std::move(handle)));
        check(CoDrive::toTask(ofQCoro(5)));
        check(toTask(RawAwaiter(5)));
        check(toTask(RawAwaiter(5, true)));
        check(toTask(WithOperator(5)));
        check(toTask(WithFreeOperator(5)));
        RawAwaiter lvalue(5, true);
        check(toTask(lvalue));
        check(toTask([] { return now(5); }));
        Event g;
        g.set();
        run(toTask(g.wait()));
        run(toTask(sleepFor(0s)));
    }

    void toTaskIsLazy()
    {
        Probe probe;
        {
            const auto task = toTask([&] { return now(1, &probe); });
            QVERIFY(task.isValid());
        }
        QVERIFY(!probe.entered);
        int calls = 0;
        const auto counting = [&] {
            ++calls;
            return now(1);
        };
        auto task = toTask(counting);
        QCOMPARE(calls, 0);
        QCOMPARE(run(std::move(task)), 1);
        QCOMPARE(calls, 1);
    }

    void awaitedDirectly()
    {
        const auto body = []() -> Task<int> {
            const int a = co_await RawAwaiter(1);
            const int b = co_await RawAwaiter(2, true);
            const int c = co_await WithOperator(4);
            const int d = co_await WithFreeOperator(8);
            const int e = co_await ofQCoro(16);
            RawAwaiter named(32, true);
            const int f = co_await named;
            Immovable immovable;
            const int g = co_await immovable;
            co_return a + b + c + d + e + f + g;
        };
        QCOMPARE(run(body()), 66);
    }

    void foreignErrorsArrive()
    {
        EventLog log;
        const auto body = [&]() -> Task<> {
            log << co_await textOf(ThrowsAtReady());
            log << co_await textOf(ThrowsAtSuspend());
            log << co_await textOf(ThrowsAtResume());
        };
        CODRIVE_TEST(body());
        QCOMPARE(log.take(), QStringList({"throws ready", "throws suspend", "throws resume"}));
    }

    void aForeignAwaiterMayBeLeft_data()
    {
        QTest::addColumn<bool>("cancelled");
        QTest::newRow("cancelled") << true;
        QTest::newRow("destroyed") << false;
    }
    void aForeignAwaiterMayBeLeft()
    {
        QFETCH(bool, cancelled);
        std::coroutine_handle<> waiter;
        bool passed = false;
        auto scope = std::make_unique<TaskScope>();
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            co_await ManualAwaiter(waiter);
            passed = true;
        };
        auto handle = scope->spawn(body);
        QVERIFY(waiter);
        if (cancelled)
            cancel(handle);
        else
            scope.reset();
        QVERIFY(handle.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
        waiter.resume();
        settle();
        QVERIFY(!passed);
    }

    void aForeignAwaiterResumedElsewhereComesBack()
    {
        std::coroutine_handle<> waiter;
        TaskScope scope;
        QThread *thread = nullptr;
        const auto body = [&]() -> Task<int> {
            const int value = co_await ManualAwaiter(waiter);
            thread = QThread::currentThread();
            co_return value;
        };
        auto handle = scope.spawn(body);
        std::thread([&] { waiter.resume(); }).join();
        QVERIFY(!handle.isFinished());
        settle();
        QCOMPARE(text(handle), "7");
        QCOMPARE(thread, QThread::currentThread());
    }

    void aQCoroTaskIsWaitedFor()
    {
        std::coroutine_handle<> waiter;
        const auto foreign = [&]() -> QCoro::Task<int> {
            const int value = co_await ManualAwaiter(waiter);
            co_return value;
        };
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const int value = co_await foreign();
            log << QString::number(value);
            co_await waitForever();
            log << "passed";
        };
        auto handle = scope.spawn(body);
        cancel(handle);
        QVERIFY(!handle.isFinished());
        waiter.resume();
        settle();
        QCOMPARE(log.take(), QStringList("7"));
        QVERIFY(handle.isCancelled());
    }

    void aRequestPendingBeforeAQCoroTaskTakesEffectBehindIt()
    {
        std::coroutine_handle<> waiter;
        const auto foreign = [&]() -> QCoro::Task<int> {
            const int value = co_await ManualAwaiter(waiter);
            co_return value;
        };
        EventLog log;
        TaskScope scope;
        TaskHandle<> handle;
        Event g;
        const auto body = [&]() -> Task<> {
            co_await g.wait();
            handle.cancel();
            co_await foreign();
            log << "passed";
        };
        handle = scope.spawn(body);
        open(g);
        QVERIFY(!handle.isFinished());
        waiter.resume();
        settle();
        QCOMPARE(log.take(), QStringList());
        QVERIFY(handle.isCancelled());
    }

    void insideAQCoroTask()
    {
        EventLog log;
        Event g;
        TaskScope scope;
        TaskHandle<int> finished = scope.spawn(now(2));
        TaskHandle<int> other = scope.spawn(never());
        const auto foreign = [&]() -> QCoro::Task<> {
            const int a = co_await val(g, 1);
            log << QString::number(a);
            const int b = co_await finished;
            log << QString::number(b);
            co_await g.wait();
            co_await yieldNow();
            try {
                co_await nowErr("F");
            } catch (const E &e) {
                log << e.what();
            }
            try {
                co_await other;
            } catch (const Cancelled &) {
                log << "Cancelled";
            }
        };
        const auto task = foreign();
        QVERIFY(!task.isReady());
        open(g);
        other.cancel();
        settle();
        QVERIFY(task.isReady());
        QCOMPARE(log.take(), QStringList({"1", "2", "F", "Cancelled"}));
    }

    void anOperationIsAwaitedOnce()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            auto wait = g.wait();
            co_await wait;
            g.clear();
            try {
                co_await wait;
            } catch (const std::logic_error &) {
                log << "logic_error";
            }
        };
        scope.spawn(body);
        open(g);
        QCOMPARE(log.take(), QStringList("logic_error"));
    }
};

QTEST_GUILESS_MAIN(TestAwaitable)
#include "tst_awaitable.moc"
