// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// RwLock: many readers or one writer.
//
//     const RwLock::Guard guard = co_await lock.lockRead();
//     render(model);

#include <CoDrive/core/awaitable.h>
#include <CoDrive/sync/detail/turnstile.h>

#include <limits>
#include <utility>

namespace CoDrive {

namespace detail {

class RwLockWait;

} // namespace detail

/// Waiting writers go before waiting readers, each in the order of waiting. For the tasks of one
/// thread; destroying it wakes its waiters with ObjectDestroyed. Like aiodrive's RWLock.
class RwLock
{
public:
    /// Holds the lock for reading or writing; releases it when destroyed. Can be moved. One that
    /// outlives the lock does nothing.
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
        /// \endcond

    private:
        detail::Pass m_pass;
    };

    RwLock() noexcept = default;
    RwLock(const RwLock &) = delete;
    RwLock &operator=(const RwLock &) = delete;

    /// Awaits that nobody writes or waits to write. On cancellation the wait is withdrawn.
    /// \return to be awaited: a Guard \throws ObjectDestroyed
    [[nodiscard]] detail::RwLockWait lockRead() noexcept;
    /// Awaits that nobody reads or writes. On cancellation the wait is withdrawn.
    /// \return to be awaited: a Guard \throws ObjectDestroyed
    [[nodiscard]] detail::RwLockWait lockWrite() noexcept;

private:
    // A reader takes one place, a writer takes all.
    detail::Turnstile m_turnstile{"CoDrive::RwLock", std::numeric_limits<int>::max(),
                                  detail::Turnstile::Preference::MostPlaces};
};

namespace detail {

class RwLockWait final : public PassWait, public AwaitableInAnyCoroutine<RwLockWait>
{
public:
    using Result = RwLock::Guard;

    RwLockWait(Turnstile &turnstile, int places) noexcept
        : PassWait(turnstile, places)
    {
    }
    RwLockWait(RwLockWait &&) noexcept = default;

    RwLock::Guard takeResult() { return RwLock::Guard(std::move(takePass())); }
};

} // namespace detail

inline detail::RwLockWait RwLock::lockRead() noexcept
{
    return detail::RwLockWait(m_turnstile, 1);
}

inline detail::RwLockWait RwLock::lockWrite() noexcept
{
    return detail::RwLockWait(m_turnstile, m_turnstile.allPlaces());
}

} // namespace CoDrive
