// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Law L5: constant stack, whatever is awaited, however often and however deep. Built a second time without optimisation.

// ctest: TIMEOUT 600

#include "words.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/taskgroup.h>

#include <algorithm>
#include <cstdint>

using namespace Words;

namespace {

// What a sanitizer makes tens of times slower is done a tenth as often: where the stack grows, it grows by more than the
// limit within the first thousand.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int Divisor = 10;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int Divisor = 10;
#else
constexpr int Divisor = 1;
#endif
#else
constexpr int Divisor = 1;
#endif

constexpr std::ptrdiff_t Limit = 16 * 1024;

/// Watches where the stack is.
class StackWatch
{
public:
    __attribute__((noinline)) void look()
    {
        const auto here = reinterpret_cast<std::intptr_t>(__builtin_frame_address(0));
        if (m_lowest == 0)
            m_lowest = m_highest = here;
        m_lowest = std::min(m_lowest, here);
        m_highest = std::max(m_highest, here);
    }
    std::ptrdiff_t range() const { return m_highest - m_lowest; }

private:
    std::intptr_t m_lowest = 0;
    std::intptr_t m_highest = 0;
};

Task<int> ready(StackWatch &watch)
{
    watch.look();
    co_return 1;
}

Task<int> nested(Event &gate, StackWatch &watch, int depth)
{
    watch.look();
    int value = 0;
    if (depth > 0)
        value = co_await nested(gate, watch, depth - 1);
    else
        co_await gate.wait();
    watch.look();
    co_return value + 1;
}

/// Counts down as its instances die, and notes when it is not its turn.
class InOrder
{
public:
    InOrder(int &next, bool &isInOrder, int number)
        : m_next(next)
        , m_isInOrder(isInOrder)
        , m_number(number)
    {
    }
    InOrder(InOrder &&) = delete;
    ~InOrder()
    {
        m_isInOrder = m_isInOrder && m_next == m_number;
        ++m_next;
    }

private:
    int &m_next;
    bool &m_isInOrder;
    int m_number;
};

Task<> nestedInOrder(Event &gate, int &next, bool &isInOrder, int depth)
{
    const InOrder local(next, isInOrder, depth);
    if (depth > 0)
        co_await nestedInOrder(gate, next, isInOrder, depth - 1);
    else
        co_await gate.wait();
}

} // namespace

