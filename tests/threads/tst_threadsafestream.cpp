// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "../streams/streamstest.h"
#include "remote.h"

#include <CoDrive/core/unhandled.h>
#include <CoDrive/streams/amass.h>
#include <CoDrive/streams/queuestream.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/threads/threadsafestream.h>

#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>

using namespace Words;

namespace {

/// What threadsafeStream() gives on \a thread for what \a make gives there.
template<typename Thread, typename Make>
auto across(Thread &thread, Make make)
{
    decltype(threadsafeStream(make())) stream;
    thread.call([&] { stream = threadsafeStream(make()); });
    return stream;
}

/// 1, 2, ...; notes whether it ran in another thread than \a thread, and where its frame died.
Stream<int> telling(std::thread::id thread, std::atomic<bool> &wasElsewhere,
                    std::atomic<std::thread::id> &diedIn)
{
    const InstanceCounter alive;
    const NotesDestruction note(diedIn);
    for (int i = 1;; ++i) {
        wasElsewhere = wasElsewhere || std::this_thread::get_id() != thread;
        co_yield i;
    }
}

/// 1, then an E.
Stream<int> failingAfterOne()
{
    const InstanceCounter alive;
    co_yield 1;
    throw E();
}

/// 1, 2, ..., \a last, each after a turn.
Stream<int> slowlyUpTo(int last)
{
    const InstanceCounter alive;
    for (int i = 1; i <= last; ++i) {
        co_await yieldNow();
        co_yield i;
    }
}

/// Keeps the thread of a loop busy, outside of its loop.
class Blocked
{
public:
    enum After { ThenOn, ThenQuit };

    explicit Blocked(LoopThread &loop, After after = ThenOn)
        : m_caller([this, &loop, after] {
            const auto block = [this] {
                m_isBlocked.release();
                m_goesOn.acquire();
            };
            if (after == ThenOn)
                loop.call(block);
            else
                loop.quitAfter(block);
        })
    {
        m_isBlocked.acquire();
    }
    Blocked(Blocked &&) = delete;
    ~Blocked()
    {
        m_goesOn.release();
        m_caller.join();
    }

private:
    std::binary_semaphore m_isBlocked{0};
    std::binary_semaphore m_goesOn{0};
    std::thread m_caller;
};

/// Asks \a stream until it ends, or is destroyed.
Task<> readsAll(Stream<int> &stream)
{
    const InstanceCounter alive;
    bool isOver = false;
    while (!isOver) {
        try {
            const std::optional<int> item = co_await stream.next();
            isOver = !item;
        } catch (const ObjectDestroyed &) {
            isOver = true;
        }
    }
}

/// Waits at \a gate, then gives 1, and so on.
Stream<int> gatedBy(ThreadsafeEvent &gate, RemoteProbe &seen)
{
    const InstanceCounter alive;
    for (int i = 1;; ++i) {
        seen.entered = true;
        co_await gate.wait();
        co_yield i;
    }
}

} // namespace

class TestThreadsafeStream : public QObject, private StreamsTest
{
    Q_OBJECT

private:
    std::optional<LoopThread> W;
    std::optional<ThreadsafeEvent> a, h;
    std::optional<RemoteProbe> seen;

    void settleBoth() { settleAll(*W); }
    void cancelBoth()
    {
        C.cancel();
        settleBoth();
    }
    void openBoth(ThreadsafeEvent &gate)
    {
        gate.set();
        settleBoth();
    }

private Q_SLOTS:
    void init()
    {
        begin();
        W.emplace();
        a.emplace();
        h.emplace();
        seen.emplace();
    }
    void cleanup()
    {
        W.reset();
        QCOMPARE(end(), QString());
    }

    void itemsAndTheEnd()
    {
        auto s = across(*W, [] { return upTo(3); });
        QVERIFY(!s.size());
        askAll(s);
        waitForEnd(*scope);
        QCOMPARE(result(), "1, 2, 3, end");
        ask(s);
        QCOMPARE(result(), "end");
        auto known = across(*W, [] { return std::vector<int>{4, 5}; });
        QCOMPARE(known.size(), std::optional<std::size_t>(2));
        askAll(known);
        waitForEnd(*scope);
        QCOMPARE(result(), "4, 5, end");
    }

