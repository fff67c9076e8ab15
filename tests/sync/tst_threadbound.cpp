// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// A debug build asserts that a primitive is used on the thread it was made in.

#include "synctest.h"

#include <CoDrive/sync/condition.h>
#include <CoDrive/sync/nestablelock.h>
#include <CoDrive/sync/orderedqueue.h>
#include <CoDrive/sync/pulse.h>
#include <CoDrive/sync/queue.h>
#include <CoDrive/sync/rwlock.h>
#include <CoDrive/sync/semaphore.h>

#include <functional>
#include <thread>

#ifdef Q_OS_UNIX
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace Words;

using Use = std::function<void()>;
Q_DECLARE_METATYPE(Use)

namespace {

void ignoreMessage(QtMsgType, const QMessageLogContext &, const QString &) { }

#ifdef Q_OS_UNIX
/// How a process ends that calls \a use on another thread: 0, or the signal that killed it.
[[maybe_unused]] int signalOf(const Use &use)
{
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit noCore{0, 0};
        ::setrlimit(RLIMIT_CORE, &noCore);
        std::signal(SIGABRT, SIG_DFL);
        qInstallMessageHandler(ignoreMessage);
        std::thread(use).join();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
#endif

} // namespace

class TestThreadBound : public QObject, private SyncTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void isAsserted_data()
    {
        QTest::addColumn<Use>("use");
        QTest::newRow("Event::set") << Use([this] { event.set(); });
        QTest::newRow("Event::wait") << Use([this] { run(event.wait()); });
        QTest::newRow("TaskScope::spawn") << Use([this] { scope->spawn(waitForever()); });
        QTest::newRow("Pulse::fire") << Use([this] { pulse.fire(); });
        QTest::newRow("Pulse::fire with a value") << Use([this] { cargo.fire(1); });
        QTest::newRow("Lock") << Use([this] { const auto held = run(lock.lock()); });
        QTest::newRow("NestableLock") << Use([this] { const auto held = run(nestable.lock()); });
        QTest::newRow("Semaphore") << Use([this] { const auto held = run(semaphore.acquire()); });
        QTest::newRow("RwLock") << Use([this] { const auto held = run(rwLock.lockRead()); });
        QTest::newRow("Queue::put") << Use([this] { run(queue.put(1)); });
        QTest::newRow("Queue::get") << Use([this] { run(queue.get()); });
        QTest::newRow("Queue::tryPut") << Use([this] { queue.tryPut(1); });
        QTest::newRow("Queue::tryGet") << Use([this] { (void)queue.tryGet(); });
        QTest::newRow("Queue::close") << Use([this] { queue.close(); });
        QTest::newRow("OrderedQueue::reserve") << Use([this] { ordered.reserve().put(1); });
        QTest::newRow("OrderedQueue::next") << Use([this] { run(ordered.next()); });
        QTest::newRow("OrderedQueue::close") << Use([this] { ordered.close(); });
    }
    void isAsserted()
    {
#if !defined(Q_OS_UNIX)
        QSKIP("needs fork()");
#elif defined(QT_NO_DEBUG) && !defined(QT_FORCE_ASSERTS)
        QSKIP("built without assertions");
#else
        QFETCH(const Use, use);
        QCOMPARE(signalOf(use), SIGABRT);
        QCOMPARE(signalOf([] { }), 0);
#endif
    }

private:
    Event event;
    Pulse<> pulse;
    Pulse<int> cargo;
    Lock lock;
    NestableLock nestable;
    Semaphore semaphore{1};
    RwLock rwLock;
    Queue<int> queue;
    OrderedQueue<int> ordered;
};

QTEST_GUILESS_MAIN(TestThreadBound)
#include "tst_threadbound.moc"
