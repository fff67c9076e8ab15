// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// buffered(): a stream that is asked ahead of its consumer.
//
//     auto frames = buffered(decode(file), 3);
//     QCORO_FOREACH(const QImage &frame, frames)
//         co_await show(frame); // the next three are decoded meanwhile

#include <CoDrive/streams/detail/askedahead.h>

namespace CoDrive {

/// The items of \a input, asked for ahead: from the first next() on, until \a n are stored, and
/// again as soon as one is taken. An error comes when what was stored before it has been taken.
///
/// A cancellation in next() is forwarded to the input, which is awaited; then the stream ends.
/// Like aiodrive's buffer_aiter. \param input a stream, or what toStream() takes: an lvalue is
/// borrowed, an rvalue owned \param n how many are stored at most
/// \throws std::invalid_argument for n below 1
template<typename Input>
[[nodiscard]] auto buffered(Input &&input, int n)
{
    using T = detail::SourceItem<Input>;
    using Engine = detail::AskedAhead<T>;
    std::vector<detail::StreamSource<T>> sources;
    sources.push_back(detail::sourceOf(std::forward<Input>(input)));
    const std::optional<std::size_t> size = sources.front().size();
    return Stream<T>(std::make_shared<Engine>("buffered", std::move(sources), n, Engine::Refill::AtOnce), size);
}

} // namespace CoDrive
