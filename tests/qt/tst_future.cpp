// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/future.h>
#include <CoDrive/tasks/shield.h>

#include "sender.h"
#include "words.h"

#include <QException>
#include <QFuture>
#include <QPromise>
#include <QRandomGenerator>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

using namespace Words;
using namespace std::chrono_literals;

namespace {

class QtError : public QException
{
public:
    void raise() const override { throw *this; }
    QtError *clone() const override { return new QtError(*this); }
    const char *what() const noexcept override { return "QtError"; }
};

template<typename T>
Task<> waiter(EventLog &log, QFuture<T> future)
{
    const InstanceCounter alive;
    QString result;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await future;
            result = QStringLiteral("value");
        } else {
            const T value = co_await future;
            result = text(Outcome<T>::success(value));
        }
    } catch (...) {
        result = QStringLiteral("throws ") + text(std::current_exception());
    }
    log << result;
}

template<typename T>
QPromise<T> started()
{
    QPromise<T> promise;
    promise.start();
    return promise;
}

} // namespace

class TestFuture : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void QT_FUTURE_N1()
    {
        Worker t;
        auto promise = started<int>();
        auto voidPromise = started<void>();
        QThread *resumedOn = nullptr;
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            const QFuture<int> future = promise.future();
            const int value = co_await future;
            resumedOn = QThread::currentThread();
            log << QString::number(value);
        });
        scope.spawn(waiter(log, voidPromise.future()));
        t.run([&] {
            promise.addResult(5);
            promise.finish();
            voidPromise.finish();
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"5", "value"}));
        QCOMPARE(resumedOn, QThread::currentThread());

        scope.spawn(waiter(log, promise.future()));
        scope.spawn(waiter(log, voidPromise.future()));
        QCOMPARE(log.take(), QStringList({"5", "value"}));
    }

    void QT_FUTURE_N2()
    {
        auto promise = started<std::unique_ptr<int>>();
        int result = 0;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            QFuture<std::unique_ptr<int>> future = promise.future();
            const std::unique_ptr<int> value = co_await std::move(future);
            result = *value;
        });
        promise.addResult(std::make_unique<int>(5));
        promise.finish();
        waitForEnd(scope);
        QCOMPARE(result, 5);
    }

    void lvalueKeepsTheResult()
    {
        auto promise = started<QString>();
        promise.addResult(QStringLiteral("x"));
        promise.finish();
        QFuture<QString> future = promise.future();
        QCOMPARE(run(future), "x");
        QCOMPARE(run(toTask(future)), "x");
        QVERIFY(future.isValid());
        QCOMPARE(run(std::move(future)), "x");
        QVERIFY(!promise.future().isValid());
    }

    void QT_FUTURE_N3_data()
    {
        QTest::addColumn<bool>("before");
        QTest::addColumn<bool>("isQException");
        QTest::addColumn<bool>("finishes");
        for (const bool before : {true, false}) {
            for (const bool isQException : {true, false}) {
                for (const bool finishes : {true, false})
                    QTest::addRow("%s, %s, %s", before ? "before" : "during",
                                  isQException ? "QException" : "exception_ptr",
                                  finishes ? "finish()" : "no finish()")
                        << before << isQException << finishes;
            }
        }
    }

    void QT_FUTURE_N3()
    {
        QFETCH(const bool, before);
        QFETCH(const bool, isQException);
        QFETCH(const bool, finishes);
        auto promise = started<int>();
        EventLog log;
        TaskScope scope;
        const auto fail = [&] {
            if (isQException)
                promise.setException(QtError());
            else
                promise.setException(std::make_exception_ptr(E()));
            if (finishes)
                promise.finish();
        };
        if (before)
            fail();
        scope.spawn([&]() -> Task<> {
            try {
                co_await promise.future();
            } catch (const QtError &) {
                log << "QtError";
            } catch (const E &) {
                log << "E";
            }
        });
        if (!before)
            fail();
        QVERIFY(promise.future().isCanceled());
        settle();
        QCOMPARE(log.take(), QStringList(isQException ? "QtError" : "E"));
    }

    void QT_FUTURE_N4()
    {
        auto promise = started<int>();
        promise.future().cancel();
        promise.finish();
        auto unfinished = started<int>();
        unfinished.future().cancel();
        EventLog log;
        TaskScope scope;
        scope.spawn(waiter(log, promise.future()));
        scope.spawn(waiter(log, unfinished.future()));
        scope.spawn(waiter(log, QFuture<int>()));
        scope.spawn(waiter(log, QFuture<void>()));
        QCOMPARE(log.take(), QStringList({"throws Cancelled", "throws Cancelled",
                                          "throws Cancelled", "throws Cancelled"}));
    }

    void QT_FUTURE_N5()
    {
        auto promise = started<int>();
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            const QString result = co_await textOf(promise.future());
            log << result;
            co_await yieldNow();
            log << "goes on";
        });
        promise.future().cancel();
        settle();
        QVERIFY(!promise.future().isFinished());
        QCOMPARE(log.take(), QStringList({"throws Cancelled", "goes on"}));
    }

    void droppedPromise()
    {
        auto promise = std::make_unique<QPromise<int>>(started<int>());
        EventLog log;
        TaskScope scope;
        scope.spawn(waiter(log, promise->future()));
        promise.reset();
        settle();
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
    }

    void QT_FUTURE_N7()
    {
        auto promise = started<int>();
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(waiter(log, promise.future()));
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QVERIFY(promise.future().isCanceled());
        QVERIFY(!promise.future().isFinished());
        promise.addResult(5);
        promise.finish();
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void destroyedWaiterCancels()
    {
        auto promise = started<int>();
        EventLog log;
        {
            TaskScope scope;
            scope.spawn(waiter(log, promise.future()));
        }
        QVERIFY(promise.future().isCanceled());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QT_FUTURE_N8()
    {
        auto promise = started<int>();
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, promise.future()));
        promise.addResult(5);
        promise.finish();
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
        QVERIFY(handle.isCancelled());
        QVERIFY(!promise.future().isCanceled());
    }

    void QT_FUTURE_N9()
    {
        auto promise = started<int>();
        auto voidPromise = started<void>();
        EventLog log;
        TaskScope scope;
        scope.spawn(waiter(log, promise.future()));
        scope.spawn(waiter(log, voidPromise.future()));
        promise.addResult(5);
        promise.finish();
        promise.future().cancel();
        voidPromise.finish();
        voidPromise.future().cancel();
        settle();
        QCOMPARE(log.take(), QStringList({"5", "value"}));
        scope.spawn(waiter(log, promise.future()));
        QCOMPARE(log.take(), QStringList("5"));
    }

    void QT_FUTURE_N10()
    {
        {
            auto promise = started<int>();
            EventLog log;
            TaskScope scope;
            scope.spawn(waiter(log, promise.future()));
            scope.spawn(waiter(log, promise.future()));
            const QFuture<void> then
                = promise.future().then([&](int value) { log << QString::number(value + 1); });
            promise.addResult(5);
            promise.finish();
            settle();
            QStringList events = log.take();
            events.sort();
            QCOMPARE(events, QStringList({"5", "5", "6"}));
        }
        auto promise = started<int>();
        EventLog log;
        TaskScope scope;
        auto first = scope.spawn(waiter(log, promise.future()));
        scope.spawn(waiter(log, promise.future()));
        cancel(first);
        QCOMPARE(log.take(), QStringList("throws Cancelled"));
        QVERIFY(first.isCancelled());
    }

    void QT_FUTURE_N11()
    {
        auto promise = started<int>();
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, shield(promise.future())));
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QVERIFY(!promise.future().isCanceled());
        promise.addResult(5);
        promise.finish();
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void QT_FUTURE_N13()
    {
        auto promise = started<int>();
        auto empty = started<int>();
        EventLog log;
        TaskScope scope;
        scope.spawn(waiter(log, promise.future()));
        scope.spawn(waiter(log, empty.future()));
        for (int i = 1; i <= 3; ++i)
            promise.addResult(i);
        settle();
        QCOMPARE(log.take(), QStringList());
        promise.finish();
        empty.finish();
        settle();
        QCOMPARE(log.take(), QStringList({"1", "throws logic_error"}));
    }

    void resultWasTaken()
    {
        auto promise = started<int>();
        EventLog log;
        TaskScope scope;
        const auto takes = [&]() -> Task<> {
            const int value = co_await promise.future();
            log << QString::number(value);
        };
        scope.spawn(takes);
        scope.spawn(waiter(log, promise.future()));
        promise.addResult(5);
        promise.finish();
        settle();
        QCOMPARE(log.take(), QStringList({"5", "throws logic_error"}));
        scope.spawn(waiter(log, promise.future()));
        QCOMPARE(log.take(), QStringList("throws logic_error"));
    }

    void QT_FUTURE_N14()
    {
        Worker t;
        auto promise = started<int>();
        std::atomic<bool> isOver = false;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(waiter(log, promise.future()));
        t.post([&] {
            while (!promise.isCanceled())
                QThread::yieldCurrentThread();
            promise.finish();
            isOver = true;
        });
        cancel(handle);
        t.run([] {});
        t.end();
        QVERIFY(isOver);
        QVERIFY(handle.isCancelled());
    }

    void AD_FSTATE_09()
    {
        Worker t;
        auto promise = started<int>();
        QThread *resumedOn = nullptr;
        TaskScope scope;
        const auto handle = scope.spawn([&]() -> Task<int> {
            const int value = co_await promise.future();
            resumedOn = QThread::currentThread();
            co_return value;
        });
        t.run([&] { Outcome<int>::success(5).transferTo(promise); });
        waitForEnd(scope);
        t.end();
        QCOMPARE(text(handle), "5");
        QCOMPARE(resumedOn, QThread::currentThread());
    }

    void QT_FUTURE_N15()
    {
        const quint32 seed = QRandomGenerator::global()->generate();
        const auto note = qScopeGuard([seed] {
            if (QTest::currentTestFailed())
                qInfo("seed %u", seed);
        });
        QRandomGenerator random(seed);
        std::array<Worker, 4> threads;
        EventLog log;
        TaskScope scope;
        std::vector<TaskHandle<>> handles;
        const int rounds = 2000;
        for (int i = 0; i < rounds; ++i) {
            auto promise = std::make_shared<QPromise<int>>();
            promise->start();
            handles.push_back(scope.spawn(waiter(log, promise->future())));
            const auto end = random.bounded(4);
            threads[random.bounded(4U)].post([promise = std::move(promise), end]() mutable {
                if (end == 0)
                    promise->addResult(5);
                if (end <= 1)
                    promise->finish();
                if (end == 2)
                    promise->setException(std::make_exception_ptr(E()));
                promise.reset();
            });
            if (random.bounded(2) == 0)
                handles[random.bounded(static_cast<quint32>(handles.size()))].cancel();
            if (random.bounded(8) == 0)
                settle();
        }
        waitForEnd(scope);
        const auto cancelled = std::count_if(handles.begin(), handles.end(),
                                             [](const auto &handle) { return handle.isCancelled(); });
        QCOMPARE(cancelled + log.take().size(), rounds);
        for (Worker &thread : threads)
            thread.end();
    }
};

QTEST_GUILESS_MAIN(TestFuture)
#include "tst_future.moc"
