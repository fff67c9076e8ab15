// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Semaphore: so many tasks at a time.
//
//     Semaphore connections(4);
//     const Semaphore::Permit permit = co_await connections.acquire();
//     co_await download(url);

#include <CoDrive/core/awaitable.h>
#include <CoDrive/sync/detail/turnstile.h>

#include <utility>

namespace CoDrive {

namespace detail {

class SemaphoreWait;

} // namespace detail

/// First come, first served, among the tasks of one thread; destroying it wakes its waiters with
/// ObjectDestroyed. Like asyncio.Semaphore.
class Semaphore
{
public:
    /// Gives its place back when destroyed. Can be moved. One that outlives the semaphore does
    /// nothing.
    class [[nodiscard]] Permit
    {
    public:
        /// An empty permit.
        Permit() noexcept = default;

        /// Whether it holds a place.
        bool isHeld() const noexcept { return m_pass.isHeld(); }
        /// Gives the place back: who waits next has it, and goes on from the loop.
        void release() noexcept { m_pass.giveBack(); }

        /// \cond internal
        explicit Permit(detail::Pass &&pass) noexcept
            : m_pass(std::move(pass))
        {
        }
        /// \endcond

    private:
        detail::Pass m_pass;
    };

    /// \param permits 0 or more \throws std::invalid_argument for a negative number
    explicit Semaphore(int permits);
    Semaphore(const Semaphore &) = delete;
    Semaphore &operator=(const Semaphore &) = delete;

    /// Awaits a permit; does not suspend when one is there and nobody waits for it. On cancellation
    /// the wait is withdrawn. \return to be awaited: a Permit \throws ObjectDestroyed
    [[nodiscard]] detail::SemaphoreWait acquire() noexcept;
    /// How many permits are there to be taken.
    int available() const noexcept { return m_turnstile.freePlaces(); }

private:
    detail::Turnstile m_turnstile;
};

namespace detail {

class SemaphoreWait final : public PassWait, public AwaitableInAnyCoroutine<SemaphoreWait>
{
public:
    using Result = Semaphore::Permit;

    explicit SemaphoreWait(Turnstile &turnstile) noexcept
        : PassWait(turnstile, 1)
    {
    }
    SemaphoreWait(SemaphoreWait &&) noexcept = default;

    Semaphore::Permit takeResult() { return Semaphore::Permit(std::move(takePass())); }
};

} // namespace detail

inline detail::SemaphoreWait Semaphore::acquire() noexcept
{
    return detail::SemaphoreWait(m_turnstile);
}

} // namespace CoDrive
