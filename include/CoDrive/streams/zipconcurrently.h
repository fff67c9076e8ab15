// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// zipConcurrently(): one item of each stream at a time.
//
//     auto pairs = zipConcurrently(questions(), answers());
//     QCORO_FOREACH(auto &pair, pairs)
//         compare(std::get<0>(pair), std::get<1>(pair));

#include <CoDrive/streams/detail/childstream.h>
#include <CoDrive/streams/detail/source.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace CoDrive {

namespace detail {

template<typename... T>
class Zip final : public ChildStreamOf<std::tuple<T...>>
{
public:
    explicit Zip(StreamSource<T>... sources)
        : ChildStreamOf<std::tuple<T...>>("zipConcurrently", ChildStream::Order::OfEnd,
                                          ChildStream::OnError::Cancel)
        , m_sources(std::move(sources)...)
    {
    }

    /// Of the sources, when all are known.
    std::optional<std::size_t> smallestSize() const
    {
        return std::apply(
            [](const auto &...source) {
                // One that is not known compares as the smallest.
                const std::vector<std::optional<std::size_t>> sizes{source.size()...};
                return sizes.empty() ? std::size_t(0) : *std::min_element(sizes.begin(), sizes.end());
            },
            m_sources);
    }

protected:
    // One that ends at once spares the others from being asked.
    void fill() noexcept override { fillAll(std::index_sequence_for<T...>()); }
    bool isExhausted() const noexcept override { return hasEnd() && !this->hasChildren(); }
    bool hasEnd() const noexcept override { return m_hasEnded || sizeof...(T) == 0; }
    bool hasItem() const noexcept override { return sizeof...(T) > 0 && m_arrived == sizeof...(T); }
    bool isItem(StartedTask &child) noexcept override
    {
        std::apply([&](auto &...ask) { (note(ask, child), ...); }, m_asks);
        return false; // but a part of one
    }
    std::tuple<T...> take() override
    {
        m_arrived = 0;
        return std::apply([](auto &...ask) { return std::tuple<T...>(*ask->outcome().takeValue()...); }, m_asks);
    }
    std::vector<StreamBase *> ownedSources() override
    {
        std::vector<StreamBase *> owned;
        std::apply([&](auto &...source) { (source.appendOwned(owned), ...); }, m_sources);
        return owned;
    }

private:
    template<std::size_t... index>
    void fillAll(std::index_sequence<index...>) noexcept
    {
        (ask(std::get<index>(m_sources), std::get<index>(m_asks)), ...);
    }
    template<typename Source, typename Ask>
    void ask(Source &source, Ask &ask) noexcept
    {
        if (this->isStopped())
            return;
        try {
            ask = SharedTask<std::optional<typename Source::Item>>::create(makeTask(source.next()));
            this->startShared(sharedChild(ask));
        } catch (...) {
            this->sourceFailed(std::current_exception());
        }
    }
    template<typename Ask>
    void note(Ask &ask, StartedTask &child) noexcept
    {
        if (ask.get() != &child)
            return;
        if (ask->outcome().value()) {
            ++m_arrived;
        } else {
            m_hasEnded = true;
            this->cancelChildren();
        }
    }

    std::tuple<StreamSource<T>...> m_sources;
    std::tuple<SharedTaskPointer<std::optional<T>>...> m_asks; ///< of this round
    std::size_t m_arrived = 0;
    bool m_hasEnded = false;
};

} // namespace detail

/// Tuples of one item of each of \a inputs, which are asked at the same time, in order. Ends when
/// one of them ends: asks of the others that wait are cancelled and awaited, items that they gave
/// are dropped.
///
/// The first error cancels the other asks and is thrown when they have ended; several are an
/// ExceptionGroup in argument order. A cancellation in next() is forwarded to all asks; then the
/// stream ends. Like aiodrive's zip_concurrently.
/// \param inputs streams, or what toStream() takes: lvalues are borrowed, rvalues owned
template<typename... Inputs>
[[nodiscard]] auto zipConcurrently(Inputs &&...inputs)
{
    using Engine = detail::Zip<detail::SourceItem<Inputs>...>;
    auto engine = std::make_shared<Engine>(detail::sourceOf(std::forward<Inputs>(inputs))...);
    const std::optional<std::size_t> size = engine->smallestSize();
    return Stream<std::tuple<detail::SourceItem<Inputs>...>>(std::move(engine), size);
}

} // namespace CoDrive
