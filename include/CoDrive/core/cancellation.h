// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// How a task meets its own cancellation.
//
//     for (Row &row : rows) {
//         compute(row);
//         co_await checkpoint(); // a long computation that can be cancelled
//     }

#include <CoDrive/core/outcome.h>
#include <CoDrive/core/task.h>

namespace CoDrive {

namespace detail {

/// Throws the Cancelled that ends \a task as cancelled when it leaves it.
[[noreturn]] void throwOwnCancelled(StartedTask &task);

template<typename T>
class CatchableAwaiter : public TaskAwaiter<T>
{
public:
    explicit CatchableAwaiter(TaskPromise<T> *child) noexcept
        : TaskAwaiter<T>(child)
    {
        this->m_absorber = &this->m_outcome;
    }
    T await_resume()
    {
        if (this->m_outcome.isCancelled())
            throwOwnCancelled(*this->m_parent->m_task);
        return std::move(this->m_outcome).value();
    }
};

class UnwindOperation final : public AwaitableOperation<UnwindOperation, void>
{
public:
    bool isReady() const noexcept { return false; }
    bool start() noexcept;
    void takeResult() const noexcept { }
    bool request() noexcept override { return false; }
};

class CheckpointOperation final : public AwaitableOperation<CheckpointOperation, void>
{
public:
    bool isReady() const noexcept { return false; }
    bool start() noexcept;
    void takeResult() const noexcept { }
    bool request() noexcept override { return true; }
};

} // namespace detail

/// Awaits \a awaitable; a cancellation of the awaiting task that ends it is thrown into this frame
/// as Cancelled, with the request used up. Other frames see that Cancelled as an exception like
/// others; when it leaves the task, the task is cancelled.
/// Errors, and the Cancelled of a third party, pass. Like `except CancelledError` in asyncio.
template<typename A>
[[nodiscard]] auto catchable(A &&awaitable)
{
    using T = detail::StartResult<A>;
    return detail::InlineAwaitable<T, T, detail::CatchableAwaiter>(
        CoDrive::toTask(std::forward<A>(awaitable)));
}

/// Ends the current task here as cancelled: `co_await unwind()` never returns. Frames are
/// destroyed up to an attempt() or catchable(). Like `raise CancelledError` in asyncio.
[[nodiscard]] inline auto unwind()
{
    return detail::UnwindOperation();
}

/// Where a long computation can be cancelled: unwinds the task when a request is pending, else
/// does not suspend. It does not give other tasks a turn, see yieldNow().
/// Like trio's checkpoint_if_cancelled.
[[nodiscard]] inline auto checkpoint()
{
    return detail::CheckpointOperation();
}

} // namespace CoDrive
