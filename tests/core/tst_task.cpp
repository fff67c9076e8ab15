// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <thread>

using namespace Words;

namespace {

template<typename T>
concept CanBeTasked = requires { typename Task<T>; };

// CORE-TASK-N1
static_assert(!std::copy_constructible<Task<int>> && !std::is_copy_assignable_v<Task<int>>);
static_assert(std::is_nothrow_move_constructible_v<Task<int>>);
static_assert(std::is_nothrow_move_assignable_v<Task<int>>);
static_assert(CanBeTasked<int> && CanBeTasked<void> && CanBeTasked<int *> && CanBeTasked<std::unique_ptr<int>>);
static_assert(!CanBeTasked<int &> && !CanBeTasked<const int &> && !CanBeTasked<int &&>);

class NoDefault
{
public:
    explicit NoDefault(int number)
        : value(number)
    {
    }
    NoDefault(NoDefault &&) = default;
    NoDefault &operator=(NoDefault &&) = delete;
    int value;
};

Task<> withParameter(InstanceCounter, bool &entered)
{
    entered = true;
    co_return;
}

Task<QString> concatenated(QString a, const QString &b)
{
    co_await yieldNow();
    co_return a + b;
}

} // namespace

class TestTask : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_L1_N2()
    {
        bool entered = false;
        {
            const auto task = withParameter(InstanceCounter(), entered);
            QCOMPARE(InstanceCounter::count(), 1);
        }
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(!entered);
    }

    void CORE_L1_N3()
    {
        Event g;
        quint64 inner = 0;
        quint64 outer = 0;
        const auto x = [&]() -> Task<> {
            inner = currentTask().id;
            co_await g.wait();
        };
        const auto body = [&]() -> Task<> {
            outer = currentTask().id;
            co_await x();
        };
        TaskScope scope;
        auto caller = scope.spawn(body);
        QVERIFY(inner != 0);
        QCOMPARE(inner, outer);
        QVERIFY(!caller.isFinished());
        open(g);
        QVERIFY(caller.isFinished());
    }

    void CORE_TASK_N2()
    {
        const auto body = []() -> Task<> {
            Task<int> t = now(5);
            CODRIVE_VERIFY(t.isValid());
            Task<int> u = std::move(t);
            CODRIVE_VERIFY(!t.isValid());
            CODRIVE_VERIFY(u.isValid());
            const int value = co_await u;
            CODRIVE_COMPARE(value, 5);
            CODRIVE_VERIFY(!u.isValid());
        };
        CODRIVE_TEST(body());
    }

    void CORE_TASK_N3()
    {
        EventLog log;
        const auto awaitIt = [&](Task<int> &task) -> Task<> {
            try {
                co_await task;
                log << "value";
            } catch (const std::logic_error &) {
                log << "logic_error";
            }
        };
        const auto body = [&]() -> Task<> {
            Task<int> byDefault;
            co_await awaitIt(byDefault);
            Task<int> movedFrom = now(1);
            Task<int> moved = std::move(movedFrom);
            co_await awaitIt(movedFrom);
            co_await awaitIt(moved);
            co_await awaitIt(moved);
        };
        CODRIVE_TEST(body());
        QCOMPARE(log.take(), QStringList({"logic_error", "logic_error", "value", "logic_error"}));
    }

    void CORE_TASK_N4()
    {
        bool first = false;
        bool second = false;
        Task<> t = withParameter(InstanceCounter(), first);
        t = withParameter(InstanceCounter(), second);
        QCOMPARE(InstanceCounter::count(), 1);
        run(std::move(t));
        QVERIFY(!first);
        QVERIFY(second);
    }

    void CORE_TASK_N5()
    {
        const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
        const auto makeNoDefault = []() -> Task<NoDefault> { co_return NoDefault(7); };
        const auto body = [&]() -> Task<int> {
            const std::unique_ptr<int> pointer = co_await make();
            const NoDefault object = co_await makeNoDefault();
            co_return *pointer + object.value;
        };
        QCOMPARE(run(body()), 12);
    }

    void CORE_TASK_N6()
    {
        EventLog log;
        const void *thrown = nullptr;
        const auto throwing = [&]() -> Task<> {
            const LogsDestruction local(log, "local");
            const auto error = std::make_exception_ptr(E("E"));
            try {
                std::rethrow_exception(error);
            } catch (const E &e) {
                thrown = &e;
                throw;
            }
            co_return;
        };
        const auto throwingNumber = []() -> Task<int> {
            throw 42;
            co_return 0;
        };
        const auto body = [&]() -> Task<> {
            bool wasSame = false;
            try {
                co_await throwing();
            } catch (const E &e) {
                wasSame = &e == thrown;
                log << e.what();
            }
            CODRIVE_VERIFY(wasSame);
            try {
                co_await throwingNumber();
            } catch (int number) {
                log << QString::number(number);
            }
        };
        CODRIVE_TEST(body());
        QCOMPARE(log.take(), QStringList({"local", "E", "42"}));
    }

    void CORE_TASK_N8()
    {
        const auto body = []() -> Task<int> {
            Task<int> t = now(1);
            const int a = co_await t;
            Task<int> u = now(2);
            const int b = co_await std::move(u);
            co_return a + b;
        };
        QCOMPARE(run(body()), 3);
    }

    void CORE_TASK_N9()
    {
        EventLog log;
        Event g;
        const auto inner = [&]() -> Task<> {
            const LogsDestruction local(log, "inner");
            co_await g.wait();
        };
        const auto outer = [&]() -> Task<> {
            const LogsDestruction local(log, "outer");
            co_await inner();
        };
        auto scope = std::make_unique<TaskScope>();
        scope->spawn(outer());
        scope.reset();
        QCOMPARE(log.take(), QStringList({"inner", "outer"}));
    }

    void argumentsLiveInTheFrame()
    {
        const auto body = []() -> Task<QString> {
            const QString b = "b";
            const QString text = co_await concatenated(QString("a"), b);
            co_return text;
        };
        QCOMPARE(run(body()), "ab");
    }

    void aTaskMayBeDestroyedOnAnotherThread()
    {
        bool entered = false;
        auto task = withParameter(InstanceCounter(), entered);
        std::thread([task = std::move(task)] {}).join();
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(!entered);
    }

    void aThrowingResultIsAnErrorOfTheTask()
    {
        class Throwing
        {
        public:
            Throwing() = default;
            Throwing(const Throwing &) { throw E("copy"); }
            Throwing &operator=(const Throwing &) = delete;
        };
        const auto make = []() -> Task<Throwing> {
            const Throwing value;
            co_return value;
        };
        const auto body = [&]() -> Task<QString> {
            QString result = "none";
            try {
                co_await make();
            } catch (const E &e) {
                result = e.what();
            }
            co_return result;
        };
        QCOMPARE(run(body()), "copy");
    }
};

QTEST_GUILESS_MAIN(TestTask)
#include "tst_task.moc"
