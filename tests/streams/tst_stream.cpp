// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"
#include "allocations.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/streams/tostream.h>
#include <CoDrive/tasks/gather.h>

using namespace Words;

namespace {

Stream<int> withLocals(EventLog &log, Event &gate)
{
    const LogsDestruction a(log, QStringLiteral("a"));
    const LogsDestruction b(log, QStringLiteral("b"));
    const auto inner = [](EventLog &innerLog, Event &innerGate) -> Task<> {
        const LogsDestruction local(innerLog, QStringLiteral("inner"));
        co_await innerGate.wait();
    };
    try {
        co_await inner(log, gate);
    } catch (...) {
        log << QStringLiteral("caught");
    }
    co_yield 1;
    log << QStringLiteral("behind");
    co_yield 2;
}

Stream<std::unique_ptr<int>> pointers(EventLog &log)
{
    auto p = std::make_unique<int>(1);
    co_yield std::move(p);
    log << (p ? QStringLiteral("full") : QStringLiteral("moved"));
    co_yield std::make_unique<int>(2);
}

Stream<int> throwing(EventLog &log, int items)
{
    const LogsDestruction local(log, QStringLiteral("local"));
    for (int i = 1; i <= items; ++i)
        co_yield i;
    throw E();
}

/// Destroys its own stream while it runs.
Stream<int> suicidal(EventLog &log, std::unique_ptr<Stream<int>> &self, Event &gate, int how)
{
    const InstanceCounter alive;
    const LogsDestruction local(log, QStringLiteral("local"));
    if (how == 3)
        co_await gate.wait();
    self.reset();
    log << QStringLiteral("reset");
    if (how == 5) {
        auto wait = gate.wait();
        const OnDestruction opens([&gate] { gate.set(); });
        co_await wait;
    }
    if (how == 0)
        co_yield 1;
    else if (how == 1 || how == 3)
        co_await waitForever();
    log << QStringLiteral("behind");
    if (how == 4)
        co_await unwind();
}

Task<int> resets(EventLog &log, std::unique_ptr<Stream<int>> &victim, Event &gate)
{
    const InstanceCounter alive;
    const LogsDestruction local(log, QStringLiteral("child"));
    co_await gate.wait();
    victim.reset();
    log << QStringLiteral("reset");
    co_await waitForever();
    log << QStringLiteral("passed");
    co_return 1;
}

Stream<int> gathering(EventLog &log, std::unique_ptr<Stream<int>> &self, Event &gate, Event &other)
{
    const LogsDestruction local(log, QStringLiteral("body"));
    co_await gather(resets(log, self, gate), val(other, 1));
    co_yield 1;
}

Stream<int> nested(int depth)
{
    if (depth == 0) {
        co_yield 1;
        co_yield 2;
        co_return;
    }
    Stream<int> inner = nested(depth - 1);
    for (;;) {
        const std::optional<int> item = co_await inner.next();
        if (!item)
            co_return;
        co_yield *item;
    }
}

Task<> sumOf(Stream<int> &stream, qint64 &sum, qint64 &allocations)
{
    int count = 0;
    std::optional<AllocationCount> counter;
    QCORO_FOREACH(const int item, stream) {
        sum += item;
        if (++count == 2)
            counter.emplace();
        if (counter)
            allocations = counter->made();
    }
}

QCoro::Task<> inQCoro(EventLog &log)
{
    QCORO_FOREACH(const int x, upTo(3))
        log << QString::number(x);
    log << QStringLiteral("over");
}

} // namespace

