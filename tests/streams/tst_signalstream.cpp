// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// ctest: CROSSES_THREADS ON

#include "allocations.h"
#include "streamstest.h"
#include "sender.h"

#include <CoDrive/streams/signalstream.h>
#include <CoDrive/tasks/timeout.h>

#include <QCoreApplication>
#include <QRegularExpression>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

using namespace Words;

namespace {

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

} // namespace

class TestSignalStream : public QObject, private StreamsTest
{
    Q_OBJECT

private:
    std::unique_ptr<S> sender;

private Q_SLOTS:
    void init()
    {
        begin();
        sender = std::make_unique<S>();
    }
    void cleanup()
    {
        QCOMPARE(end(), QString());
        sender.reset();
    }

    // QT-SIGSTREAM-N1 and the end of -N9 are here, -N4 is STREAMS-SIGNAL-N2, -N5 and -N6 are STREAMS-SIGNAL-N4, -N7 is
    // STREAMS-SIGNAL-N7, -N8 is STREAMS-SIGNAL-N5.
    void STREAMS_SIGNAL_N1()
    {
        Q_EMIT sender->one(0);
        auto s = signalStream(sender.get(), &S::one);
        QVERIFY(!s.size());
        Q_EMIT sender->one(1);
        Q_EMIT sender->one(2);
        ask(s, 2);
        QVERIFY(C.isFinished());
        QCOMPARE(result(), "1, 2");
        ask(s);
        QCOMPARE(result(), "pending");
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument, (void)signalStream(static_cast<S *>(nullptr), &S::one));
    }

    void STREAMS_SIGNAL_N2()
    {
        auto s = signalStream(sender.get(), &S::one);
        ask(s, 2);
        const auto emits = [&]() -> Task<> {
            Q_EMIT sender->one(1);
            log << QStringLiteral("emitted");
            Q_EMIT sender->one(2);
            co_await yieldNow();
        };
        scope->spawn(emits);
        QCOMPARE(result(), "emitted");
        settle();
        QCOMPARE(result(), "1, 2");
    }

    void STREAMS_SIGNAL_N3()
    {
        auto s = signalStream(sender.get(), &S::one);
        Q_EMIT sender->one(1);
        Q_EMIT sender->one(2);
        sender.reset();
        askAll(s);
        QCOMPARE(result(), "1, 2, end");
        sender = std::make_unique<S>();
        auto t = signalStream(sender.get(), &S::one);
        ask(t);
        sender.reset();
        QCOMPARE(result(), "pending");
        settle();
        QCOMPARE(result(), "end");
    }

    void STREAMS_SIGNAL_N4()
    {
        auto s = signalStream(sender.get(), &S::one);
        ask(s);
        cancel(C);
        QCOMPARE(result(), "cancelled");
        ask(s);
        Q_EMIT sender->one(1);
        C.cancel();
        settle();
        QCOMPARE(result(), "1 kept");
        auto own = std::make_unique<TaskScope>();
        own->spawn(consumes(log, s, 1));
        Q_EMIT sender->one(2);
        own.reset();
        ask(s);
        QCOMPARE(result(), "2");
        ask(s);
        C.cancel();
        Q_EMIT sender->one(3);
        settle();
        QCOMPARE(result(), "cancelled");
        ask(s);
        QCOMPARE(result(), "3");
    }

    void STREAMS_SIGNAL_N5()
    {
        Worker worker;
        S *remote = nullptr;
        worker.run([&] { remote = new S; });
        auto s = signalStream(remote, &S::one);
        int next = 0;
        bool isHere = true;
        const auto counts = [&]() -> Task<> {
            QCORO_FOREACH(const int item, s) {
                next += item == next ? 1 : 0;
                isHere = isHere && QThread::currentThread() == thread();
            }
        };
        scope->spawn(counts);
        worker.post([remote] {
            for (int i = 0; i < 10'000; ++i)
                Q_EMIT remote->one(i);
            delete remote;
        });
        waitForEnd(*scope);
        QCOMPARE(next, 10'000);
        QVERIFY(isHere);
        worker.end();
    }

    void STREAMS_SIGNAL_N5_whoAsksIsCancelled()
    {
        constexpr int count = 3'000;
        Worker worker;
        S *remote = nullptr;
        worker.run([&] { remote = new S; });
        auto s = signalStream(remote, &S::one);
        int next = 0;
        const auto reads = [&]() -> Task<> {
            bool isOver = false;
            while (!isOver) {
                const std::optional<std::optional<int>> item = co_await moveOnAfter(50us, s.next());
                isOver = item && !*item;
                next += item && *item == next ? 1 : 0;
            }
        };
        scope->spawn(reads());
        worker.post([remote] {
            for (int i = 0; i < count; ++i) {
                Q_EMIT remote->one(i);
                if (i % 100 == 0)
                    std::this_thread::sleep_for(100us);
            }
            delete remote;
        });
        waitForEnd(*scope);
        QCOMPARE(next, count);
        worker.end();
    }

    void severalStreamsOfASenderElsewhere()
    {
        Worker worker;
        S *remote = nullptr;
        worker.run([&] { remote = new S; });
        auto values = signalStream(remote, &S::one);
        auto pairs = signalStream(remote, &S::two);
        worker.post([remote] {
            Q_EMIT remote->one(1);
            Q_EMIT remote->two(2, QStringLiteral("x"));
            Q_EMIT remote->one(3);
            delete remote;
        });
        askAll(values);
        askToo(pairs);
        waitForEnd(*scope);
        const QStringList items = log.take();
        QCOMPARE(items.filter(QRegularExpression(QStringLiteral("^[13e]"))), QStringList({"1", "3", "end"}));
        QVERIFY(items.contains(QStringLiteral("(2, x)")));
        worker.end();
    }

    void emittedByAnotherThreadThanTheSenders()
    {
        auto s = signalStream(sender.get(), &S::one);
        constexpr int threadCount = 3;
        std::vector<std::thread> threads;
        for (int i = 0; i < threadCount; ++i) {
            threads.emplace_back([&, i] {
                for (int n = 0; n < 1'000; ++n)
                    Q_EMIT sender->one(n * threadCount + i);
            });
        }
        std::vector<int> last(threadCount, -1);
        int misplaced = 0;
        const auto reads = [&]() -> Task<> {
            for (int i = 0; i < threadCount * 1'000; ++i) {
                const std::optional<int> item = co_await s.next();
                int &before = last[static_cast<std::size_t>(*item % threadCount)];
                misplaced += before >= *item ? 1 : 0;
                before = *item;
            }
        };
        scope->spawn(reads());
        waitForEnd(*scope);
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(misplaced, 0);
    }

    void goneWhileASenderElsewhereEmits_data()
    {
        QTest::addColumn<QString>("what");
        for (const char *const what : {"destroyed", "closed", "the sender too"})
            QTest::newRow(what) << what;
    }
    void goneWhileASenderElsewhereEmits()
    {
        QFETCH(const QString, what);
        Worker worker;
        for (int i = 0; i < 200; ++i) {
            S *remote = nullptr;
            worker.run([&] { remote = new S; });
            auto s = std::make_unique<Stream<int>>(signalStream(remote, &S::one));
            C = scope->spawn(readsAll(*s));
            std::atomic<bool> isOver = false;
            const bool diesWithIt = what == QLatin1String("the sender too");
            worker.post([&isOver, diesWithIt, remote] {
                for (int n = 0; !isOver && n < (diesWithIt ? 20 : 500); ++n)
                    Q_EMIT remote->one(n);
                delete remote;
            });
            for (int turn = 0; turn < i % 5; ++turn)
                QCoreApplication::processEvents();
            if (what == QLatin1String("closed")) {
                scope.emplace();
                close(*s);
            } else {
                s.reset();
            }
            isOver = true;
            worker.run([] { });
            settle();
            scope.emplace();
            log.take();
        }
        worker.end();
    }

    void theConsumersThreadEnds()
    {
        std::optional<Stream<int>> s;
        std::thread consumer([&] {
            s = signalStream(sender.get(), &S::one);
            std::optional<int> first;
            const auto reads = [&]() -> Task<> { first = co_await s->next(); };
            Q_EMIT sender->one(1);
            run(reads());
        });
        consumer.join();
        Q_EMIT sender->one(2);
        QVERIFY(sender->isConnected());
        s.reset();
        QVERIFY(!sender->isConnected());
    }

    void STREAMS_SIGNAL_N6()
    {
        auto none = signalStream(sender.get(), &S::none);
        auto one = signalStream(sender.get(), &S::one);
        auto two = signalStream(sender.get(), &S::two);
        auto priv = signalStream(sender.get(), &S::priv);
        QTimer timer;
        auto timeouts = signalStream(&timer, &QTimer::timeout);
        static_assert(std::is_same_v<decltype(timeouts), Stream<std::monostate>>);
        static_assert(std::is_same_v<decltype(priv), Stream<int>>);
        Q_EMIT sender->none();
        Q_EMIT sender->one(1);
        Q_EMIT sender->two(2, QStringLiteral("x"));
        sender->emitPriv(3);
        ask(none);
        ask(one);
        ask(two);
        ask(priv);
        QCOMPARE(result(), "-, 1, (2, x), 3");
    }

    void STREAMS_SIGNAL_N7()
    {
        {
            auto s = signalStream(sender.get(), &S::one);
            QVERIFY(sender->isConnected());
            Q_EMIT sender->one(1);
        }
        QVERIFY(!sender->isConnected());
        auto s = signalStream(sender.get(), &S::one);
        Q_EMIT sender->one(1);
        close(s);
        QVERIFY(!sender->isConnected());
        Q_EMIT sender->one(2);
        ask(s);
        QCOMPARE(result(), "closed, end");
    }

    void QT_SIGSTREAM_N2()
    {
        auto s = signalStream(sender.get(), &S::one);
        int next = 0;
        const auto reads = [&]() -> Task<> {
            QCORO_FOREACH(const int item, s) {
                co_await g.wait();
                g.clear();
                next += item == next ? 1 : 0;
            }
        };
        scope->spawn(reads);
        for (int i = 0; i < 1000; ++i)
            Q_EMIT sender->one(i);
        settle();
        QCOMPARE(next, 0);
        for (int i = 0; i < 1000; ++i)
            open(g);
        QCOMPARE(next, 1000);
    }

    void QT_SIGSTREAM_N9()
    {
        auto s = signalStream(sender.get(), &S::one);
        ask(s);
        ask(s);
        QCOMPARE(result(), "throws logic_error");
        Q_EMIT sender->one(5);
        settle();
        QCOMPARE(result(), "5");
    }

    void disconnectedBySomebodyElse_data()
    {
        QTest::addColumn<bool>("all");
        QTest::newRow("all signals") << true;
        QTest::newRow("the signal") << false;
    }
    void disconnectedBySomebodyElse()
    {
        QFETCH(const bool, all);
        auto s = signalStream(sender.get(), &S::one);
        Q_EMIT sender->one(1);
        askAll(s);
        if (all)
            sender->disconnect();
        else
            disconnect(sender.get(), &S::one, nullptr, nullptr);
        Q_EMIT sender->one(2);
        QCOMPARE(result(), "1");
        settle();
        QCOMPARE(result(), "end");
        close(s);
        QVERIFY(!sender->isConnected());
    }

    void emissionThatCannotBeKept()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer no allocation fails");
        auto s = signalStream(sender.get(), &S::one);
        int count = 0;
        bool hasFailed = false;
        for (; !hasFailed; ++count) {
            const FailingAllocation failing(0);
            Q_EMIT sender->one(count);
            hasFailed = failing.hasFailed();
        }
        Q_EMIT sender->one(count);
        ask(s, count - 1);
        log.take();
        ask(s);
        QCOMPARE(result(), "throws bad_alloc");
        QVERIFY(!sender->isConnected());
        ask(s);
        QCOMPARE(result(), "end");
    }

    void destroyedWhileWaiting()
    {
        auto s = std::make_unique<Stream<int>>(signalStream(sender.get(), &S::one));
        ask(*s);
        s.reset();
        Q_EMIT sender->one(1);
        settle();
        QCOMPARE(result(), "throws ObjectDestroyed");
    }
};

QTEST_GUILESS_MAIN(TestSignalStream)
#include "tst_signalstream.moc"
