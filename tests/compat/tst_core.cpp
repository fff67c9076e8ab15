// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/bridge.h>
#include <CoDrive/qt/future.h>
#include <CoDrive/qt/signal.h>
#include <CoDrive/qt/timer.h>

#include "compattest.h"
#include "device.h"
#include "sender.h"
#include "threadsanitizer.h"

#include <qcoroasyncgenerator.h>
#include <qcorofuture.h>
#include <qcoroiodevice.h>
#include <qcoroprocess.h>
#include <qcorosignal.h>
#include <qcorothread.h>
#include <qcorotimer.h>
#if __has_include(<qcorolazytask.h>)
#    include <qcorolazytask.h>
#endif

#include <QProcess>
#include <QSemaphore>

#include <chrono>
#include <memory>

using namespace Words;
using namespace std::chrono_literals;

namespace {

// --- QTimer ---

std::shared_ptr<std::unique_ptr<QTimer>> makeTimer()
{
    auto timer = std::make_unique<QTimer>();
    timer->setSingleShot(true);
    timer->start(1h);
    return std::make_shared<std::unique_ptr<QTimer>>(std::move(timer));
}

template<typename Start>
Wait timerWait(Start start)
{
    const auto timer = makeTimer();
    Wait wait = waitFor([timer, start]() -> decltype(auto) { return start(**timer); }, QStringLiteral("void"),
                        [timer] { (*timer)->start(0); });
    wait.isOver = [timer] { return !(*timer)->isActive(); };
    wait.afterCancelling = [timer] {
        return (*timer)->isActive() ? QStringLiteral("active") : QStringLiteral("stopped");
    };
    wait.leaves = QStringLiteral("active");
    wait.destroy = [timer] { timer->reset(); };
    wait.throws = QStringLiteral("throws ObjectDestroyed");
    return wait;
}

// --- signals ---

template<typename Start, typename Emit>
Wait signalWait(Start start, const QString &gives, Emit emitSignal)
{
    const auto sender = std::make_shared<std::unique_ptr<S>>(std::make_unique<S>());
    Wait wait = waitFor([sender, start] { return start(sender->get()); }, gives,
                        [sender, emitSignal] { emitSignal(**sender); });
    wait.destroy = [sender] { sender->reset(); };
    wait.throws = QStringLiteral("throws ObjectDestroyed");
    return wait;
}

void emitOne(S &s)
{
    Q_EMIT s.one(5);
}

Wait generatorWait()
{
    struct Listened
    {
        S s;
        QCoro::AsyncGenerator<int> values = qCoroSignalListener(&s, &S::one);
    };
    const auto listened = std::make_shared<Listened>();
    return waitFor(
        [listened]() -> Task<int> {
            auto it = co_await listened->values.begin();
            const int first = *it;
            Q_EMIT listened->s.one(6);
            co_await ++it;
            co_return 10 * first + *it;
        },
        QStringLiteral("56"), [listened] { Q_EMIT listened->s.one(5); });
}

// --- QFuture ---

template<typename Start>
Wait futureWait(Start start)
{
    struct Shared
    {
        std::unique_ptr<QPromise<int>> promise = std::make_unique<QPromise<int>>();
        QFuture<int> future = promise->future();
    };
    const auto shared = std::make_shared<Shared>();
    shared->promise->start();
    Wait wait =
        waitFor([shared, start]() -> decltype(auto) { return start(shared->future); }, QStringLiteral("5"),
                [shared] {
                    shared->promise->addResult(5);
                    shared->promise->finish();
                });
    wait.afterCancelling = [shared] {
        return shared->future.isCanceled() ? QStringLiteral("cancelled") : QStringLiteral("running");
    };
    wait.destroy = [shared] { shared->promise.reset(); };
    wait.throws = QStringLiteral("throws Cancelled");
    return wait;
}

template<typename Start>
Wait ownFutureWait(Start start)
{
    Wait wait = futureWait(start);
    wait.leaves = QStringLiteral("cancelled");
    return wait;
}

template<typename Start>
Wait qcoroFutureWait(Start start)
{
    Wait wait = futureWait(start);
    wait.leaves = QStringLiteral("running");
    return wait;
}

/// From QCoro 0.9 on.
template<typename F>
concept TakesResult = requires(F future)
{
    future.takeResult();
};
constexpr bool isOldQCoro = !TakesResult<QCoro::detail::QCoroFuture<int>>;

// A template, so that what QCoro 0.8 has not is not looked up there.
template<typename F>
std::vector<Row> rowsOfNewQCoro()
{
    std::vector<Row> rows;
    if constexpr (TakesResult<F>) {
        rows.push_back({"qCoro(QFuture).result", Awaiter::QCoroTask,
                        [] { return qcoroFutureWait([](auto &future) { return F(future).result(); }); }});
        rows.push_back({"qCoro(QFuture).takeResult", Awaiter::QCoroTask,
                        [] { return qcoroFutureWait([](auto &future) { return F(future).takeResult(); }); }});
    }
    return rows;
}

// --- QThread ---

class OwnThread : public QThread
{
public:
    ~OwnThread()
    {
        quit();
        wait();
    }
};

template<typename Start>
Wait threadStartWait(Start start)
{
    const auto thread = std::make_shared<OwnThread>();
    return waitFor([thread, start] { return start(thread.get()); }, QStringLiteral("true"),
                   [thread] { thread->start(); });
}

Wait threadEndWait()
{
    const auto thread = std::make_shared<OwnThread>();
    thread->start();
    return waitFor([thread] { return qCoro(thread.get()).waitForFinished(); }, QStringLiteral("true"),
                   [thread] { thread->quit(); });
}

Wait moveToThreadWait()
{
    struct Shared
    {
        Worker worker;
        QSemaphore isHeld;
    };
    const auto shared = std::make_shared<Shared>();
    shared->worker.post([shared = shared.get()] { shared->isHeld.acquire(); });
    return waitFor(
        [shared]() -> Task<QString> {
            co_await QCoro::moveToThread(shared->worker.thread());
            const bool isHome = QThread::currentThread() == QCoreApplication::instance()->thread();
            co_return isHome ? QStringLiteral("home") : QStringLiteral("away");
        },
        QStringLiteral("home"),
        [shared] {
            shared->isHeld.release();
            shared->worker.run([] {});
        });
}

// --- QIODevice ---

template<typename Start>
Wait readWait(Start start, const QString &gives)
{
    const auto device = std::make_shared<Device>();
    return waitFor([device, start]() -> decltype(auto) { return start(*device); }, gives,
                   [device] { device->receive("line\nmore"); });
}

template<typename Start>
Wait writeWait(Start start, const QString &gives)
{
    const auto device = std::make_shared<Device>();
    return waitFor([device, start] { return start(*device); }, gives, [device] { device->flush(); });
}

// --- QProcess ---

/// Ends when its input is closed, and says what it reads.
class Cat : public QProcess
{
public:
    Cat() { setProgram(QStringLiteral("cat")); }
    ~Cat()
    {
        if (state() != NotRunning) {
            kill();
            waitForFinished();
        }
    }
};

std::shared_ptr<Cat> startedCat()
{
    const auto process = std::make_shared<Cat>();
    process->start();
    process->waitForStarted();
    return process;
}

template<typename Start>
Wait catReadWait(Start start, const QString &gives)
{
    const auto process = startedCat();
    Wait wait = waitFor([process, start]() -> decltype(auto) { return start(*process); }, gives,
                        [process] { process->write("line\n"); });
    wait.isOver = emitted(process.get(), &QIODevice::readyRead);
    return wait;
}

Wait catStartWait(bool isStarting)
{
    const auto process = std::make_shared<Cat>();
    if (isStarting)
        process->start();
    return waitFor(
        [process, isStarting] {
            return isStarting ? qCoro(*process).waitForStarted() : qCoro(*process).start();
        },
        QStringLiteral("true"));
}

Wait catEndWait()
{
    const auto process = startedCat();
    return waitFor([process] { return qCoro(*process).waitForFinished(); }, QStringLiteral("true"),
                   [process] { process->closeWriteChannel(); });
}

std::vector<Row> rows()
{
    std::vector<Row> rows{
        {"QTimer *", Awaiter::Own, [] { return timerWait([](QTimer &timer) { return &timer; }); }},
        {"QTimer &", Awaiter::Own, [] { return timerWait([](QTimer &timer) -> QTimer & { return timer; }); }},
        {"qCoro(QTimer)", Awaiter::QCoroTask,
         [] { return timerWait([](QTimer &timer) { return qCoro(timer).waitForTimeout(); }); }},
        {"QCoro::sleepFor", Awaiter::QCoroTask,
         [] { return waitFor([] { return QCoro::sleepFor(0ms); }, QStringLiteral("void")); }},
        {"QCoro::sleepUntil", Awaiter::QCoroTask,
         [] {
             return waitFor([] { return QCoro::sleepUntil(std::chrono::steady_clock::now() + 1ms); },
                            QStringLiteral("void"));
         }},

        {"nextSignal", Awaiter::Own,
         [] {
             return signalWait([](S *s) { return nextSignal(s, &S::one); }, QStringLiteral("5"), emitOne);
         }},
        {"qCoro(QObject)", Awaiter::QCoroTask,
         [] { return signalWait([](S *s) { return qCoro(s, &S::one); }, QStringLiteral("5"), emitOne); }},
        {"qCoro(QObject), with a timeout", Awaiter::QCoroTask,
         [] { return signalWait([](S *s) { return qCoro(s, &S::one, 1h); }, QStringLiteral("5"), emitOne); }},
        {"qCoro(QObject), two arguments", Awaiter::QCoroTask,
         [] {
             return signalWait([](S *s) { return qCoro(s, &S::two); }, QStringLiteral("value"),
                               [](S &s) { Q_EMIT s.two(5, QStringLiteral("five")); });
         }},
        {"qCoroSignalListener", Awaiter::QCoro, generatorWait},

        {"QFuture", Awaiter::Own,
         [] { return ownFutureWait([](const QFuture<int> &future) { return QFuture<int>(future); }); }},
        {"QFuture &", Awaiter::Own,
         [] { return ownFutureWait([](QFuture<int> &future) -> QFuture<int> & { return future; }); }},
        {"qCoro(QFuture)", Awaiter::QCoroTask,
         [] {
             return qcoroFutureWait(
                 [](const QFuture<int> &future) { return qCoro(future).waitForFinished(); });
         }},

        {"qCoro(QThread).waitForStarted", Awaiter::QCoroTask,
         [] { return threadStartWait([](QThread *thread) { return qCoro(thread).waitForStarted(); }); }},
        {"qCoro(QThread).waitForFinished", Awaiter::QCoroTask, threadEndWait},
        {"QCoro::moveToThread", Awaiter::QCoro, moveToThreadWait},

        {"QIODevice *", Awaiter::QCoro,
         [] { return readWait([](Device &device) { return &device; }, QStringLiteral("line\nmore")); }},
        {"QIODevice &", Awaiter::QCoro,
         [] {
             return readWait([](Device &device) -> Device & { return device; }, QStringLiteral("line\nmore"));
         }},
        {"qCoro(QIODevice).readAll", Awaiter::QCoroTask,
         [] {
             return readWait([](Device &device) { return qCoro(device).readAll(); },
                             QStringLiteral("line\nmore"));
         }},
        {"qCoro(QIODevice).read", Awaiter::QCoroTask,
         [] {
             return readWait([](Device &device) { return qCoro(device).read(3); }, QStringLiteral("lin"));
         }},
        {"qCoro(QIODevice).readLine", Awaiter::QCoroTask,
         [] {
             return readWait([](Device &device) { return qCoro(device).readLine(); },
                             QStringLiteral("line\n"));
         }},
        {"qCoro(QIODevice).waitForReadyRead", Awaiter::QCoroTask,
         [] {
             return readWait([](Device &device) { return qCoro(device).waitForReadyRead(1h); },
                             QStringLiteral("true"));
         }},
        // QCoro 0.8 counts down.
        {"qCoro(QIODevice).write", Awaiter::QCoroTask,
         [] {
             return writeWait([](Device &device) { return qCoro(device).write("line\n"); },
                              isOldQCoro ? QStringLiteral("0") : QStringLiteral("5"));
         }},
        {"qCoro(QIODevice).waitForBytesWritten", Awaiter::QCoroTask,
         [] {
             return writeWait(
                 [](Device &device) {
                     device.write("line\n");
                     return qCoro(device).waitForBytesWritten(1h);
                 },
                 QStringLiteral("5"));
         }},
    };
    for (const Row &row : rowsOfNewQCoro<QCoro::detail::QCoroFuture<int>>())
        rows.push_back(row);
    if (!underThreadSanitizer) {
        const std::vector<Row> ofProcesses{
            {"qCoro(QProcess).start", Awaiter::QCoroTask, [] { return catStartWait(false); }},
            {"qCoro(QProcess).waitForStarted", Awaiter::QCoroTask, [] { return catStartWait(true); }},
            {"qCoro(QProcess).waitForFinished", Awaiter::QCoroTask, catEndWait},
            {"qCoro(QProcess).readLine", Awaiter::QCoroTask,
             [] {
                 return catReadWait([](QProcess &cat) { return qCoro(cat).readLine(); },
                                    QStringLiteral("line\n"));
             }},
            {"QProcess &", Awaiter::QCoro,
             [] {
                 return catReadWait([](QProcess &cat) -> QProcess & { return cat; },
                                    QStringLiteral("line\n"));
             }},
        };
        for (const Row &row : ofProcesses)
            rows.push_back(row);
    }
    return rows;
}

} // namespace

