// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// reduce(): one value out of all items of a stream.
//
//     const qint64 bytes = co_await reduce(std::plus<>(), sizes(files), qint64(0));

#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/streams/detail/source.h>

#include <optional>
#include <type_traits>
#include <utility>

namespace CoDrive {

namespace detail {

[[noreturn]] void throwReduceEmpty();

template<typename F, typename T, typename A>
Task<A> reduceItems(OwnedCallable<F> function, StreamSource<T> source, std::optional<A> accumulated)
{
    for (;;) {
        std::optional<T> item = co_await source.next();
        if (!item)
            break;
        if constexpr (std::is_same_v<A, T>) {
            if (!accumulated) {
                accumulated.emplace(*std::move(item));
                continue;
            }
        }
        A result = function(*std::move(accumulated), *std::move(item));
        accumulated.emplace(std::move(result));
    }
    if (!accumulated)
        throwReduceEmpty();
    co_return *std::move(accumulated);
}

} // namespace detail

/// Calls \a function with the first two items of \a input, then with the result and the next item,
/// until the end. It runs inside the caller, as the input does. Like functools.reduce().
/// \param function gives a value of the type of the items \param input a stream, or what toStream()
/// takes: an lvalue is borrowed, an rvalue is destroyed at the end
/// \return to be awaited: the last result, or the only item
/// \throws std::invalid_argument when there is no item; the error of the function or of the input
template<typename F, typename Input>
[[nodiscard]] auto reduce(F &&function, Input &&input)
{
    detail::checkCallable<F>();
    using T = detail::SourceItem<Input>;
    return detail::reduceItems<F, T, T>(detail::OwnedCallable<F>(std::forward<F>(function)),
                                        detail::sourceOf(std::forward<Input>(input)), std::nullopt);
}

/// As above, beginning with \a initial and the first item; gives \a initial when there is none.
template<typename F, typename Input, typename A>
[[nodiscard]] auto reduce(F &&function, Input &&input, A &&initial)
{
    detail::checkCallable<F>();
    using T = detail::SourceItem<Input>;
    using Value = std::decay_t<A>;
    return detail::reduceItems<F, T, Value>(detail::OwnedCallable<F>(std::forward<F>(function)),
                                            detail::sourceOf(std::forward<Input>(input)),
                                            std::optional<Value>(std::forward<A>(initial)));
}

} // namespace CoDrive
