// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What buffered() and merge() share: sources that are asked beforehand.

#include <CoDrive/streams/detail/childstream.h>
#include <CoDrive/streams/detail/source.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace CoDrive::detail {

/// The items of several sources in the order of their arrival.
template<typename T>
class AskedAhead final : public ChildStreamOf<T>
{
public:
    /// Whether a source is asked again as soon as there is room, or by the next next() that finds
    /// nothing.
    enum class Refill { AtOnce, WhenAsked };

    /// \param depth how many items of a source are stored at most
    AskedAhead(const char *label, std::vector<StreamSource<T>> sources, int depth, Refill refill)
        : ChildStreamOf<T>(label, ChildStream::Order::OfEnd, ChildStream::OnError::Cancel)
        , m_depth(checkedLimit(depth, label))
        , m_refill(refill)
    {
        m_lanes.reserve(sources.size());
        for (StreamSource<T> &source : sources)
            m_lanes.emplace_back(std::move(source));
    }

protected:
    void fill() noexcept override
    {
        for (Lane &lane : m_lanes) {
            while (!lane.hasEnded && !lane.pending && lane.stored < m_depth && !this->isStopped())
                ask(lane);
        }
    }
    bool isExhausted() const noexcept override
    {
        return std::all_of(m_lanes.begin(), m_lanes.end(), [](const Lane &lane) { return lane.hasEnded; });
    }
    bool hasEnd() const noexcept override { return isExhausted(); }
    bool isItem(StartedTask &child) noexcept override
    {
        const auto lane = std::find_if(m_lanes.begin(), m_lanes.end(),
                                       [&](const Lane &candidate) { return candidate.pending == &child; });
        lane->pending = nullptr;
        lane->hasEnded = !static_cast<SharedTask<std::optional<T>> &>(child).outcome().value();
        if (lane->hasEnded)
            return false;
        ++lane->stored;
        m_arrived.push_back(&*lane);
        refill();
        return true;
    }
    T take() override
    {
        --m_arrived.front()->stored;
        m_arrived.pop_front();
        refill();
        const auto child = this->takeItem();
        // Not takeValue(): g++ 12 takes what it leaves of an optional for uninitialized.
        return *std::move(static_cast<SharedTask<std::optional<T>> &>(*child).outcome()).value();
    }
    std::vector<StreamBase *> ownedSources() override
    {
        std::vector<StreamBase *> owned;
        for (Lane &lane : m_lanes)
            lane.source.appendOwned(owned);
        return owned;
    }

private:
    struct Lane
    {
        explicit Lane(StreamSource<T> &&asked) noexcept
            : source(std::move(asked))
        {
        }

        StreamSource<T> source;
        const StartedTask *pending = nullptr;
        int stored = 0;
        bool hasEnded = false;
    };

    void ask(Lane &lane) noexcept
    {
        try {
            auto child = SharedTask<std::optional<T>>::create(makeTask(lane.source.next()));
            lane.pending = child.get();
            this->startShared(sharedChild(std::move(child)));
        } catch (...) {
            lane.hasEnded = true;
            this->sourceFailed(std::current_exception());
        }
    }
    void refill() noexcept
    {
        if (m_refill == Refill::AtOnce)
            this->scheduleFill();
    }

    std::vector<Lane> m_lanes;
    std::deque<Lane *> m_arrived; ///< whose the items are
    const int m_depth;
    const Refill m_refill;
};

} // namespace CoDrive::detail
