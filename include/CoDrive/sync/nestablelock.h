// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// NestableLock: a lock that its holder, and what the holder starts, may take again.
//
//     Task<> save() // called with the lock held, or without
//     {
//         const NestableLock::Guard guard = co_await lock.lock();
//         co_await write();
//     }

#include <CoDrive/core/awaitable.h>
#include <CoDrive/sync/detail/turnstile.h>

#include <QExplicitlySharedDataPointer>
#include <QSharedData>

#include <atomic>
#include <utility>

namespace CoDrive {

namespace detail {

class NestableLockWait;

/// From the moment a task owns the lock until the last guard of it and its children is gone.
class NestableHold : public QSharedData
{
public:
    explicit NestableHold(Pass &&pass) noexcept
        : m_pass(std::move(pass))
    {
    }

    /// On any thread, because what a task sees may be shared with a task of another one.
    bool isLive() const noexcept { return m_guards.load(std::memory_order_relaxed) > 0; }
    /// False also when the lock is gone.
    bool isHeld() const noexcept { return m_pass.isHeld(); }

    void enter() noexcept { setGuards(+1); }
    void leave() noexcept;

private:
    void setGuards(int change) noexcept
    {
        const int guards = m_guards.load(std::memory_order_relaxed);
        m_guards.store(guards + change, std::memory_order_relaxed);
    }

    Pass m_pass;
    std::atomic<int> m_guards = 0; // written by the lock's thread only
};

using NestableHoldPointer = QExplicitlySharedDataPointer<NestableHold>;

} // namespace detail

/// First come, first served, among the tasks of one thread. Who holds it, and every task that is
/// started inside the hold, at any depth, locks again without waiting; it is free when the last of
/// their guards is gone. Holder is the task that awaits lock(), and also the one that called it, if
/// that waits for the former: `withTimeout(1s, lock.lock())` makes the caller the holder. In a
/// coroutine that is no Task nothing is inherited. Destroying the lock wakes its waiters with
/// ObjectDestroyed. Like aiodrive's NestableLock.
class NestableLock
{
public:
    /// A part of the hold; ends it when it is the last one. Can be moved. One that outlives the lock
    /// does nothing.
    class [[nodiscard]] Guard
    {
    public:
        /// An empty guard.
        Guard() noexcept = default;
        /// Takes the part of the hold; \a other is empty then.
        Guard(Guard &&other) noexcept
            : m_hold(std::move(other.m_hold))
        {
        }
        /// Ends its own part and takes the other.
        Guard &operator=(Guard &&other) noexcept
        {
            if (this != &other) {
                release();
                m_hold.swap(other.m_hold);
            }
            return *this;
        }
        ~Guard() { release(); }

        /// Whether it holds the lock.
        bool isHeld() const noexcept { return m_hold && m_hold->isHeld(); }
        /// Gives this part of the hold back. If it was the last one, who waits next owns the lock, and
        /// goes on from the loop.
        void release() noexcept;

        /// \cond internal
        explicit Guard(detail::NestableHoldPointer hold) noexcept
            : m_hold(std::move(hold))
        {
            m_hold->enter();
        }
        /// \endcond

    private:
        detail::NestableHoldPointer m_hold;
    };

    NestableLock() noexcept = default;
    NestableLock(const NestableLock &) = delete;
    NestableLock &operator=(const NestableLock &) = delete;

    /// Awaits that the lock is free and takes it; does not suspend when it is free, or held by the
    /// task itself or by one that started it, directly or not. On cancellation the wait is withdrawn.
    /// \return to be awaited: a Guard \throws ObjectDestroyed
    [[nodiscard]] detail::NestableLockWait lock() noexcept;
    /// Whether somebody holds it.
    bool isLocked() const noexcept { return m_turnstile.freePlaces() == 0; }

private:
    friend class detail::NestableLockWait;

    detail::Turnstile m_turnstile{"CoDrive::NestableLock", 1};
    detail::NestableHoldPointer m_hold; ///< the last one
};

namespace detail {

class NestableLockWait final : public PassWait, public AwaitableInAnyCoroutine<NestableLockWait>
{
public:
    using Result = NestableLock::Guard;

    NestableLockWait(NestableLock &lock, Turnstile &turnstile) noexcept;
    NestableLockWait(NestableLockWait &&) noexcept = default;

    bool isReady() noexcept
    {
        m_isInherited = isHeldByUs();
        return m_isInherited || PassWait::isReady();
    }
    NestableLock::Guard takeResult();

private:
    bool isHeldByUs() const noexcept;

    NestableLock &m_lock;
    quint64 m_callerId; ///< of the task that called lock(); 0 for none
    bool m_isInherited = false;
};

} // namespace detail

inline detail::NestableLockWait NestableLock::lock() noexcept
{
    return detail::NestableLockWait(*this, m_turnstile);
}

} // namespace CoDrive
