// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"
#include "sender.h"

#include <CoDrive/streams/signalstream.h>

using namespace Words;

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
        const auto reads = [&]() -> Task<> {
            QCORO_FOREACH(const int item, s) {
                next += item == next ? 1 : 0;
                isHere = isHere && QThread::currentThread() == thread();
            }
        };
        scope->spawn(reads);
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
