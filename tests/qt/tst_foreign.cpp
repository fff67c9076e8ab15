// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/bridge.h>
#include <CoDrive/core/task.h>

#include "sender.h"
#include "words.h"

#include <qcorotask.h>
#include <qcoroiodevice.h>
#include <qcoroprocess.h>
#include <qcorosignal.h>
#include <qcorothread.h>

#include <QLocalServer>
#include <QLocalSocket>
#include <QProcess>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

using namespace Words;
using namespace std::chrono_literals;

namespace {

/// The await functions of the test; what they do stands in the derived class.
class RawAwaiter
{
public:
    bool await_ready() const noexcept { return false; }
    int await_resume() const noexcept { return 5; }
};

class DoesNotSuspend : public RawAwaiter
{
public:
    bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
};

class GivesAnotherHandle : public RawAwaiter
{
public:
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) const noexcept
    {
        return waiter;
    }
};

class ResumesInside : public RawAwaiter
{
public:
    void await_suspend(std::coroutine_handle<> waiter) const { waiter.resume(); }
};

class GivesCounted : public DoesNotSuspend
{
public:
    InstanceCounter await_resume() const noexcept { return InstanceCounter(); }
};

class WithMemberOperator
{
public:
    DoesNotSuspend operator co_await() const noexcept { return DoesNotSuspend(); }
};

class WithFreeOperator
{
};

ResumesInside operator co_await(WithFreeOperator) noexcept
{
    return ResumesInside();
}

class ResumesElsewhere : public RawAwaiter
{
public:
    void await_suspend(std::coroutine_handle<> waiter)
    {
        m_thread.emplace([waiter] { waiter.resume(); });
    }
    static void join()
    {
        if (m_thread)
            m_thread->join();
        m_thread.reset();
    }

private:
    static inline std::optional<std::thread> m_thread;
};

/// Takes its time to die.
class DiesSlowly : public ResumesElsewhere
{
public:
    explicit DiesSlowly(std::atomic<bool> &isDead) noexcept
        : m_isDead(&isDead)
    {
    }
    DiesSlowly(DiesSlowly &&other) noexcept
        : m_isDead(std::exchange(other.m_isDead, nullptr))
    {
    }
    ~DiesSlowly()
    {
        if (!m_isDead)
            return;
        std::this_thread::sleep_for(50ms);
        *m_isDead = true;
    }

private:
    std::atomic<bool> *m_isDead;
};

/// Resumed by hand.
struct Later
{
    std::coroutine_handle<> waiter;
    bool fails = false;

    void fire() { std::exchange(waiter, {}).resume(); }
};

class LaterAwaiter
{
public:
    explicit LaterAwaiter(Later &later)
        : m_later(later)
    {
    }
    LaterAwaiter(LaterAwaiter &&) = default;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const noexcept { m_later.waiter = waiter; }
    int await_resume() const
    {
        if (m_later.fails)
            throw E();
        return 5;
    }

private:
    Later &m_later;
    InstanceCounter m_kept;
};

class MoveOnlyAwaiter : public DoesNotSuspend
{
public:
    explicit MoveOnlyAwaiter(int value)
        : m_value(std::make_unique<int>(value))
    {
    }
    int await_resume() const noexcept { return *m_value; }

private:
    std::unique_ptr<int> m_value;
};

class Immovable : public DoesNotSuspend
{
public:
    Immovable() = default;
    Immovable(Immovable &&) = delete;
};

template<typename A>
Task<QString> gives(A awaitable)
{
    const int value = co_await std::move(awaitable);
    co_return QString::number(value);
}

} // namespace

