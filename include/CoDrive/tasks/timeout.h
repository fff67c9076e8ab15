// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Awaiting with a limit in time.
//
//     const QByteArray data = co_await withTimeout(5s, load(url)); // throws TimeoutError
//     if (auto answer = co_await moveOnAfter(1s, ask()))           // empty when too late
//         show(*answer);

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/detail/loop.h>
#include <CoDrive/tasks/detail/optional.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <type_traits>

namespace CoDrive {

/// A limit in time has passed; what() names it.
class TimeoutError : public std::runtime_error
{
public:
    /// \param limit the duration that was allowed
    explicit TimeoutError(std::chrono::nanoseconds limit);
    /// For a deadline.
    TimeoutError();
    TimeoutError(const TimeoutError &) noexcept = default;
    TimeoutError &operator=(const TimeoutError &) noexcept = default;
    ~TimeoutError() override;
};

namespace detail {

/// When it is too late.
class TimeLimit
{
public:
    explicit TimeLimit(std::chrono::nanoseconds duration) noexcept
        : m_duration(duration)
    {
    }
    explicit TimeLimit(TimePoint deadline) noexcept
        : m_deadline(deadline)
    {
    }

    TimePoint deadline(TimePoint now) const noexcept
    {
        return m_duration ? deadlineAfter(now, *m_duration) : m_deadline;
    }
    [[noreturn]] void throwError() const;

private:
    std::optional<std::chrono::nanoseconds> m_duration;
    TimePoint m_deadline;
};

template<typename T, typename R>
class TimeoutOperation final : public OneChildCombinator<TimeoutOperation<T, R>, T, R>,
                               private TimerNode
{
    using Base = OneChildCombinator<TimeoutOperation<T, R>, T, R>;
    static constexpr bool throws = std::is_same_v<T, R>;

public:
    TimeoutOperation(TimeLimit limit, Task<T> task)
        : Base("timeout", std::move(task))
        , m_limit(limit)
    {
    }
    TimeoutOperation(TimeoutOperation &&) noexcept = default;

    R takeResult()
    {
        if constexpr (throws) {
            if (this->outcome().isCancelled())
                m_limit.throwError();
            return std::move(this->outcome()).value();
        } else {
            return takeOptional(this->outcome());
        }
    }

private:
    friend Base;

    void aboutToStart() noexcept
    {
        Loop &loop = *this->task()->loop();
        const TimePoint now = loop.now();
        const TimePoint deadline = m_limit.deadline(now);
        if (deadline <= now)
            expired();
        else
            loop.armTimer(*this, deadline);
    }
    void expired() noexcept override
    {
        m_isExpired = true;
        this->cancelChildren();
    }
    void onChildEnded(StartedTask &) noexcept override { disarm(); }
    bool hasResult() const noexcept override
    {
        return Base::hasResult() || (m_isExpired && !this->isRequestedFromOutside());
    }

    TimeLimit m_limit;
    bool m_isExpired = false;
};

template<typename R, typename A>
auto timeout(TimeLimit limit, A &&awaitable)
{
    return TimeoutOperation<StartResult<A>, R>(limit, CoDrive::toTask(std::forward<A>(awaitable)));
}

} // namespace detail

/// Structured: it never returns, throws or unwinds before \a awaitable has ended.
///
/// Awaits \a awaitable for \a duration at most; then it is cancelled and awaited. A value it still
/// gives wins over the timeout, and so does its error. The time counts from the `co_await`, before
/// \a awaitable starts; zero or less cancels it at its first suspension. A cancellation of the
/// waiter is forwarded. Like asyncio.timeout().
/// \return to be awaited: the result \throws TimeoutError
template<typename Rep, typename Period, typename A>
[[nodiscard]] auto withTimeout(std::chrono::duration<Rep, Period> duration, A &&awaitable)
{
    return detail::timeout<detail::StartResult<A>>(
        detail::TimeLimit(detail::toNanoseconds(duration)), std::forward<A>(awaitable));
}

/// As withTimeout(), until the steady clock shows \a deadline. Like trio.fail_at().
template<typename A>
[[nodiscard]] auto withDeadline(std::chrono::steady_clock::time_point deadline, A &&awaitable)
{
    return detail::timeout<detail::StartResult<A>>(detail::TimeLimit(deadline),
                                                   std::forward<A>(awaitable));
}

/// As withTimeout(), without an error: the result is empty when the time is over.
/// Like trio.move_on_after().
/// \return to be awaited: an optional of the result; for void a bool, true when it ended in time
template<typename Rep, typename Period, typename A>
[[nodiscard]] auto moveOnAfter(std::chrono::duration<Rep, Period> duration, A &&awaitable)
{
    return detail::timeout<detail::OptionalOf<detail::StartResult<A>>>(
        detail::TimeLimit(detail::toNanoseconds(duration)), std::forward<A>(awaitable));
}

} // namespace CoDrive