class TestStream : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_SIZED_01()
    {
        auto s = toStream(std::vector<int>{1, 2, 3, 4});
        QCOMPARE(s.size(), std::optional<std::size_t>(4));
        ask(s, 2);
        QCOMPARE(s.size(), std::optional<std::size_t>(4));
        askAll(s);
        QCOMPARE(result(), "1, 2, 3, 4, end");
        QCOMPARE(s.size(), std::optional<std::size_t>(4));
        close(s);
        QCOMPARE(result(), "closed");
        QCOMPARE(s.size(), std::optional<std::size_t>(4));
    }

    void AD_SIZED_02()
    {
        auto s = upTo(2);
        QVERIFY(!s.size());
    }

    void AD_SIZED_04()
    {
        auto s = upTo(3);
        const auto loops = [&]() -> Task<> {
            QCORO_FOREACH(const int x, s) {
                log << QString::number(x);
                break;
            }
            log << QStringLiteral("again");
            QCORO_FOREACH(const int x, s)
                log << QString::number(x);
        };
        scope->spawn(loops);
        QCOMPARE(result(), "1, again, 2, 3");
    }

    void AD_NOTE_06()
    {
        auto s = gated(std::array{&g, &h});
        ask(s);
        askToo(s);
        QCOMPARE(result(), "throws logic_error");
        open(g);
        QCOMPARE(result(), "1");
    }

    void STREAMS_STREAM_N1()
    {
        const auto entered = [](bool &flag, InstanceCounter) -> Stream<int> {
            flag = true;
            co_yield 1;
        };
        bool ran = false;
        {
            auto s = entered(ran, InstanceCounter());
            QVERIFY(InstanceCounter::count() > 0);
        }
        QCOMPARE(InstanceCounter::count(), 0);
        auto s = entered(ran, InstanceCounter());
        close(s);
        QCOMPARE(result(), "closed");
        QCOMPARE(InstanceCounter::count(), 0);
        QVERIFY(!ran);
        auto t = upTo(1);
        {
            [[maybe_unused]] const auto dropped = t.next();
        }
        askAll(t);
        QCOMPARE(result(), "1, end");
    }

    void STREAMS_STREAM_N2()
    {
        auto s = pointers(log);
        askAll(s);
        QCOMPARE(result(), "*1, moved, *2, end");
    }

    void STREAMS_STREAM_N3()
    {
        auto s = throwing(log, 0);
        QCOMPARE(log.take(), QStringList());
        askAll(s);
        QCOMPARE(result(), "local, throws E, end");
        s = throwing(log, 1);
        askAll(s);
        QCOMPARE(result(), "1, local, throws E, end");
    }

    void STREAMS_STREAM_N4()
    {
        auto s = upTo(2);
        askAll(s);
        QVERIFY(C.isFinished());
        QCOMPARE(result(), "1, 2, end");
    }

    void STREAMS_STREAM_N6()
    {
        auto s = gated(std::array{&g, &h});
        ask(s);
        auto t = std::move(s);
        open(g);
        QCOMPARE(result(), "1");
        ask(t);
        open(h);
        QCOMPARE(result(), "2");
        ask(s);
        QCOMPARE(result(), "throws logic_error");
    }

    void STREAMS_STREAM_N7()
    {
        auto s = withLocals(log, g);
        ask(s);
        cancel(C);
        QVERIFY(C.isCancelled());
        QCOMPARE(result(), "inner, b, a");
        ask(s);
        QCOMPARE(result(), "end");
    }

    void STREAMS_STREAM_N9()
    {
        auto s = once(absorb(g, h, 2));
        ask(s);
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "2");
        QVERIFY(!C.isCancelled());
    }

    void STREAMS_STREAM_N10()
    {
        auto s = std::make_unique<Stream<int>>(withLocals(log, g));
        ask(*s);
        s.reset();
        QCOMPARE(result(), "inner, b, a");
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void STREAMS_STREAM_N11()
    {
        auto s = withLocals(log, g);
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, s, 1));
        own.reset();
        QCOMPARE(log.take(), QStringList({"inner", "b", "a"}));
        ask(s);
        QCOMPARE(result(), "end");
        close(s);
        QCOMPARE(result(), "closed");
    }

    void STREAMS_STREAM_N13()
    {
        g.set();
        {
            auto s = withLocals(log, g);
            ask(s);
            QCOMPARE(result(), "inner, 1");
        }
        QCOMPARE(log.take(), QStringList({"b", "a"}));
        auto s = withLocals(log, g);
        ask(s);
        QCOMPARE(result(), "inner, 1");
        close(s);
        QCOMPARE(result(), "b, a, closed");
        close(s);
        QCOMPARE(result(), "closed");
        ask(s);
        QCOMPARE(result(), "end");
        int uncaught = -1;
        const auto notes = [](int &count) -> Stream<int> {
            const OnDestruction note([&count] { count = std::uncaught_exceptions(); });
            co_yield 1;
        };
        auto t = notes(uncaught);
        ask(t);
        close(t);
        QCOMPARE(uncaught, 0);
    }

    void STREAMS_STREAM_N14()
    {
        auto s = gated(std::array{&g, &h});
        ask(s);
        D = scope->spawn(closes(log, s));
        QCOMPARE(result(), "throws logic_error");
        open(g);
        QCOMPARE(result(), "1");
        close(s);
        QCOMPARE(result(), "closed");
    }

    // Laws L13, L14: the body destroys its stream.
    void destroysItself_data()
    {
        QTest::addColumn<int>("how");
        QTest::addColumn<QString>("expected");
        const QString error = QStringLiteral("throws ObjectDestroyed");
        QTest::newRow("then yields") << 0 << QStringLiteral("reset, local, ") + error;
        QTest::newRow("then waits") << 1 << QStringLiteral("reset, local, ") + error;
        QTest::newRow("then ends") << 2 << QStringLiteral("reset, behind, local, ") + error;
        QTest::newRow("after a wait, then waits") << 3 << QStringLiteral("reset, local, ") + error;
        QTest::newRow("then waits, and its end completes the wait") << 5 << QStringLiteral("reset, local, ") + error;
        QTest::newRow("then unwinds") << 4 << QStringLiteral("reset, behind, local, ") + error;
    }
    void destroysItself()
    {
        QFETCH(const int, how);
        std::unique_ptr<Stream<int>> s;
        s = std::make_unique<Stream<int>>(suicidal(log, s, g, how));
        const auto asks = [&]() -> Task<> {
            try {
                co_await s->next();
            } catch (...) {
                log << QStringLiteral("throws ") + text(std::current_exception());
            }
            co_await a.wait();
        };
        C = scope->spawn(asks);
        if (how == 3) {
            QCOMPARE(result(), "pending");
            g.set();
            settle();
        }
        QFETCH(const QString, expected);
        QCOMPARE(result(), expected);
        settle();
        QVERIFY(!C.isFinished());
        open(a);
        QVERIFY(C.isFinished() && !C.isCancelled());
    }

    // Law L13: what dies with the body destroys the stream that is being closed.
    void closeDestroys()
    {
        std::unique_ptr<Stream<int>> s;
        const auto body = [](std::unique_ptr<Stream<int>> &self) -> Stream<int> {
            const OnDestruction resets([&self] { self.reset(); });
            co_yield 1;
        };
        s = std::make_unique<Stream<int>>(body(s));
        ask(*s);
        close(*s);
        QCOMPARE(result(), "1, closed");
        QVERIFY(!s);
    }

    // The error of a body that has destroyed its stream is not lost.
    void destroyedBodyThrows()
    {
        collectUnhandled();
        std::unique_ptr<Stream<int>> s;
        const auto body = [](std::unique_ptr<Stream<int>> &self) -> Stream<int> {
            self.reset();
            throw E();
            co_yield 1;
        };
        s = std::make_unique<Stream<int>>(body(s));
        ask(*s);
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
        QCOMPARE(unhandled, QStringList({"E"}));
    }

    // Law L14: a child of an operation that the body waits in destroys the stream.
    void childDestroysStream()
    {
        std::unique_ptr<Stream<int>> s;
        s = std::make_unique<Stream<int>>(gathering(log, s, a, b));
        const auto asks = [&]() -> Task<> {
            try {
                co_await s->next();
            } catch (...) {
                log << QStringLiteral("throws ") + text(std::current_exception());
            }
        };
        C = scope->spawn(asks);
        open(a);
        QCOMPARE(result(), "reset, child, body, throws ObjectDestroyed");
    }

    // Law L14: as above, and who asks goes on, and ends, in an event loop of the child.
    void childDestroysStreamInATaskLocal()
    {
        TaskLocal<int> local{0};
        std::unique_ptr<Stream<int>> s;
        const auto child = [&]() -> Task<> {
            co_await a.wait();
            s.reset();
            settle();
            log << QStringLiteral("child sees %1").arg(local.get());
            co_await waitForever();
        };
        const auto inside = [&]() -> Task<> { co_await gather(child(), waitForever()); };
        const auto body = [&]() -> Stream<int> {
            co_await local.with(5, inside);
            co_yield 1;
        };
        s = std::make_unique<Stream<int>>(body());
        const auto asks = [&]() -> Task<> {
            try {
                co_await s->next();
            } catch (const ObjectDestroyed &) {
                log << QStringLiteral("sees %1").arg(local.get());
            }
        };
        scope->spawn(asks);
        open(a);
        QCOMPARE(result(), "sees 0, child sees 5");
    }

    // Law L14: a body that destroys the scope of its consumer gets to its co_yield.
    void consumerIsDoomed()
    {
        auto own = std::make_unique<TaskScope>();
        const auto body = [&]() -> Stream<int> {
            own.reset();
            log << QStringLiteral("reset");
            co_yield 1;
            log << QStringLiteral("again");
            co_yield 2;
        };
        auto s = body();
        own->spawn(consumes(log, s, 2));
        QCOMPARE(log.take(), QStringList({"reset"}));
        ask(s);
        QCOMPARE(result(), "again, 2");
    }

    // Law L5: streams of streams.
    void deepNesting()
    {
        auto s = nested(100'000);
        askAll(s);
        QCOMPARE(result(), "1, 2, end");
    }

    void STREAMS_FOREACH_N1()
    {
        const auto loop = [&](int last) -> Task<> {
            QCORO_FOREACH(const int x, upTo(last))
                log << QString::number(x);
            log << QStringLiteral("over");
        };
        scope->spawn(loop(3));
        QCOMPARE(result(), "1, 2, 3, over");
        scope->spawn(loop(0));
        QCOMPARE(result(), "over");
        QCoro::waitFor(inQCoro(log));
        QCOMPARE(result(), "1, 2, 3, over");
    }

    void STREAMS_FOREACH_N2()
    {
        const auto loop = [&](int how) -> Task<> {
            QCORO_FOREACH(const int x, upTo(3)) {
                if (how == 1 && x == 2)
                    break;
                if (how == 2 && x == 2)
                    co_return;
                if (how == 3 && x == 2)
                    throw E();
            }
            log << QString::number(InstanceCounter::count());
        };
        scope->onError([](std::exception_ptr, const TaskInfo &) { });
        for (const int how : {0, 1, 2, 3}) {
            scope->spawn(loop(how));
            QCOMPARE(InstanceCounter::count(), 0);
        }
        settle();
        QCOMPARE(result(), "0, 0");
    }

    void STREAMS_FOREACH_N3()
    {
        auto s = throwing(log, 1);
        const auto loop = [&](Stream<int> &stream) -> Task<> {
            QCORO_FOREACH(const int x, stream)
                log << QString::number(x);
        };
        const auto first = scope->spawn(textOf(loop(s)));
        QCOMPARE(text(first), "throws E");
        QCOMPARE(result(), "1, local");
        auto t = withLocals(log, g);
        C = scope->spawn(loop(t));
        cancel(C);
        QVERIFY(C.isCancelled());
        QCOMPARE(result(), "inner, b, a");
    }

    void STREAMS_FOREACH_N4()
    {
        std::vector<std::unique_ptr<int>> taken;
        const auto loop = [&]() -> Task<> {
            QCORO_FOREACH(auto &x, pointers(log))
                taken.push_back(std::move(x));
        };
        scope->spawn(loop);
        QCOMPARE(show(taken), "[*1, *2]");
        log.take();
    }

    void STREAMS_FOREACH_N5()
    {
        qint64 sum = 0;
        qint64 allocations = 0;
        auto s = upTo(1'000'000);
        scope->spawn(sumOf(s, sum, allocations));
        QCOMPARE(sum, qint64(500'000'500'000));
        if (canCountAllocations)
            QCOMPARE(allocations, 0);
    }
};

QTEST_GUILESS_MAIN(TestStream)
#include "tst_stream.moc"