class TestStack : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_L5_N1()
    {
        StackWatch watch;
        const auto body = [&]() -> Task<int> {
            int sum = 0;
            for (int i = 0; i < 10'000'000 / Divisor; ++i)
                sum += co_await ready(watch);
            co_return sum;
        };
        QCOMPARE(run(body()), 10'000'000 / Divisor);
        QVERIFY2(watch.range() <= Limit, qPrintable(QString::number(watch.range())));
    }

    void CORE_L5_N2()
    {
        StackWatch watch;
        Event isSet;
        isSet.set();
        TaskScope scope;
        const auto finished = scope.spawn(now(1));
        const auto body = [&]() -> Task<int> {
            int sum = 0;
            for (int i = 0; i < 1'000'000 / Divisor; ++i) {
                co_await isSet.wait();
                watch.look();
                sum += co_await finished;
                watch.look();
                co_await gather();
                watch.look();
            }
            co_return sum;
        };
        QCOMPARE(run(body()), 1'000'000 / Divisor);
        QVERIFY2(watch.range() <= Limit, qPrintable(QString::number(watch.range())));
    }

    void CORE_L5_N2_childrenThatEndAtOnce()
    {
        StackWatch watch;
        const auto spawns = [&](TaskGroup &group) -> Task<> {
            group.spawn(ready(watch));
            co_return;
        };
        const auto body = [&]() -> Task<> {
            for (int i = 0; i < 300'000 / Divisor; ++i) {
                co_await gather(ready(watch), ready(watch));
                co_await withTaskGroup(spawns);
                (void)co_await attempt(ready(watch));
            }
            std::vector<Task<int>> many;
            for (int i = 0; i < 100'000; ++i)
                many.push_back(ready(watch));
            co_await gather(std::move(many));
        };
        run(body());
        QVERIFY2(watch.range() <= Limit, qPrintable(QString::number(watch.range())));
    }

    void CORE_L5_N3()
    {
        StackWatch watch;
        Event gate;
        TaskScope scope;
        auto handle = scope.spawn(nested(gate, watch, 100'000));
        // The way through settle() counts as well.
        open(gate);
        QCOMPARE(text(handle), "100001");
        QVERIFY2(watch.range() <= Limit, qPrintable(QString::number(watch.range())));
    }

    void CORE_L5_N4_data()
    {
        QTest::addColumn<bool>("cancelled");
        QTest::newRow("cancelled") << true;
        QTest::newRow("destroyed") << false;
    }
    void CORE_L5_N4()
    {
        QFETCH(bool, cancelled);
        Event gate;
        int next = 0;
        bool isInOrder = true;
        auto scope = std::make_unique<TaskScope>();
        auto handle = scope->spawn(nestedInOrder(gate, next, isInOrder, 100'000));
        if (cancelled)
            cancel(handle);
        else
            scope.reset();
        QVERIFY(handle.isCancelled());
        QCOMPARE(next, 100'001);
        QVERIFY(isInOrder);
    }

    void CORE_L5_N4_withAnError()
    {
        Event gate;
        TaskScope scope;
        scope.onError([](std::exception_ptr, const TaskInfo &) { });
        struct Nested
        {
            static Task<int> of(Event &gate, int depth)
            {
                if (depth > 0)
                    co_return co_await of(gate, depth - 1);
                co_return co_await err(gate);
            }
        };
        auto handle = scope.spawn(Nested::of(gate, 10'000));
        open(gate);
        QCOMPARE(text(handle), "throws E");
    }

    void CORE_L5_N5()
    {
        StackWatch watch;
        Event gate;
        TaskScope scope;
        TaskHandle<int> last = scope.spawn(val(gate, 0));
        const auto follows = [](StackWatch &stack, TaskHandle<int> before) -> Task<int> {
            const int value = co_await before;
            stack.look();
            co_return value + 1;
        };
        for (int i = 0; i < 100'000; ++i)
            last = scope.spawn(follows(watch, last));
        open(gate);
        QCOMPARE(text(last), "100000");
        QCOMPARE(scope.count(), 0);
        QVERIFY2(watch.range() <= Limit, qPrintable(QString::number(watch.range())));
    }

    void CORE_L5_N5_itsWaitersAreCancelled()
    {
        Event gate;
        TaskScope scope;
        scope.onError([](std::exception_ptr, const TaskInfo &) { });
        auto first = scope.spawn(val(gate, 0));
        TaskHandle<int> last = first;
        for (int i = 0; i < 10'000; ++i)
            last = scope.spawn(toTask(last));
        cancel(first);
        QCOMPARE(text(last), "throws Cancelled");
        QCOMPARE(scope.count(), 0);
    }

    void CORE_L5_N6()
    {
        StackWatch watch;
        Event gates[2];
        const auto body = [&](int own) -> Task<> {
            for (int i = 0; i < 1'000'000 / Divisor; ++i) {
                gates[1 - own].set();
                co_await gates[own].wait();
                gates[own].clear();
                watch.look();
            }
            gates[1 - own].set();
        };
        TaskScope scope;
        scope.spawn(body(0));
        scope.spawn(body(1));
        // The first segments ran on the stack of this function.
        watch = StackWatch();
        settle();
        QCOMPARE(scope.count(), 0);
        QVERIFY2(watch.range() <= Limit, qPrintable(QString::number(watch.range())));
    }
};

QTEST_GUILESS_MAIN(TestStack)
#include "tst_stack.moc"