    void eachSideInItsThread()
    {
        std::atomic<bool> wasElsewhere = false;
        std::atomic<std::thread::id> diedIn;
        auto s = std::make_unique<Stream<int>>(
            across(*W, [&] { return telling(W->id(), wasElsewhere, diedIn); }));
        ask(*s, 3);
        waitForEnd(*scope);
        QCOMPARE(result(), "1, 2, 3");
        s.reset();
        settleBoth();
        QVERIFY(!wasElsewhere);
        QVERIFY(diedIn.load() == W->id());
    }

    void nothingRunsAheadOfTheConsumer()
    {
        int given = 0;
        auto s = across(*W, [&] { return counting(given); });
        settleBoth();
        QCOMPARE(given, 0);
        ask(s, 2);
        waitForEnd(*scope);
        settleBoth();
        QCOMPARE(given, 2);
        result();
    }

    void AD_TSAI_02()
    {
        auto s = across(*W, [] { return failingAfterOne(); });
        askAll(s);
        waitForEnd(*scope);
        QCOMPARE(result(), "1, throws E, end");
    }

    void AD_TSAI_03_slow()
    {
        auto s = across(*W, [&] { return once(slow(*a, *h, *seen)); });
        ask(s);
        settleBoth();
        cancelBoth();
        QCOMPARE(seen->requests.load(), 1);
        QCOMPARE(result(), "pending");
        openBoth(*h);
        QCOMPARE(result(), "cancelled");
        ask(s);
        settleBoth();
        QCOMPARE(result(), "end");
    }

