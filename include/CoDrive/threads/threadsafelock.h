// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// ThreadsafeLock: one task or thread at a time.
//
//     const auto guard = co_await lock.lock(); // a task, whose loop goes on meanwhile
//     append(row);
//
//     const auto guard = lock.lockSync(); // a thread, which blocks

#include <CoDrive/threads/detail/waitqueue.h>

#include <memory>

namespace CoDrive {

class ThreadsafeLock;
class ThreadsafeCondition;

namespace detail {

class ConditionCore;
class ThreadsafeLockWait;
class ThreadsafeConditionWait;

/// Waits for a lock, perhaps because a condition has been notified.
class LockEntry : public WaitEntry
{
public:
    /// Whose notifyOne() it is to pass on if it does not take the lock.
    std::shared_ptr<ConditionCore> m_notifier;
};

class LockCore final : public WaitQueue
{
public:
    LockCore() noexcept
        : WaitQueue("CoDrive::ThreadsafeLock")
    {
    }

    // With the mutex held.

    bool isLocked() const noexcept { return m_isLocked; }
    /// Takes it if it is free.
    bool tryLock() noexcept { return !std::exchange(m_isLocked, true); }
    /// Hands it to who waits first and still goes on.
    void unlock() noexcept;
    /// Lets \a entry wait for it, or have it at once.
    void enqueue(LockEntry &entry) noexcept;
    /// \a entry does not take the lock: its notification goes on to the next.
    static void passOn(LockEntry &entry) noexcept;

private:
    bool m_isLocked = false;
};

} // namespace detail

/// First come, first served, among tasks and threads alike. A task may hold it over a suspension. All
/// functions may be called on any thread; destroying it throws ObjectDestroyed in those who wait.
/// Like aiodrive's ThreadsafeLock.
class ThreadsafeLock
{
public:
    /// Holds the lock; releases it when destroyed. Can be moved, also to another thread. One that
    /// outlives the lock does nothing.
    class [[nodiscard]] Guard
    {
    public:
        /// An empty guard.
        Guard() noexcept = default;
        Guard(Guard &&) noexcept = default;
        Guard &operator=(Guard &&other) noexcept
        {
            if (this != &other) {
                release();
                m_core = std::move(other.m_core);
            }
            return *this;
        }
        ~Guard() { release(); }

        /// Whether it holds the lock.
        bool isHeld() const noexcept { return m_core != nullptr; }
        /// Releases the lock: who waits next owns it, and goes on, on his own thread.
        void release() noexcept;

    private:
        friend class ThreadsafeLock;
        friend class ThreadsafeCondition;
        friend class detail::ThreadsafeLockWait;
        friend class detail::ThreadsafeConditionWait;

        explicit Guard(std::shared_ptr<detail::LockCore> core) noexcept
            : m_core(std::move(core))
        {
        }

        std::shared_ptr<detail::LockCore> m_core;
    };

    ThreadsafeLock();
    ThreadsafeLock(const ThreadsafeLock &) = delete;
    ThreadsafeLock &operator=(const ThreadsafeLock &) = delete;
    ~ThreadsafeLock();

    /// Awaits that the lock is free and takes it; does not suspend when it is free. On cancellation
    /// the wait is withdrawn. \return to be awaited: a Guard \throws ObjectDestroyed
    [[nodiscard]] detail::ThreadsafeLockWait lock() const;
    /// Blocks this thread until the lock is free and takes it.
    /// \throws ObjectDestroyed; std::logic_error inside a task
    Guard lockSync() const;
    /// Whether somebody holds it now.
    bool isLocked() const;

    /// \cond internal
    const std::shared_ptr<detail::LockCore> &core() const noexcept { return m_core; }
    /// \endcond

private:
    const std::shared_ptr<detail::LockCore> m_core;
};

namespace detail {

class ThreadsafeLockWait final : public QueueOperationWith<LockEntry>,
                                 public AwaitableInAnyCoroutine<ThreadsafeLockWait>
{
public:
    using Result = ThreadsafeLock::Guard;

    explicit ThreadsafeLockWait(std::shared_ptr<LockCore> core) noexcept
        : QueueOperationWith(core)
        , m_core(std::move(core))
    {
    }
    ThreadsafeLockWait(ThreadsafeLockWait &&) noexcept = default;
    ~ThreadsafeLockWait() { finish(); }

    bool isReady();
    bool start();
    ThreadsafeLock::Guard takeResult();

private:
    void refused() noexcept override;

    std::shared_ptr<LockCore> m_core;
};

} // namespace detail

} // namespace CoDrive
