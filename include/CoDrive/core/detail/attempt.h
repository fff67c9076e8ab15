// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// attempt(): the part of outcome.h that needs Task. And what catchable() shares with it: a place
// in a frame where an unwinding ends.

#include <CoDrive/core/awaitable.h>

namespace CoDrive {

namespace detail {

/// Awaits a task inline and gives its outcome; an unwinding ends here.
template<typename T>
class AttemptAwaiter : public TaskAwaiter<T>
{
public:
    explicit AttemptAwaiter(TaskPromise<T> *child) noexcept
        : TaskAwaiter<T>(child)
    {
        this->m_absorber = &this->m_outcome;
    }
    Outcome<T> await_resume() { return std::move(this->m_outcome); }
};

/// A task to be awaited inline by an Awaiter of its own.
template<typename T, typename R, template<typename> typename Awaiter>
class [[nodiscard]] InlineAwaitable
    : public AwaitableInAnyCoroutine<InlineAwaitable<T, R, Awaiter>>
{
public:
    using Result = R;

    explicit InlineAwaitable(Task<T> task) noexcept
        : m_task(std::move(task))
    {
    }
    Awaiter<T> toFrameAwaiter() { return Awaiter<T>(m_task.takeFrame()); }

private:
    Task<T> m_task;
};

} // namespace detail

/// Awaits \a awaitable and gives how it ended; never throws for it. A cancellation of the awaiting
/// task that ends \a awaitable is absorbed: the outcome is cancelled, the request is used up and
/// the task goes on. A Cancelled that it throws is a failure (law L9).
/// Like aiodrive's FutureState.absorb_awaitable.
/// \return to be awaited: an Outcome
template<typename A>
auto attempt(A &&awaitable)
{
    using T = detail::StartResult<A>;
    return detail::InlineAwaitable<T, Outcome<T>, detail::AttemptAwaiter>(
        CoDrive::toTask(std::forward<A>(awaitable)));
}

} // namespace CoDrive
