// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// collect(): all items of a stream in a vector.
//
//     const std::vector<Row> rows = co_await collect(readRows(file));

#include <CoDrive/streams/detail/source.h>

#include <optional>
#include <utility>
#include <vector>

namespace CoDrive {

namespace detail {

template<typename T>
Task<std::vector<T>> collectItems(StreamSource<T> source)
{
    std::vector<T> items;
    if (const std::optional<std::size_t> size = source.size())
        items.reserve(*size);
    for (;;) {
        std::optional<T> item = co_await source.next();
        if (!item)
            break;
        items.push_back(*std::move(item));
    }
    co_return items;
}

} // namespace detail

/// Takes the items of \a input until its end. It runs inside the caller, as the input does.
/// Like aiodrive's collect. \param input a stream, or what toStream() takes: an lvalue is borrowed
/// and can be used afterwards, an rvalue is destroyed at the end
/// \return to be awaited: a vector \throws the error of the input
template<typename Input>
[[nodiscard]] auto collect(Input &&input)
{
    return detail::collectItems(detail::sourceOf(std::forward<Input>(input)));
}

} // namespace CoDrive
