// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// suppress(): goes on after errors of some types.
//
//     if (auto cover = co_await suppress<NetworkError, TimeoutError>(loadCover(album)))
//         show(*cover);

#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/task.h>
#include <CoDrive/tasks/detail/child.h>
#include <CoDrive/tasks/detail/optional.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace CoDrive {

/// How suppress() takes a success.
struct SuppressOptions
{
    bool strict = false; ///< a success is a SuppressFailureError
};

/// What was expected to fail has succeeded.
class SuppressFailureError : public std::logic_error
{
public:
    SuppressFailureError();
    SuppressFailureError(const SuppressFailureError &) noexcept = default;
    SuppressFailureError &operator=(const SuppressFailureError &) noexcept = default;
    ~SuppressFailureError() override;
};

namespace detail {

/// Throws what is left of \a error without the members that are one of the E.
template<typename... E>
void throwUnlessSuppressed(const std::exception_ptr &error)
{
    // An error that stands alone is looked at as a group of one.
    const std::exception_ptr rest = ExceptionGroup({error}).split<E...>().rest;
    if (!rest)
        return;
    try {
        std::rethrow_exception(rest);
    } catch (const ExceptionGroup &group) {
        if (group.exceptions().size() == 1)
            std::rethrow_exception(group.exceptions().front());
        throw;
    }
}

template<typename R, typename T, typename... E>
Task<R> runSuppressed(Task<T> task, bool isStrict)
{
    ChildOperation<T> child("suppress", std::move(task));
    Outcome<T> outcome;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await child;
            outcome.setValue();
        } else {
            outcome.setValue(co_await child);
        }
    } catch (...) {
        outcome.setError(std::current_exception());
    }
    if (!outcome.isSuccess()) {
        throwUnlessSuppressed<E...>(outcome.error());
        co_return R();
    }
    if (isStrict)
        throw SuppressFailureError();
    co_return takeOptional(outcome);
}

} // namespace detail

/// Awaits \a awaitable and swallows its errors that are one of the types E; of an ExceptionGroup
/// the members decide, at any depth, and the rest is thrown. The awaiting task's own cancellation
/// is no error and passes. Like aiodrive's suppress, contextlib.suppress().
/// \return to be awaited: an optional of the result, empty when an error was swallowed; for void a
/// bool, true when it ended normally \throws SuppressFailureError
template<typename... E, typename A>
[[nodiscard]] auto suppress(A &&awaitable, SuppressOptions options = {})
{
    using T = detail::StartResult<A>;
    using R = detail::OptionalOf<T>;
    return detail::runSuppressed<R, T, E...>(CoDrive::toTask(std::forward<A>(awaitable)), options.strict);
}

} // namespace CoDrive
