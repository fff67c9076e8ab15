// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// yieldEach(): a stream that lets the event loop breathe.
//
//     QCORO_FOREACH(int n, yieldEach(primes()))
//         label->setNum(n); // the window stays alive

#include <CoDrive/core/yield.h>
#include <CoDrive/streams/detail/source.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace CoDrive {

namespace detail {

/// The engine of a stream with one source and nothing else.
template<typename T>
class SourcedEngine : public StreamEngineOf<T>
{
protected:
    explicit SourcedEngine(StreamSource<T> source)
        : m_source(std::move(source))
    {
    }

    StreamSource<T> &source() noexcept { return m_source; }
    std::vector<StreamBase *> ownedSources() override
    {
        std::vector<StreamBase *> owned;
        m_source.appendOwned(owned);
        return owned;
    }

private:
    StreamSource<T> m_source;
};

template<typename T>
class YieldEach final : public SourcedEngine<T>
{
public:
    explicit YieldEach(StreamSource<T> source)
        : SourcedEngine<T>(std::move(source))
    {
    }

protected:
    Stream<T> body() override
    {
        for (;;) {
            co_await yieldNow();
            std::optional<T> item = co_await this->source().next();
            if (!item)
                co_return;
            co_yield *std::move(item);
        }
    }
};

} // namespace detail

/// The items of \a input, each asked for after the Qt event queue had its turn.
/// Like aiodrive's suspend_iter. \param input a stream, or what toStream() takes: an lvalue is
/// borrowed, an rvalue owned
template<typename Input>
[[nodiscard]] auto yieldEach(Input &&input)
{
    using T = detail::SourceItem<Input>;
    auto source = detail::sourceOf(std::forward<Input>(input));
    const std::optional<std::size_t> size = source.size();
    return Stream<T>(std::make_shared<detail::YieldEach<T>>(std::move(source)), size);
}

} // namespace CoDrive
