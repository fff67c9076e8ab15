// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// mapConcurrently(): a coroutine for each item, several at once.
//
//     auto sizes = mapConcurrently(fetchSize, urls, {.maxConcurrent = 8});
//     const std::vector<qint64> all = co_await collect(std::move(sizes));

#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/streams/detail/childstream.h>
#include <CoDrive/streams/detail/source.h>
#include <CoDrive/sync/semaphore.h>

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace CoDrive {

/// How mapConcurrently() works.
struct MapOptions
{
    /// How many items are worked on at the same time at most, 1 or more.
    int maxConcurrent = std::numeric_limits<int>::max();
    /// The results come in the order of the items, else in the order of their completion.
    bool ordered = true;
};

namespace detail {

template<typename F, typename In, typename R>
class Map final : public ChildStreamOf<Slot<R>>
{
public:
    Map(F &&function, StreamSource<In> source, MapOptions options)
        : ChildStreamOf<Slot<R>>("mapConcurrently",
                                 options.ordered ? ChildStream::Order::OfStart : ChildStream::Order::OfEnd,
                                 ChildStream::OnError::Cancel)
        , m_function(std::make_shared<std::decay_t<F>>(std::forward<F>(function)))
        , m_source(std::move(source))
        , m_slots(checkedLimit(options.maxConcurrent, "mapConcurrently"))
    {
    }

protected:
    void fill() noexcept override
    {
        if (std::exchange(m_hasBegun, true))
            return;
        auto feeder = SharedTask<void>::create(feed(std::static_pointer_cast<Map>(this->keepAlive())));
        m_feeder = feeder.get();
        this->startFeeder(sharedChild(std::move(feeder)));
    }
    bool isExhausted() const noexcept override { return m_hasBegun && !this->hasChildren(); }
    bool hasEnd() const noexcept override { return m_hasInputEnded && m_outstanding == 0; }
    bool isItem(StartedTask &child) noexcept override { return &child != m_feeder; }
    Slot<R> take() override
    {
        --m_outstanding;
        return takeValue<R>(*this->takeItem());
    }
    std::vector<StreamBase *> ownedSources() override
    {
        std::vector<StreamBase *> owned;
        m_source.appendOwned(owned);
        return owned;
    }

private:
    // The source is asked when there is room for what it gives.
    static Task<> feed(std::shared_ptr<Map> map)
    {
        while (!map->isStopped()) {
            Semaphore::Permit permit = co_await map->m_slots.acquire();
            std::optional<In> item = co_await map->m_source.next();
            map->m_hasInputEnded = !item;
            if (!item || map->isStopped())
                break;
            ++map->m_outstanding;
            map->startShared(sharedChild(SharedTask<R>::create(
                apply(map->m_function, *std::move(item), std::move(permit)))));
        }
    }
    // What it runs may outlive the stream by a moment (law L14).
    static Task<R> apply(std::shared_ptr<std::decay_t<F>> function, In item, Semaphore::Permit)
    {
        co_return co_await std::invoke(*function, std::move(item));
    }

    std::shared_ptr<std::decay_t<F>> m_function;
    StreamSource<In> m_source;
    Semaphore m_slots;
    const StartedTask *m_feeder = nullptr;
    qint64 m_outstanding = 0; ///< items whose results were not given
    bool m_hasBegun = false;
    bool m_hasInputEnded = false;
};

} // namespace detail

/// What the tasks give that \a function returns for each item of \a input; `std::monostate` for
/// void. The first next() starts them; from then on a new one is started whenever there is an item
/// and fewer run than allowed, also while nobody asks.
///
/// The first error, of a task, of \a function or of the input, cancels what runs and is thrown when
/// all has ended; results that come before it and had been there are given first. Several errors
/// are an ExceptionGroup in the order of starting, that of the input last. A cancellation in next()
/// is forwarded to all that runs, and to the input while it waits; then the stream ends.
/// Like aiodrive's map, map_concurrently.
/// \param function is called with an item, and kept until the last task has ended
/// \param input a range, or a stream: an lvalue is borrowed, an rvalue owned
/// \throws std::invalid_argument for a limit below 1
template<typename F, typename Input>
[[nodiscard]] auto mapConcurrently(F &&function, Input &&input, MapOptions options = {})
{
    detail::checkCallable<F>();
    using In = detail::SourceItem<Input>;
    using R = detail::BodyResult<F, In>;
    auto source = detail::sourceOf(std::forward<Input>(input));
    const std::optional<std::size_t> size = source.size();
    return Stream<detail::Slot<R>>(
        std::make_shared<detail::Map<F, In, R>>(std::forward<F>(function), std::move(source), options), size);
}

} // namespace CoDrive
