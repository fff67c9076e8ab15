// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Eight threads, four with a loop and four without, hammer one state, lock, condition and latch while a seeded
// schedule cancels and destroys tasks. CODRIVE_HAMMER_SECONDS is how long in all, 2 when not set.

#include "remote.h"

#include <CoDrive/threads/latch.h>
#include <CoDrive/threads/threadsafecondition.h>
#include <CoDrive/threads/threadsafelock.h>
#include <CoDrive/threads/threadsafestate.h>

#include <random>

using namespace Words;

namespace {

constexpr int Loops = 4;
constexpr int Threads = 4;
constexpr int Rounds = 4; ///< of what is hammered

/// Lends tokens, and says so when one comes back.
class Shop
{
public:
    Shop(ThreadsafeCondition &returned, int tokens)
        : m_returned(returned)
        , m_left(tokens)
    {
    }
    bool take()
    {
        const std::scoped_lock lock(m_mutex);
        if (m_left == 0)
            return false;
        --m_left;
        return true;
    }
    // Without the condition's lock: the one who gives back may be a task that is being destroyed.
    void giveBack()
    {
        const std::scoped_lock lock(m_mutex);
        ++m_left;
        m_returned.notifyOne();
    }
    int left()
    {
        const std::scoped_lock lock(m_mutex);
        return m_left;
    }

private:
    ThreadsafeCondition &m_returned;
    std::mutex m_mutex;
    int m_left;
};

class Loan
{
public:
    explicit Loan(Shop &shop)
        : m_shop(shop)
    {
    }
    Loan(Loan &&) = delete;
    ~Loan() { m_shop.giveBack(); }

private:
    Shop &m_shop;
};

} // namespace

class TestHammer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void everyUpdateOfAStateCounts()
    {
        ThreadsafeState<qint64> state(0);
        std::atomic<qint64> updates = 0;
        std::atomic<qint64> backwards = 0;
        const auto update = [&] {
            state.update([](qint64 value) { return value + 1; });
            ++updates;
        };
        const auto task = [&]() -> Task<> {
            const InstanceCounter alive;
            for (;;) {
                const qint64 seen = state.value();
                update();
                const qint64 value
                    = co_await state.waitUntil([&](qint64 current) { return current > seen; });
                backwards += value <= seen;
                co_await yieldNow();
            }
        };
        const auto thread = [&] {
            const qint64 seen = state.value();
            update();
            const qint64 value = state.waitUntilSync([&](qint64 current) { return current > seen; });
            backwards += value <= seen;
        };
        hammer(task, thread, [] {});
        QCOMPARE(state.value(), updates.load());
        QCOMPARE(backwards.load(), 0);
    }

    void aLockHasOneOwner()
    {
        ThreadsafeLock lock;
        qint64 number = 0; // guarded by the lock
        std::atomic<qint64> increments = 0;
        const auto task = [&]() -> Task<> {
            const InstanceCounter alive;
            for (;;) {
                {
                    const ThreadsafeLock::Guard guard = co_await lock.lock();
                    ++number;
                    ++increments;
                    if (number % 7 == 0)
                        co_await yieldNow(); // may be destroyed here, as owner
                }
                if (increments % 5 == 0)
                    co_await yieldNow();
            }
        };
        const auto thread = [&] {
            const ThreadsafeLock::Guard guard = lock.lockSync();
            ++number;
            ++increments;
        };
        hammer(task, thread, [] {});
        const ThreadsafeLock::Guard guard = lock.lockSync();
        QCOMPARE(number, increments.load());
    }

    // Tokens go round through a shop that has few: none is lost, and nobody waits for ever.
    void aConditionForgetsNobody()
    {
        constexpr int tokens = 3;
        ThreadsafeLock lock;
        ThreadsafeCondition returned(lock);
        Shop shop(returned, tokens);
        std::atomic<qint64> lent = 0;
        const auto task = [&]() -> Task<> {
            const InstanceCounter alive;
            for (;;) {
                std::optional<Loan> loan;
                {
                    ThreadsafeLock::Guard guard = co_await lock.lock();
                    bool isTaken = shop.take();
                    while (!isTaken) {
                        co_await returned.wait(guard);
                        isTaken = shop.take();
                    }
                    loan.emplace(shop);
                    ++lent;
                }
                co_await yieldNow();
            }
        };
        const auto thread = [&] {
            std::optional<Loan> loan;
            ThreadsafeLock::Guard guard = lock.lockSync();
            while (!shop.take())
                returned.waitSync(guard);
            loan.emplace(shop);
            ++lent;
            guard.release();
        };
        // A token may come back between take() and wait(): somebody knocks until all have gone.
        const auto knock = [&] { returned.notifyAll(); };
        hammer(task, thread, knock);
        QCOMPARE(shop.left(), tokens);
        QVERIFY(lent > 0);
        QVERIFY(!lock.isLocked());
    }

    void aLatchWakesEverybody()
    {
        Latch latch;
        std::atomic<qint64> changes = 0;
        const auto flip = [&] {
            latch.toggle(!latch.isSet());
            ++changes;
        };
        const auto task = [&]() -> Task<> {
            const InstanceCounter alive;
            for (;;) {
                flip();
                co_await latch.waitSet();
                flip();
                co_await latch.waitUnset();
                co_await yieldNow();
            }
        };
        const auto thread = [&] {
            flip();
            latch.waitSetSync();
            flip();
            latch.waitUnsetSync();
        };
        hammer(task, thread, flip);
        QVERIFY(changes > 0);
    }

private:
    static double secondsInAll()
    {
        bool isNumber = false;
        const double seconds = qEnvironmentVariable("CODRIVE_HAMMER_SECONDS").toDouble(&isNumber);
        return isNumber ? seconds : 2;
    }

    /// Runs \a task, without end, in the loops, and \a thread, over and over, in the threads; calls \a knock now
    /// and then, and until all have come to an end.
    template<typename TaskFunction, typename ThreadFunction, typename Knock>
    static void hammer(TaskFunction task, ThreadFunction thread, Knock knock)
    {
        const quint32 seed = 2026;
        std::mt19937 random(seed);
        QDeadlineTimer deadline(qint64(1000 * secondsInAll() / Rounds));
        std::atomic<bool> isOver = false;
        std::atomic<int> running = Threads;
        std::vector<std::jthread> threads;
        for (int i = 0; i < Threads; ++i) {
            threads.emplace_back([&] {
                while (!isOver)
                    thread();
                --running;
            });
        }
        {
            ThreadLoop loops[Loops];
            std::vector<ThreadTask<>> tasks;
            for (ThreadLoop &loop : loops)
                tasks.push_back(loop.spawn(task));
            while (!deadline.hasExpired()) {
                ThreadLoop &loop = loops[random() % Loops];
                const std::size_t victim = random() % tasks.size();
                switch (random() % 4) {
                case 0:
                    tasks[victim].cancel();
                    break;
                case 1:
                    tasks[victim] = loop.spawn(task); // destroys the one before
                    break;
                case 2:
                    if (tasks.size() < 12)
                        tasks.push_back(loop.spawn(task));
                    break;
                default:
                    knock();
                    std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
                }
            }
            isOver = true;
            while (running > 0) {
                knock();
                std::this_thread::yield();
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestHammer)
#include "tst_hammer.moc"