    void AD_TSAI_03_cancelledAgain()
    {
        auto s = across(*W, [&] { return once(slow(*a, *h, *seen)); });
        ask(s);
        settleBoth();
        cancelBoth();
        QCOMPARE(result(), "pending");
        cancelBoth();
        QCOMPARE(seen->requests.load(), 2);
        QCOMPARE(result(), "cancelled");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_TSAI_03_givesAllTheSame_data()
    {
        QTest::addColumn<QString>("expected");
        QTest::newRow("an item") << "2 kept";
        QTest::newRow("an error") << "throws dirty kept";
    }
    void AD_TSAI_03_givesAllTheSame()
    {
        QFETCH(const QString, expected);
        const bool isItem = expected.startsWith('2');
        auto s = across(*W, [&] {
            return once(isItem ? absorb(*a, *h, 2, *seen) : dirty(*a, *seen));
        });
        ask(s, 2);
        settleBoth();
        cancelBoth();
        QCOMPARE(seen->requests.load(), 1);
        openBoth(*h);
        QCOMPARE(result(), expected);
    }

    void AD_TSAI_03_sourceThatGoesOn()
    {
        std::optional<Queue<int>> queue;
        W->call([&] { queue.emplace(); });
        auto s = across(*W, [&] { return toStream(*queue); });
        ask(s);
        settleBoth();
        cancelBoth();
        QCOMPARE(result(), "cancelled");
        W->call([&] { queue->tryPut(5); });
        ask(s);
        settleBoth();
        QCOMPARE(result(), "5");
        W->call([&] { queue.reset(); });
    }

    void requestedBeforeTheAskHasBegun()
    {
        auto s = across(*W, [&] { return once(slow(*a, *h, *seen)); });
        {
            const Blocked blocked(*W);
            ask(s);
            C.cancel();
        }
        settleBoth();
        QVERIFY(seen->entered);
        QCOMPARE(seen->requests.load(), 1);
        QCOMPARE(result(), "pending");
        openBoth(*h);
        QCOMPARE(result(), "cancelled");
    }

    void completedIsDelivered()
    {
        auto s = across(*W, [] { return upTo(5); });
        ask(s, 2);
        W->call([] { settle(); }); // the answer is on its way
        C.cancel();
        settleBoth();
        QCOMPARE(result(), "1 kept");
        ask(s);
        settleBoth();
        QCOMPARE(result(), "2");
    }

    void AD_TSAI_04()
    {
        auto s = across(*W, [&] { return once(remote(*a, *seen, 7)); });
        ask(s);
        settleBoth();
        askToo(s);
        QCOMPARE(result(), "throws logic_error");
        End other;
        LoopThread V;
        V.spawn(noting(other, s.next()));
        QCOMPARE(other.text(), "throws logic_error");
        openBoth(*a);
        QCOMPARE(result(), "7");
    }

    void AD_TSAI_05_before()
    {
        auto s = across(*W, [] { return upTo(3); });
        auto t = across(*W, [] { return upTo(3); });
        W.reset();
        QVERIFY_THROWS_EXCEPTION(ThreadEnded, run(t.next()));
        ask(s, 2);
        QVERIFY(C.isFinished());
        QCOMPARE(result(), "throws CoDrive::threadsafeStream: its thread has ended, end");
    }

    void AD_TSAI_05_between()
    {
        auto s = across(*W, [] { return upTo(3); });
        ask(s);
        waitForEnd(*scope);
        QCOMPARE(InstanceCounter::count(), 1);
        W.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        ask(s, 2);
        QCOMPARE(result(), "1, throws CoDrive::threadsafeStream: its thread has ended, end");
        close(s);
        QCOMPARE(result(), "closed");
    }

    void AD_TSAI_05_meanwhile()
    {
        std::atomic<std::thread::id> diedIn;
        auto s = across(*W, [&] { return once(waiting(diedIn, seen->entered)); });
        const std::thread::id thread = W->id();
        ask(s, 2);
        settleBoth();
        QVERIFY(seen->entered);
        W.reset();
        settle();
        QCOMPARE(result(), "throws CoDrive::threadsafeStream: its thread has ended, end");
        QVERIFY(diedIn.load() == thread);
    }

    void AD_TSAI_05_beforeItSawTheOrder()
    {
        auto s = across(*W, [] { return upTo(3); });
        {
            const Blocked blocked(*W, Blocked::ThenQuit);
            ask(s);
        }
        settle();
        QCOMPARE(result(), "throws CoDrive::threadsafeStream: its thread has ended");
    }

    void closeWhileTheThreadEnds()
    {
        auto s = across(*W, [&] {
            std::vector<Task<int>> tasks;
            tasks.push_back(now(1));
            tasks.push_back(slow(*a, *h, *seen));
            return amass(std::move(tasks));
        });
        ask(s);
        waitForEnd(*scope);
        QCOMPARE(result(), "1");
        close(s);
        settleBoth();
        QCOMPARE(seen->requests.load(), 1);
        QCOMPARE(result(), "pending");
        W.reset();
        settle();
        QCOMPARE(result(), "closed");
    }

    void AD_TSAI_06_data()
    {
        QTest::addColumn<bool>("streamFirst");
        QTest::newRow("then the waiter is destroyed") << false;
        QTest::newRow("then the stream is destroyed") << true;
    }
    void AD_TSAI_06()
    {
        QFETCH(const bool, streamFirst);
        std::optional<Stream<int>> s = across(*W, [&] { return gatedBy(*a, *seen); });
        End dead;
        LoopThread V;
        V.spawn(noting(dead, s->next()));
        settleAll(*W, V);
        QVERIFY(seen->entered);
        V.quit();
        openBoth(*a);
        QCOMPARE(dead.text(), "waits");
        if (streamFirst) {
            s.reset();
            settleBoth();
            QCOMPARE(dead.text(), "waits");
        } else {
            V.destroyScope();
            ask(*s, 2);
            settleBoth();
            QCOMPARE(result(), "1, 2");
        }
        bool isAlive = false;
        W->call([&] { isAlive = true; });
        QVERIFY(isAlive);
    }

    void AD_TSAI_07()
    {
        auto s = std::make_unique<Stream<int>>(threadsafeStream(upTo(2)));
        ask(*s, 3);
        settle();
        QCOMPARE(result(), "1, 2, end");
        s = std::make_unique<Stream<int>>(threadsafeStream(once(slow(g, h1, &p))));
        ask(*s);
        settle();
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "pending");
        open(h1);
        QCOMPARE(result(), "cancelled");
        s = std::make_unique<Stream<int>>(threadsafeStream(once(never())));
        ask(*s);
        settle();
        s.reset();
        QCOMPARE(InstanceCounter::count(), 1); // C
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
        s = std::make_unique<Stream<int>>(threadsafeStream(upTo(2)));
        ask(*s);
        settle();
        close(*s);
        settle();
        QCOMPARE(result(), "1, closed");
    }