class TestCore : public CompatTest
{
    Q_OBJECT

public:
    TestCore()
        : CompatTest(rows())
    {}

private Q_SLOTS:
    void destroyed_data() { addOwnRows(); }
    void destroyed() { destroyObject(); }

    void lazyTask()
    {
        // Not around the function: moc knows nothing of what can be included.
#if __has_include(<qcorolazytask.h>)
        S s;
        const auto listens = [](S *sender) -> QCoro::LazyTask<int> {
            const int value = co_await qCoro(sender, &S::one);
            co_return value;
        };
        EventLog log;
        TaskScope scope;
        for (const bool isCancelled : {false, true}) {
            auto temporary = scope.spawn(tells(log, [&]() -> Task<int> {
                const int value = co_await listens(&s);
                co_return value;
            }));
            auto local = scope.spawn(tells(log, [&]() -> Task<int> {
                QCoro::LazyTask<int> lazy = listens(&s);
                const int value = co_await lazy;
                co_return value;
            }));
            if (isCancelled) {
                cancel(temporary);
                cancel(local);
            }
            Q_EMIT s.one(5);
            waitForEnd(scope);
            QCOMPARE(log.take(),
                     isCancelled ? QStringList({"5", "kept", "5", "kept"}) : QStringList({"5", "5"}));
        }
#else
        QSKIP("this QCoro has no LazyTask");
#endif
    }

    void whatWasLeftTakesNothing()
    {
        Device device;
        EventLog log;
        TaskScope scope;
        const auto start = [&]() -> QIODevice & { return device; };
        auto left = scope.spawn(tells(log, start));
        cancel(left);
        device.receive("line\n");
        scope.spawn(tells(log, start));
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("line\n"));
    }

    void localDeviceIsClosedByTheUnwinding()
    {
        TaskScope scope;
        auto handle = scope.spawn([]() -> Task<> {
            Device device;
            co_await device;
        });
        cancel(handle);
        QVERIFY(handle.isCancelled());
        scope.spawn([]() -> Task<> {
            Device device;
            co_await device;
        });
    }
};

QTEST_GUILESS_MAIN(TestCore)
#include "moc_compattest.cpp"
#include "tst_core.moc"
