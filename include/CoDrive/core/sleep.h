// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Waiting for time to pass, or for nothing but the cancellation.
//
//     co_await sleepFor(250ms);

#include <CoDrive/core/task.h>

#include <chrono>

namespace CoDrive {

namespace detail {

class SleepOperation final : public AwaitableOperation<SleepOperation, void>,
                             private TimerNode,
                             private ReadyItem
{
public:
    /// Ends \a duration after it was entered.
    explicit SleepOperation(std::chrono::nanoseconds duration) noexcept
        : m_duration(duration)
    {
    }
    explicit SleepOperation(TimePoint deadline) noexcept
        : m_deadline(deadline)
        , m_isAbsolute(true)
    {
    }
    SleepOperation(SleepOperation &&) noexcept = default;

    bool isReady() const noexcept { return false; }
    bool start() noexcept;
    void takeResult() const noexcept { }
    bool request() noexcept override;

private:
    void expired() noexcept override { complete(); }
    void run() override { complete(); }

    std::chrono::nanoseconds m_duration{};
    TimePoint m_deadline;
    bool m_isAbsolute = false;
};

class ForeverOperation final : public AwaitableOperation<ForeverOperation, void>
{
public:
    bool isReady() const noexcept { return false; }
    bool start() const noexcept { return true; }
    void takeResult() const noexcept { }
    bool request() noexcept override { return true; }
};

} // namespace detail

/// Waits for \a duration, at least, counted from the `co_await`; precise to 1 ms. Zero or less acts
/// as yieldNow(). On cancellation it is withdrawn at once. Like asyncio.sleep().
template<typename Rep, typename Period>
[[nodiscard]] auto sleepFor(std::chrono::duration<Rep, Period> duration)
{
    return detail::SleepOperation(detail::toNanoseconds(duration));
}

/// Waits until the steady clock shows \a time; a time that is past acts as yieldNow(). Changes of
/// the system's clock do not matter. Like trio.sleep_until().
[[nodiscard]] inline auto sleepUntil(std::chrono::steady_clock::time_point time)
{
    return detail::SleepOperation(time);
}

/// Waits until the task is cancelled or destroyed. Like trio.sleep_forever().
[[nodiscard]] inline auto waitForever()
{
    return detail::ForeverOperation();
}

} // namespace CoDrive
