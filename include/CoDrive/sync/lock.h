// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Lock: one task at a time.
//
//     const Lock::Guard guard = co_await lock.lock();
//     co_await save(); // nobody else saves meanwhile

#include <CoDrive/core/awaitable.h>
#include <CoDrive/sync/detail/turnstile.h>

#include <utility>

namespace CoDrive {

namespace detail {

class LockWait;

} // namespace detail

/// First come, first served, among the tasks of one thread; destroying it wakes its waiters with
/// ObjectDestroyed. Like asyncio.Lock.
class Lock
{
public:
    /// Holds the lock; releases it when destroyed. Can be moved. One that outlives the lock does
    /// nothing.
    class [[nodiscard]] Guard
    {
    public:
        /// An empty guard.
        Guard() noexcept = default;

        /// Whether it holds the lock.
        bool isHeld() const noexcept { return m_pass.isHeld(); }
        /// Releases the lock: who waits next owns it, and goes on from the loop.
        void release() noexcept { m_pass.giveBack(); }

        /// \cond internal
        explicit Guard(detail::Pass &&pass) noexcept
            : m_pass(std::move(pass))
        {
        }
        /// Whether it holds the lock with this turnstile, which may be gone.
        bool holds(const detail::Turnstile *turnstile) const noexcept
        {
            return m_pass.isHeld() && m_pass.turnstile() == turnstile;
        }
        /// \endcond

    private:
        detail::Pass m_pass;
    };

    Lock() noexcept = default;
    Lock(const Lock &) = delete;
    Lock &operator=(const Lock &) = delete;

    /// Awaits that the lock is free and takes it; does not suspend when it is free. On
    /// cancellation the wait is withdrawn. \return to be awaited: a Guard \throws ObjectDestroyed
    [[nodiscard]] detail::LockWait lock() noexcept;
    /// Whether somebody holds it.
    bool isLocked() const noexcept { return m_turnstile.freePlaces() == 0; }

    /// \cond internal
    detail::Turnstile &turnstile() noexcept { return m_turnstile; }
    /// \endcond

private:
    detail::Turnstile m_turnstile{"CoDrive::Lock", 1};
};

namespace detail {

class LockWait final : public PassWait, public AwaitableInAnyCoroutine<LockWait>
{
public:
    using Result = Lock::Guard;

    explicit LockWait(Turnstile &turnstile) noexcept
        : PassWait(turnstile, 1)
    {
    }
    LockWait(LockWait &&) noexcept = default;

    Lock::Guard takeResult() { return Lock::Guard(std::move(takePass())); }
};

} // namespace detail

inline detail::LockWait Lock::lock() noexcept
{
    return detail::LockWait(m_turnstile);
}

} // namespace CoDrive
