// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// ThreadsafeCondition: waits, without the lock, until some thread says that what it guards has changed.
//
//     ThreadsafeLock lock;
//     ThreadsafeCondition changed(lock);
//     auto guard = co_await lock.lock();
//     while (jobs.isEmpty())
//         co_await changed.wait(guard);

#include <CoDrive/threads/threadsafelock.h>

#include <memory>

namespace CoDrive {

namespace detail {

/// Those who wait for a notification; the lock's mutex guards it.
class ConditionCore final : public std::enable_shared_from_this<ConditionCore>
{
public:
    explicit ConditionCore(std::shared_ptr<LockCore> lock) noexcept
        : m_lock(std::move(lock))
    {
    }

    const std::shared_ptr<LockCore> &lock() const noexcept { return m_lock; }

    // With the mutex held.

    void append(LockEntry &entry) noexcept;
    void notifyOne() noexcept;
    void notifyAll() noexcept;
    void destroy() noexcept;
    bool isDestroyed() const noexcept { return m_isDestroyed; }
    /// For tests.
    int count() const noexcept;

    [[noreturn]] static void throwDestroyed();

private:
    const std::shared_ptr<LockCore> m_lock;
    List<WaitEntry, WaitEntryTag> m_entries;
    bool m_isDestroyed = false;
};

class ThreadsafeConditionWait;

} // namespace detail

/// Belongs to a ThreadsafeLock. Who waits gives the lock back and gets it again when notified, in the
/// order of waiting, among tasks and threads alike. Destroying the condition throws ObjectDestroyed in
/// those who have not been notified. Like aiodrive's ThreadsafeCondition.
class ThreadsafeCondition
{
public:
    /// \param lock must not be destroyed while somebody waits
    explicit ThreadsafeCondition(ThreadsafeLock &lock);
    ThreadsafeCondition(const ThreadsafeCondition &) = delete;
    ThreadsafeCondition &operator=(const ThreadsafeCondition &) = delete;
    ~ThreadsafeCondition();

    /// Gives the lock back, awaits a notification, and takes the lock again: when it returns, \a guard
    /// holds the lock. When it is cancelled, at once, or throws ObjectDestroyed, \a guard is empty.
    /// \param guard must live as long as the wait \throws std::logic_error, and nothing is given back,
    /// when \a guard does not hold the lock of this condition \throws ObjectDestroyed
    [[nodiscard]] detail::ThreadsafeConditionWait wait(ThreadsafeLock::Guard &guard) const;
    /// The same for a thread: blocks it. \throws std::logic_error also inside a task
    void waitSync(ThreadsafeLock::Guard &guard) const;

    /// Lets the one who waits longest go on as soon as it gets the lock. If that one is cancelled or
    /// destroyed before, the notification goes to the next. Any thread, with or without the lock.
    void notifyOne();
    /// Lets all who wait now go on, one after the other. Any thread, with or without the lock.
    void notifyAll();

    /// \cond internal
    const std::shared_ptr<detail::ConditionCore> &core() const noexcept { return m_core; }
    /// \endcond

private:
    const std::shared_ptr<detail::ConditionCore> m_core;
};

namespace detail {

/// Waits in the list of the condition first, then in that of the lock.
class ThreadsafeConditionWait final : public QueueOperationWith<LockEntry>,
                                      public AwaitableInAnyCoroutine<ThreadsafeConditionWait>
{
public:
    using Result = void;

    ThreadsafeConditionWait(std::shared_ptr<ConditionCore> core,
                            ThreadsafeLock::Guard &guard) noexcept
        : QueueOperationWith(core->lock())
        , m_core(std::move(core))
        , m_guard(guard)
    {
    }
    ThreadsafeConditionWait(ThreadsafeConditionWait &&) noexcept = default;
    ~ThreadsafeConditionWait() { finish(); }

    bool isReady() const;
    bool start();
    void takeResult();

    /// \throws std::logic_error
    static void checkGuard(const ConditionCore &core, const ThreadsafeLock::Guard &guard);

private:
    void left() noexcept override { LockCore::passOn(entry()); }
    void refused() noexcept override;

    std::shared_ptr<ConditionCore> m_core;
    ThreadsafeLock::Guard &m_guard;
};

} // namespace detail

} // namespace CoDrive
