// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// merge(): the items of several streams of one type as they arrive.
//
//     auto events = merge(keyPresses(), mouseClicks());
//     QCORO_FOREACH(const InputEvent &event, events)
//         handle(event);

#include <CoDrive/streams/detail/askedahead.h>

#include <type_traits>

namespace CoDrive {

/// The items of \a inputs in the order of their arrival; ends when all have ended. A next() that
/// finds nothing stored asks every input that is not being asked; of each at most one item is
/// stored.
///
/// The first error cancels the asks of the others and is thrown when they have ended; what had
/// arrived before is given first. A cancellation in next() is forwarded to all asks; then the
/// stream ends. \param inputs streams, or what toStream() takes: lvalues are borrowed, rvalues owned
template<typename First, typename... Inputs>
[[nodiscard]] auto merge(First &&first, Inputs &&...inputs)
{
    using T = detail::SourceItem<First>;
    static_assert((std::is_same_v<T, detail::SourceItem<Inputs>> && ...),
                  "the streams that are merged have items of one type");
    using Engine = detail::AskedAhead<T>;
    std::vector<detail::StreamSource<T>> sources;
    sources.reserve(1 + sizeof...(Inputs));
    sources.push_back(detail::sourceOf(std::forward<First>(first)));
    (sources.push_back(detail::sourceOf(std::forward<Inputs>(inputs))), ...);
    std::optional<std::size_t> size = 0;
    for (const auto &source : sources) {
        const std::optional<std::size_t> part = source.size();
        if (size && part)
            *size += *part;
        else
            size.reset();
    }
    return Stream<T>(std::make_shared<Engine>("merge", std::move(sources), 1, Engine::Refill::WhenAsked), size);
}

} // namespace CoDrive
