// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/amass.h>
#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/tostream.h>

#include <coroutine>
#include <ranges>

using namespace Words;

namespace {

static_assert(!std::ranges::range<Stream<int>>);

QCoro::AsyncGenerator<int> ready(bool throws)
{
    co_yield 1;
    if (throws)
        throw E();
    co_yield 2;
}

QCoro::AsyncGenerator<int> waiting(std::vector<std::coroutine_handle<>> &waiters)
{
    const InstanceCounter alive;
    struct Suspension
    {
        std::vector<std::coroutine_handle<>> &waiters;
        explicit Suspension(std::vector<std::coroutine_handle<>> &list)
            : waiters(list)
        {
        }
        bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> handle) { waiters.push_back(handle); }
        void await_resume() const { }
    };
    for (int i = 1; i <= 3; ++i) {
        co_await Suspension(waiters);
        co_yield i;
    }
}

// What they yield they go on with.
QCoro::Generator<QString> growing()
{
    QString text;
    for (int i = 0; i < 3; ++i) {
        text += QLatin1Char('a');
        co_yield text;
    }
}

QCoro::AsyncGenerator<QString> growingLater()
{
    QString text;
    for (int i = 0; i < 3; ++i) {
        text += QLatin1Char('a');
        co_yield text;
    }
}

QCoro::Generator<const QString &> constants()
{
    const QString text = QStringLiteral("c");
    co_yield text;
}

QCoro::Generator<std::unique_ptr<int>> pointers()
{
    co_yield std::make_unique<int>(1);
}

QCoro::Generator<int> plain(bool throws)
{
    const InstanceCounter alive;
    co_yield 1;
    if (throws)
        throw E();
    co_yield 2;
}

} // namespace

class TestToStream : public QObject, private StreamsTest
{
    Q_OBJECT

private:
    std::vector<std::coroutine_handle<>> m_waiters;

    void resumeGenerator()
    {
        const auto waiters = std::exchange(m_waiters, {});
        for (const auto waiter : waiters)
            waiter.resume();
        settle();
    }

private Q_SLOTS:
    void init() { begin(); }
    void cleanup()
    {
        m_waiters.clear();
        QCOMPARE(end(), QString());
    }

    void AD_ENSURE_01()
    {
        auto s = upTo(3);
        QCOMPARE(&toStream(s), &s);
        ask(s);
        auto t = toStream(std::move(s));
        askAll(t);
        QCOMPARE(result(), "1, 2, 3, end");
    }

    void AD_ENSURE_02()
    {
        auto s = toStream(std::vector<int>{1, 2});
        askAll(s);
        QVERIFY(C.isFinished());
        QCOMPARE(result(), "1, 2, end");
    }

    void AD_ENSURE_03()
    {
        int seen = 0;
        auto s = toStream(std::views::iota(1) | std::views::transform([&](int i) {
                              seen = i;
                              return i == 3 ? throw E() : i;
                          }));
        QCOMPARE(seen, 0);
        ask(s);
        QCOMPARE(seen, 1);
        askAll(s);
        QCOMPARE(result(), "1, 2, throws E, end");
    }

    void AD_ENSURE_05()
    {
        auto s = toStream(std::vector<int>{1, 2});
        QCOMPARE(s.size(), std::optional<std::size_t>(2));
        const std::vector<int> numbers{1, 2, 3};
        auto t = toStream(numbers | std::views::filter([](int i) { return i != 2; }));
        QVERIFY(!t.size());
        askAll(t);
        QCOMPARE(result(), "1, 3, end");
    }

    void AD_ENSURE_06()
    {
        auto s = toStream(std::vector<int>());
        ask(s);
        QCOMPARE(result(), "end");
    }

    void AD_NOTE_10()
    {
        auto s = asCompleted(vectorOf(now(1), now(2)));
        auto t = mapConcurrently([](int i) { return now(i); }, std::vector<int>{1, 2});
        QCOMPARE(s.size(), std::optional<std::size_t>(2));
        ask(t);
        QCOMPARE(t.size(), std::optional<std::size_t>(2));
        askAll(t);
        QCOMPARE(t.size(), std::optional<std::size_t>(2));
    }

    void STREAMS_TOSTREAM_N1()
    {
        std::vector<int> numbers{1, 2};
        auto s = toStream(numbers);
        numbers = {7};
        askAll(s);
        QCOMPARE(result(), "1, 2, end");
        std::vector<std::unique_ptr<int>> pointers;
        pointers.push_back(std::make_unique<int>(1));
        auto t = toStream(std::move(pointers));
        askAll(t);
        QCOMPARE(result(), "*1, end");
        // A view's elements belong to others.
        std::vector<QString> texts{QStringLiteral("a")};
        auto u = toStream(texts | std::views::transform([](QString &text) -> QString & { return text; }));
        askAll(u);
        QCOMPARE(result(), "a, end");
        QCOMPARE(texts.front(), "a");
    }

    void STREAMS_TOSTREAM_N2()
    {
        auto s = toStream(ready(false));
        askAll(s);
        settle();
        QCOMPARE(result(), "1, 2, end");
        auto t = toStream(ready(true));
        askAll(t);
        settle();
        QCOMPARE(result(), "1, throws E, end");
        auto u = toStream(waiting(m_waiters));
        askAll(u);
        for (int i = 0; i < 3; ++i)
            resumeGenerator();
        QCOMPARE(result(), "1, 2, 3, end");
    }

    void STREAMS_TOSTREAM_N3()
    {
        auto s = toStream(waiting(m_waiters));
        ask(s);
        cancel(C);
        QVERIFY(!C.isFinished());
        resumeGenerator();
        QCOMPARE(result(), "1 kept");
        // A request that is pending before takes effect when the wait ends; nothing is lost.
        const auto asks = [&]() -> Task<> {
            requestSelf();
            co_await consumes(log, s, 1);
        };
        C = scope->spawn(asks);
        settle();
        QVERIFY(!C.isFinished());
        resumeGenerator();
        QCOMPARE(result(), "cancelled");
        ask(s);
        QCOMPARE(result(), "2");
        // Neither when who waits is destroyed.
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, s, 1));
        own.reset();
        ask(s);
        resumeGenerator();
        QCOMPARE(result(), "3");
    }

    void STREAMS_TOSTREAM_N4()
    {
        {
            auto s = toStream(waiting(m_waiters));
            ask(s);
        }
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
        QCOMPARE(InstanceCounter::count(), 1);
        resumeGenerator();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void generatorKeepsWhatItYields()
    {
        auto s = toStream(growing());
        askAll(s);
        QCOMPARE(result(), "a, aa, aaa, end");
        auto t = toStream(growingLater());
        askAll(t);
        settle();
        QCOMPARE(result(), "a, aa, aaa, end");
        auto v = toStream(constants());
        askAll(v);
        QCOMPARE(result(), "c, end");
        auto u = toStream(pointers());
        askAll(u);
        QCOMPARE(result(), "*1, end");
    }

    void generator()
    {
        auto s = toStream(plain(false));
        askAll(s);
        QCOMPARE(result(), "1, 2, end");
        auto t = toStream(plain(true));
        askAll(t);
        QCOMPARE(result(), "1, throws E, end");
        {
            auto u = toStream(plain(false));
        }
        {
            auto u = toStream(plain(false));
            ask(u);
        }
        QCOMPARE(InstanceCounter::count(), 0);
    }
};

QTEST_GUILESS_MAIN(TestToStream)
#include "tst_tostream.moc"