class TestForeign : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        setUnhandledErrorHandler(
            [this](std::exception_ptr error, const TaskInfo &) { m_unhandled << text(error); });
    }
    void cleanup()
    {
        setUnhandledErrorHandler({});
        QCOMPARE(leftBehind(), QString());
        QCOMPARE(m_unhandled.take(), QStringList());
    }

    void QT_FOREIGN_N1()
    {
        QProcess process;
        process.start(QStringLiteral("true"), QStringList());
        QThread thread;
        thread.start();
        S s;
        EventLog log;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            const bool isFinished = co_await qCoro(process).waitForFinished();
            log << (isFinished ? "process" : "failed");
        });
        waitForEnd(scope);
        scope.spawn([&]() -> Task<> {
            const bool isFinished = co_await qCoro(&thread).waitForFinished();
            log << (isFinished ? "thread" : "failed");
        });
        thread.quit();
        waitForEnd(scope);
        scope.spawn([&]() -> Task<> {
            const int value = co_await qCoro(&s, &S::one);
            log << QString::number(value);
        });
        Q_EMIT s.one(5);
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList({"process", "thread", "5"}));

        QLocalServer server;
        QVERIFY(server.listen(QStringLiteral("codrive-test-%1").arg(QCoreApplication::applicationPid())));
        connect(&server, &QLocalServer::newConnection, this,
                [&] { server.nextPendingConnection()->write("line\n"); });
        QLocalSocket socket;
        socket.connectToServer(server.serverName());
        scope.spawn([&]() -> Task<> {
            const QByteArray line = co_await qCoro(static_cast<QIODevice &>(socket)).readLine();
            log << QString::fromUtf8(line);
        });
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("line\n"));
    }

    void QT_FOREIGN_N2()
    {
        QThread *resumedOn = nullptr;
        TaskScope scope;
        for (int i = 0; i < 100; ++i) {
            const auto handle = scope.spawn([&]() -> Task<int> {
                const int value = co_await ResumesElsewhere();
                resumedOn = QThread::currentThread();
                co_return value;
            });
            waitForEnd(scope);
            ResumesElsewhere::join();
            QCOMPARE(text(handle), "5");
            QCOMPARE(resumedOn, QThread::currentThread());
        }
    }

    // As if it were a temporary of the waiter.
    void QT_FOREIGN_N2_diesBeforeTheWaiterGoesOn()
    {
        std::atomic<bool> isDead = false;
        bool wasDead = false;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            co_await DiesSlowly(isDead);
            wasDead = isDead;
        });
        waitForEnd(scope);
        DiesSlowly::join();
        QVERIFY(wasDead);
    }

    void QT_FOREIGN_N3()
    {
        TaskScope scope;
        QCOMPARE(text(scope.spawn(gives(DoesNotSuspend()))), "5");
        QCOMPARE(text(scope.spawn(gives(GivesAnotherHandle()))), "5");
        QCOMPARE(text(scope.spawn(gives(ResumesInside()))), "5");
        QCOMPARE(text(scope.spawn(gives(WithMemberOperator()))), "5");
        QCOMPARE(text(scope.spawn(gives(WithFreeOperator()))), "5");
    }

    void readyOnesLeaveNothingBehind()
    {
        // Within one segment, before the loop has its turn.
        int most = 0;
        TaskScope scope;
        scope.spawn([&]() -> Task<> {
            for (int i = 0; i < 100; ++i) {
                const InstanceCounter result = co_await GivesCounted();
                most = std::max(most, InstanceCounter::count());
            }
        });
        QCOMPARE(most, 1);
    }

    void QT_FOREIGN_N4()
    {
        Later later;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, LaterAwaiter(later)));
        cancel(handle);
        QVERIFY(handle.isCancelled());
        QCOMPARE(InstanceCounter::count(), 1);
        later.fire();
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void firesAndIsCancelledTogether()
    {
        Later later;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, LaterAwaiter(later)));
        later.fire();
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"5", "kept"}));
    }

    void anAwaiterThatIsALocalIsWaitedFor()
    {
        Later later;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn([&]() -> Task<int> {
            LaterAwaiter awaiter(later);
            const int value = co_await awaiter;
            log << QString::number(value);
            co_await waitForever();
            co_return value;
        });
        cancel(handle);
        QVERIFY(!handle.isFinished());
        QCOMPARE(InstanceCounter::count(), 1);
        later.fire();
        settle();
        QCOMPARE(log.take(), QStringList("5"));
        QVERIFY(handle.isCancelled());
    }

    void QT_FOREIGN_N5()
    {
        Later later;
        EventLog log;
        {
            TaskScope scope;
            scope.spawn(caller(log, LaterAwaiter(later)));
        }
        QCOMPARE(InstanceCounter::count(), 1);
        later.fire();
        QCOMPARE(InstanceCounter::count(), 0);
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void QT_FOREIGN_N6()
    {
        Later later;
        later.fails = true;
        EventLog log;
        TaskScope scope;
        auto handle = scope.spawn(caller(log, LaterAwaiter(later)));
        later.fire();
        settle();
        QCOMPARE(log.take(), QStringList("throws E"));
        cancel(handle);
        log.take();

        auto left = scope.spawn(caller(log, LaterAwaiter(later)));
        cancel(left);
        later.fire();
        settle();
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(m_unhandled.take(), QStringList("E"));
    }

    void failsAtTheEndOfItsThread_data()
    {
        QTest::addColumn<bool>("afterwards");
        QTest::newRow("just before") << false;
        QTest::newRow("afterwards") << true;
    }
    void failsAtTheEndOfItsThread()
    {
        QFETCH(bool, afterwards);
        Later later;
        later.fails = true;
        EventLog log;
        std::thread([&] {
            TaskScope scope;
            auto handle = scope.spawn(caller(log, LaterAwaiter(later)));
            cancel(handle);
            if (!afterwards)
                later.fire();
        }).join();
        if (afterwards)
            later.fire();
        settle();
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(m_unhandled.take(), QStringList("E"));
    }

    void QT_FOREIGN_N7()
    {
        Immovable immovable;
        TaskScope scope;
        QCOMPARE(text(scope.spawn(gives(MoveOnlyAwaiter(7)))), "7");
        const auto lvalue = scope.spawn([&]() -> Task<int> {
            const int value = co_await immovable;
            co_return value;
        });
        QCOMPARE(text(lvalue), "5");
    }

private:
    EventLog m_unhandled;
};

QTEST_GUILESS_MAIN(TestForeign)
#include "tst_foreign.moc"
