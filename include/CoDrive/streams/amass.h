// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// amass(), asCompleted(): the results of several tasks as they end.
//
//     auto pages = amass(downloads, {.maxConcurrent = 4});
//     QCORO_FOREACH(const Page &page, pages)
//         show(page);

#include <CoDrive/streams/detail/childstream.h>
#include <CoDrive/streams/tostream.h>

#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace CoDrive {

/// How amass() and asCompleted() run their tasks.
struct AmassOptions
{
    /// How many run at the same time at most, 1 or more.
    int maxConcurrent = std::numeric_limits<int>::max();
    /// The first error cancels the others; else they run on and it is thrown in place of the end.
    /// asCompleted() takes no notice.
    bool sensitive = true;
};

namespace detail {

/// Runs what a range gives.
/// \tparam T what a task gives \tparam Item what the stream gives: that, or an Outcome
template<typename T, typename Item, typename R>
class Amass final : public ChildStreamOf<Item>
{
    static constexpr bool givesOutcomes = !std::is_same_v<Item, Slot<T>>;
    using OnError = typename ChildStream::OnError;

public:
    Amass(const char *label, R &&tasks, AmassOptions options)
        : ChildStreamOf<Item>(label, ChildStream::Order::OfEnd, onError(options))
        , m_tasks(std::in_place, std::move(tasks))
        , m_limit(checkedLimit(options.maxConcurrent, label))
    {
    }

protected:
    // At most as many as there was room for: who ends at once makes none for the same call, as long
    // as there is an item.
    void fill() noexcept override
    {
        while (!m_isAtEnd && !this->isStopped() && !this->hasItem() && this->count() < m_limit) {
            for (qsizetype room = m_limit - this->count(); room > 0 && !m_isAtEnd && !this->isStopped(); --room)
                startNext();
        }
    }
    bool isExhausted() const noexcept override { return m_isAtEnd && !this->hasChildren(); }
    bool isItem(StartedTask &) noexcept override { return true; }
    void dropInput() noexcept override { m_tasks.reset(); }
    void childEndedEmpty() noexcept override
    {
        if (this->isWaitedFor() && !m_isAtEnd)
            this->scheduleFill();
    }
    Item take() override
    {
        const auto child = this->takeItem();
        if constexpr (givesOutcomes)
            return std::move(static_cast<SharedTask<T> &>(*child).outcome());
        else
            return takeValue<T>(*child);
    }

private:
    static OnError onError(AmassOptions options)
    {
        if (givesOutcomes)
            return OnError::GiveOutcome;
        return options.sensitive ? OnError::Cancel : OnError::GoOn;
    }

    void startNext() noexcept
    {
        try {
            auto next = m_tasks->next();
            // The range may have destroyed this stream.
            if (this->isStopped())
                return;
            if (next)
                this->startShared(sharedChild(SharedTask<T>::create(makeTask(*std::move(next)))));
            else
                m_isAtEnd = true;
        } catch (...) {
            m_isAtEnd = true;
            this->sourceFailed(std::current_exception());
        }
    }

    std::optional<RangeItems<R>> m_tasks;
    const int m_limit;
    bool m_isAtEnd = false;
};

template<typename T, typename Item, typename R>
Stream<Item> makeAmass(const char *label, R &&tasks, AmassOptions options)
{
    using Range = std::remove_cvref_t<R>;
    Range own(std::forward<R>(tasks));
    const std::optional<std::size_t> size = sizeOf(own);
    return Stream<Item>(std::make_shared<Amass<T, Item, Range>>(label, std::move(own), options), size);
}

template<typename R>
using AmassResult = StartResult<std::ranges::range_value_t<std::remove_cvref_t<R>>>;

} // namespace detail

/// The results of \a tasks in the order in which they end; `std::monostate` for void. The first
/// next() starts them, in order; with a limit, further ones are started, and a lazy range is
/// advanced, only by a next() that finds nothing stored.
///
/// An error is thrown when all that runs has ended, what had ended before it is given first.
/// Several errors are an ExceptionGroup in the order of starting, that of the range last. A
/// cancellation in next() is forwarded to all children; then the stream ends.
/// Like aiodrive's amass. \param tasks a vector of tasks, or a range of what can be started
/// \throws std::invalid_argument for a limit below 1
template<std::ranges::input_range R>
[[nodiscard]] auto amass(R &&tasks, AmassOptions options = {})
{
    using T = detail::AmassResult<R>;
    return detail::makeAmass<T, detail::Slot<T>>("amass", std::forward<R>(tasks), options);
}

/// How each of \a tasks ended, in that order; as amass(), but a failure cancels nobody and is not
/// thrown. A child that a cancellation in next() has ended gives nothing.
/// Like aiodrive's as_completed_safe. \return a stream of Outcomes
/// \throws std::invalid_argument for a limit below 1
template<std::ranges::input_range R>
[[nodiscard]] auto asCompleted(R &&tasks, AmassOptions options = {})
{
    using T = detail::AmassResult<R>;
    return detail::makeAmass<T, Outcome<T>>("asCompleted", std::forward<R>(tasks), options);
}

} // namespace CoDrive
