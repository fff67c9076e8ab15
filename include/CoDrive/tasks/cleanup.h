// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// withCleanup(): an asynchronous clean-up, however the body ended.
//
//     co_await withCleanup([&]() -> Task<> { co_await use(connection); },
//                          [&]() -> Task<> { co_await connection.close(); });

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/task.h>
#include <CoDrive/tasks/detail/body.h>
#include <CoDrive/tasks/detail/child.h>
#include <CoDrive/tasks/shield.h>

#include <exception>
#include <type_traits>
#include <utility>

namespace CoDrive {

namespace detail {

/// How a part of a function ended, and whether that took a request of the task.
template<typename T>
class PartEnd
{
public:
    PartEnd(Outcome<T> end, bool tookIt) noexcept
        : outcome(std::move(end))
        , tookRequest(tookIt)
    {
    }
    Outcome<T> outcome;
    bool tookRequest;
};

template<typename T>
class PartAwaiter : public TaskAwaiter<T>
{
public:
    explicit PartAwaiter(TaskPromise<T> *child) noexcept
        : TaskAwaiter<T>(child)
    {
        this->m_absorber = &this->m_outcome;
    }
    PartEnd<T> await_resume()
    {
        return PartEnd<T>(std::move(this->m_outcome), this->m_tookRequest);
    }
};

/// As attempt(), and tells whether a request was used up.
template<typename T>
auto attemptPart(Task<T> task)
{
    return InlineAwaitable<T, PartEnd<T>, PartAwaiter>(std::move(task));
}

/// Makes pending again a request that a part took, and throws the errors as one, if there are any.
void endParts(const std::exception_ptr &first, const std::exception_ptr &second, bool tookRequest);

template<typename R, typename Body, typename Cleanup>
Task<R> runWithCleanup(OwnedCallable<Body> body, OwnedCallable<Cleanup> cleanup)
{
    PartEnd<R> bodyEnd
        = co_await attemptPart(CoDrive::toTask(ChildOperation<R>("body", callBody<R>(body))));
    PartEnd<void> cleanupEnd
        = co_await attemptPart(CoDrive::toTask(shieldWait(callBody<void>(cleanup))));
    endParts(bodyEnd.outcome.error(), cleanupEnd.outcome.error(),
             bodyEnd.tookRequest || cleanupEnd.tookRequest);
    if (bodyEnd.outcome.isCancelled() || cleanupEnd.outcome.isCancelled())
        co_await UnwindOperation();
    co_return std::move(bodyEnd.outcome).value();
}

} // namespace detail

/// Structured: it never returns, throws or unwinds before body and clean-up have ended.
///
/// Awaits \a body(), and then \a cleanup(), however the body ended: with a value, an error, or
/// unwound by a cancellation. The clean-up is shielded from one request: the first that comes while
/// it runs, or is pending when it begins. Destruction (of an owner, say) runs no clean-up.
/// Gives the body's result. Like `async with` and `finally` in Python.
/// \param body a callable that returns an awaitable \param cleanup one that returns an awaitable of void
/// \throws the body's error, the clean-up's, or both as an ExceptionGroup
template<typename Body, typename Cleanup>
[[nodiscard]] Task<detail::BodyResult<Body>> withCleanup(Body &&body, Cleanup &&cleanup)
{
    detail::checkCallable<Body>();
    detail::checkCallable<Cleanup>();
    static_assert(std::is_void_v<detail::BodyResult<Cleanup>>, "a clean-up gives no result");
    return detail::runWithCleanup<detail::BodyResult<Body>>(
        detail::OwnedCallable<Body>(std::forward<Body>(body)),
        detail::OwnedCallable<Cleanup>(std::forward<Cleanup>(cleanup)));
}

} // namespace CoDrive