    void destroyedByItsOwnSource()
    {
        std::optional<Stream<int>> s;
        const auto destroys = [&]() -> Task<int> {
            const InstanceCounter alive;
            co_await yieldNow();
            s.reset();
            log << QStringLiteral("on");
            co_await waitForever();
            co_return 1;
        };
        s = threadsafeStream(once(destroys()));
        ask(*s);
        settle();
        QCOMPARE(result(), "on, throws ObjectDestroyed");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_TSAG_01()
    {
        std::atomic<bool> wasElsewhere = false;
        std::atomic<std::thread::id> diedIn;
        auto s = across(*W, [&] { return telling(W->id(), wasElsewhere, diedIn); });
        ask(s);
        waitForEnd(*scope);
        close(s);
        waitForEnd(*scope);
        QVERIFY(diedIn.load() == W->id());
        ask(s);
        QCOMPARE(result(), "1, closed, end");
    }

    void AD_TSAG_01_waitsForTheSource_data()
    {
        QTest::addColumn<bool>("isDirty");
        QTest::addColumn<QString>("expected");
        QTest::newRow("slow") << false << "closed";
        QTest::newRow("its error passes") << true << "throws dirty";
    }
    void AD_TSAG_01_waitsForTheSource()
    {
        QFETCH(const bool, isDirty);
        QFETCH(const QString, expected);
        auto s = across(*W, [&] {
            std::vector<Task<int>> tasks;
            tasks.push_back(now(1));
            if (isDirty)
                tasks.push_back(dirty(*a, *seen));
            tasks.push_back(slow(*a, *h, *seen));
            return amass(std::move(tasks));
        });
        ask(s);
        waitForEnd(*scope);
        QCOMPARE(result(), "1");
        close(s);
        settleBoth();
        QCOMPARE(seen->requests.load(), isDirty ? 2 : 1);
        QCOMPARE(result(), "pending");
        openBoth(*h);
        QCOMPARE(result(), expected);
    }

    void requestsWhileItCloses()
    {
        auto s = across(*W, [&] {
            std::vector<Task<int>> tasks;
            tasks.push_back(now(1));
            tasks.push_back(slow(*a, *h, *seen));
            return amass(std::move(tasks));
        });
        ask(s);
        waitForEnd(*scope);
        close(s);
        settleBoth();
        cancelBoth();
        QCOMPARE(seen->requests.load(), 1); // law L12
        cancelBoth();
        QCOMPARE(seen->requests.load(), 2);
        QCOMPARE(result(), "1, closed kept");
    }

    void AD_TSAG_02()
    {
        auto s = across(*W, [&] { return once(remote(*a, *seen, 7)); });
        ask(s);
        settleBoth();
        D = scope->spawn(closes(log, s));
        QCOMPARE(result(), "throws logic_error");
        openBoth(*a);
        QCOMPARE(result(), "7");
    }

    void AD_TSAG_03()
    {
        auto s = across(*W, [] { return upTo(1); });
        askAll(s);
        waitForEnd(*scope);
        QCOMPARE(result(), "1, end");
        for (int i = 0; i < 2; ++i) {
            close(s);
            waitForEnd(*scope);
            QCOMPARE(result(), "closed");
        }
        QVERIFY(C.isFinished());
        auto unasked = across(*W, [] { return upTo(1); });
        close(unasked);
        waitForEnd(*scope);
        ask(unasked);
        QCOMPARE(result(), "closed, end");
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_TSAG_N1()
    {
        std::atomic<std::thread::id> diedIn;
        std::optional<Stream<int>> s
            = across(*W, [&] { return once(waiting(diedIn, seen->entered)); });
        ask(*s);
        settleBoth();
        QVERIFY(seen->entered);
        {
            const Blocked blocked(*W);
            s.reset(); // does not wait for W
            QVERIFY(diedIn.load() == std::thread::id());
        }
        settleBoth();
        QVERIFY(diedIn.load() == W->id());
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void AD_TSAG_N1_withTheThread()
    {
        std::atomic<std::thread::id> diedIn;
        const std::thread::id thread = W->id();
        std::optional<Stream<int>> s
            = across(*W, [&] { return once(waiting(diedIn, seen->entered)); });
        ask(*s);
        settleBoth();
        {
            const Blocked blocked(*W, Blocked::ThenQuit);
            s.reset();
        }
        QVERIFY(diedIn.load() == thread);
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }

    void AD_TSAG_N2()
    {
        auto s = across(*W, [] {
            std::vector<std::unique_ptr<int>> pointers;
            pointers.push_back(std::make_unique<int>(1));
            pointers.push_back(std::make_unique<int>(2));
            return pointers;
        });
        askAll(s);
        waitForEnd(*scope);
        QCOMPARE(result(), "*1, *2, end");
    }

    void borrowed()
    {
        std::optional<Stream<int>> source;
        W->call([&] { source = upTo(9); });
        std::optional<Stream<int>> s;
        W->call([&] { s = threadsafeStream(*source); });
        ask(*s, 2);
        waitForEnd(*scope);
        close(*s);
        waitForEnd(*scope);
        QCOMPARE(result(), "1, 2, closed");
        W->call([&] { s = threadsafeStream(*source); });
        ask(*s);
        waitForEnd(*scope);
        QCOMPARE(result(), "3");
        W->call([&] { source.reset(); });
        ask(*s, 2);
        waitForEnd(*scope);
        QCOMPARE(result(), "throws ObjectDestroyed, end");
    }

    void whoAsksIsDestroyed()
    {
        auto s = across(*W, [&] { return gatedBy(*a, *seen); });
        ask(s);
        settleBoth();
        scope.emplace();
        QVERIFY(C.isCancelled());
        ask(s);
        settleBoth();
        QCOMPARE(result(), "pending");
        openBoth(*a);
        QCOMPARE(result(), "1");
        a->clear();
        ask(s);
        settleBoth();
        scope.emplace();
        openBoth(*a);
        ask(s, 2);
        settleBoth();
        QCOMPARE(result(), "2, 3");
    }

    void whoAsksIsDestroyedAfterARequest()
    {
        auto s = across(*W, [&] { return once(slow(*a, *h, *seen)); });
        ask(s);
        settleBoth();
        cancelBoth();
        QCOMPARE(seen->requests.load(), 1);
        scope.emplace();
        ask(s); // the request was not his
        settleBoth();
        QCOMPARE(result(), "pending");
        openBoth(*h);
        QCOMPARE(result(), "end");
    }

    void whatNobodyTook_data()
    {
        QTest::addColumn<QString>("end");
        QTest::addColumn<QString>("expected");
        QTest::newRow("closed") << "close" << "throws broken";
        QTest::newRow("destroyed") << "destroy" << "unhandled broken";
        QTest::newRow("destroyed before it came") << "destroy early" << "";
    }
    void whatNobodyTook()
    {
        QFETCH(const QString, end);
        QFETCH(const QString, expected);
        QStringList errors;
        setUnhandledErrorHandler([&](const std::exception_ptr &error, const TaskInfo &) {
            errors << QStringLiteral("unhandled ") + text(error);
        });
        std::optional<Stream<int>> s = across(*W, [&] { return once(failing(*a)); });
        ask(*s);
        settleBoth();
        scope.emplace();
        if (end == "destroy early") {
            s.reset();
            settleBoth();
        }
        openBoth(*a);
        QCOMPARE(errors, QStringList());
        if (end == "close") {
            close(*s);
            settleBoth();
            errors = log.take();
        }
        s.reset();
        settleBoth();
        QCOMPARE(errors.join(' '), expected);
    }

    void anItemThatNobodyTookDiesWithTheStream_data()
    {
        QTest::addColumn<bool>("isClosed");
        QTest::newRow("destroyed") << false;
        QTest::newRow("closed") << true;
    }
    void anItemThatNobodyTookDiesWithTheStream()
    {
        QFETCH(const bool, isClosed);
        using Pointer = std::shared_ptr<int>;
        const auto item = std::make_shared<int>(1);
        std::optional<Queue<Pointer>> queue;
        W->call([&] { queue.emplace(); });
        std::optional<Stream<Pointer>> s = across(*W, [&] { return toStream(*queue); });
        scope->spawn(s->next());
        settleBoth();
        scope.emplace();
        W->call([&] { queue->tryPut(item); });
        settleBoth();
        QCOMPARE(item.use_count(), 2);
        if (isClosed) {
            close(*s);
            waitForEnd(*scope);
            QCOMPARE(result(), "closed");
        } else {
            const Blocked blocked(*W);
            s.reset();
        }
        QCOMPARE(item.use_count(), 1);
        s.reset();
        settleBoth();
        W->call([&] { queue.reset(); });
    }

    void closeCancelsAnAskThatNobodyWaitsFor()
    {
        auto s = across(*W, [&] { return once(slow(*a, *h, *seen)); });
        ask(s);
        settleBoth();
        scope.emplace();
        close(s);
        settleBoth();
        QCOMPARE(seen->requests.load(), 1);
        QCOMPARE(result(), "pending");
        cancelBoth();
        QCOMPARE(seen->requests.load(), 1); // law L12
        cancelBoth();
        QCOMPARE(seen->requests.load(), 2);
        QCOMPARE(result(), "closed kept");
    }

    void aSourceThatUnwindsItself()
    {
        const auto unwinds = []() -> Task<int> {
            const InstanceCounter alive;
            co_await unwind();
            co_return 1;
        };
        auto s = across(*W, [&] { return once(unwinds()); });
        ask(s);
        settleBoth();
        QCOMPARE(result(), "cancelled");
    }

    void inAThreadLoop()
    {
        ThreadLoop worker("worker");
        const auto opens = []() -> Task<Stream<int>> { co_return threadsafeStream(slowlyUpTo(3)); };
        const auto body = [&]() -> Task<> {
            Stream<int> s = co_await worker.run(opens);
            QCORO_FOREACH(const int item, s)
                log << QString::number(item);
            Stream<int> t = co_await worker.run(opens);
            log << show(co_await t.next());
            co_await worker.close();
            log << co_await textOf(t.next());
        };
        scope->spawn(body());
        waitForEnd(*scope);
        QCOMPARE(result(), "1, 2, 3, 1, throws CoDrive::threadsafeStream: its thread has ended");
    }

    void manyItems()
    {
        constexpr int count = 5'000;
        auto s = across(*W, [] { return upTo(count); });
        int next = 1;
        const auto counts = [&]() -> Task<> {
            QCORO_FOREACH(const int item, s)
                next += item == next ? 1 : 0;
        };
        scope->spawn(counts());
        waitForEnd(*scope);
        QCOMPARE(next, count + 1);
    }

    void noneIsLostWhileNextIsCancelled()
    {
        constexpr int count = 500;
        // Whoever asks it while it waits is not unwound but gets the item, later.
        const auto source = []() -> Stream<int> {
            for (int i = 1; i <= count; ++i) {
                static_cast<void>(co_await attempt(sleepFor(std::chrono::microseconds(i % 3 * 50))));
                co_yield i;
            }
        };
        auto s = across(*W, source);
        int next = 1;
        const auto counts = [&]() -> Task<> {
            while (next <= count) {
                const std::optional<std::optional<int>> item = co_await moveOnAfter(100us, s.next());
                if (item && *item == next)
                    ++next;
            }
        };
        scope->spawn(counts());
        waitForEnd(*scope);
        QCOMPARE(next, count + 1);
    }

    void destroyedAtAnyTime()
    {
        for (int i = 0; i < 300; ++i) {
            auto s = std::make_unique<Stream<int>>(across(*W, [] { return slowlyUpTo(1'000); }));
            C = scope->spawn(readsAll(*s));
            const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(i % 20 * 20);
            while (std::chrono::steady_clock::now() < until)
                QCoreApplication::processEvents();
            if (i % 3 == 0)
                C.cancel();
            if (i % 3 == 1)
                scope.emplace();
            s.reset();
        }
        settleBoth();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void theThreadEndsAtAnyTime()
    {
        for (int i = 0; i < 100; ++i) {
            auto s = across(*W, [] { return slowlyUpTo(1'000'000); });
            ask(s, 1'000'000);
            const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(i % 20 * 20);
            while (std::chrono::steady_clock::now() < until)
                QCoreApplication::processEvents();
            W.emplace();
            waitForEnd(*scope);
            QCOMPARE(log.take().last(), "end");
        }
    }
};

QTEST_GUILESS_MAIN(TestThreadsafeStream)
#include "tst_threadsafestream.moc"
