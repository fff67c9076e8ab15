// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Small things to do with an awaitable.
//
//     co_await contextualize(ensureDaemon(pump(socket)), [&]() -> Task<> { co_await talk(socket); });

#include <CoDrive/core/task.h>
#include <CoDrive/tasks/detail/child.h>

#include <stdexcept>
#include <type_traits>
#include <utility>

namespace CoDrive {

/// A daemon, which must run until it is cancelled, has returned.
class DaemonReturnError : public std::logic_error
{
public:
    DaemonReturnError();
    DaemonReturnError(const DaemonReturnError &) noexcept = default;
    DaemonReturnError &operator=(const DaemonReturnError &) noexcept = default;
    ~DaemonReturnError() override;
};

namespace detail {

template<typename T>
Task<T> giveValue(T value)
{
    co_return std::move(value);
}

template<typename T>
Task<> runDaemon(Task<T> daemon)
{
    ChildOperation<T> child("ensureDaemon", std::move(daemon));
    co_await child;
    throw DaemonReturnError();
}

template<typename A>
Task<> discardOwned(A awaitable)
{
    if constexpr (isQFuture<A>) {
        if (awaitable.isFinished())
            awaitable.waitForFinished(); // throws the error it holds
        else
            awaitable.cancel();
    }
    co_return;
}

} // namespace detail

/// Awaits \a x if it can be awaited, else gives it back without suspension.
/// Like aiodrive's possibly_await.
template<typename A>
[[nodiscard]] auto maybeAwait(A &&x)
{
    if constexpr (detail::Startable<A>)
        return CoDrive::toTask(std::forward<A>(x));
    else
        return detail::giveValue<std::remove_cvref_t<A>>(std::forward<A>(x));
}

/// Awaits \a daemon, which is not to return. Errors and cancellations pass.
/// Like aiodrive's ensure_daemon. \throws DaemonReturnError when it returns
template<typename A>
[[nodiscard]] Task<> ensureDaemon(A &&daemon)
{
    return detail::runDaemon(CoDrive::toTask(std::forward<A>(daemon)));
}

/// Gets rid of \a awaitable without awaiting it: a Task is destroyed unentered, a PrimedTask is
/// destroyed where it waits, an unfinished QFuture is cancelled. Does not suspend.
/// Like aiodrive's terminate. \throws the error that a finished QFuture holds
template<typename A>
[[nodiscard]] Task<> discard(A &&awaitable)
{
    static_assert(Awaitable<A>, "there is nothing to discard in what cannot be awaited");
    static_assert(!std::is_lvalue_reference_v<A>, "it is taken over: std::move it");
    return detail::discardOwned<std::remove_cvref_t<A>>(std::forward<A>(awaitable));
}

} // namespace CoDrive
