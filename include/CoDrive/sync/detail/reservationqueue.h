// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What OrderedQueue and UnorderedQueue share, and the Reservation that both give.

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/list.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/detail/threadbound.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace CoDrive {

template<typename T>
class Reservation;

namespace detail {

struct PlaceTag;
class ReservationQueueBase;

/// The place of one item: reserved, and owned by the Reservation; then filled, and owned by the queue.
class Place : public ListLink<PlaceTag>
{
public:
    Place() noexcept = default;
    Place(Place &&) = delete;
    virtual ~Place();

    ReservationQueueBase *queue = nullptr; ///< null when it is gone
    bool isFilled = false;
};

/// The wait of the reader.
class ReservationReader : public Operation
{
public:
    ~ReservationReader();

    bool isReady();
    bool start() noexcept;
    bool request() noexcept override;

protected:
    explicit ReservationReader(ReservationQueueBase &queue) noexcept;
    ReservationReader(ReservationReader &&) noexcept = default;

    /// Ends the wait. Null: there is no item any more.
    /// \throws ObjectDestroyed, the error of the item
    ReservationQueueBase *queueWithItem();
    /// What takeResult() will throw.
    void setError(std::exception_ptr error) noexcept { m_error = std::move(error); }

private:
    friend class ReservationQueueBase;

    enum class State { Idle, Waiting, HasItem, AtEnd, Orphaned };

    void leave() noexcept;

    ReservationQueueBase *m_queue; ///< null when it is gone
    const char *m_name;
    State m_state = State::Idle;
    std::exception_ptr m_error;
};

/// Keeps the places; a filled one that is first in line can be read.
class ReservationQueueBase : public ThreadBound
{
public:
    using Places = List<Place, PlaceTag>;
    enum class Order { OfReservation, OfPut };

    qsizetype size() const noexcept { return m_filled; }
    bool isClosed() const noexcept { return m_isClosed; }
    /// \throws std::logic_error
    void close();
    /// Takes \a place in. \throws std::logic_error
    void reserve(Place &place);
    /// Takes \a place, which has its item, over.
    void fill(Place &place) noexcept;
    /// Forgets \a place, which is not filled.
    void cancel(Place &place) noexcept;

protected:
    ReservationQueueBase(const char *name, Order order) noexcept
        : m_name(name)
        , m_order(order)
    {
    }
    ~ReservationQueueBase();

    /// The next to be read, or null.
    Place *firstFilled() const noexcept
    {
        Place *const first = m_line.first();
        return first && first->isFilled ? first : nullptr;
    }
    void removeFirst() noexcept;
    /// The reader that was told of an item and has not taken it, or null.
    ReservationReader *readerWithItem() const noexcept;

private:
    friend class ReservationReader;

    bool isAtEnd() const noexcept;
    void update() noexcept;

    const char *m_name;
    const Order m_order;
    bool m_isClosed = false;
    qsizetype m_filled = 0;
    Places m_line; ///< in the order of reading
    Places m_outstanding; ///< those that have no place in the line before they are filled
    ReservationReader *m_reader = nullptr;
};

[[noreturn]] void throwReservationUsed();
[[noreturn]] void throwReservationOrphaned();

template<typename T>
class ItemPlace final : public Place
{
public:
    std::optional<T> item;
};

template<typename T>
class ReservationNext;

template<typename T>
class ReservationQueue : public ReservationQueueBase
{
public:
    Reservation<T> reserve();
    ReservationNext<T> next() noexcept;

protected:
    using ReservationQueueBase::ReservationQueueBase;
    ~ReservationQueue();

private:
    friend class ReservationNext<T>;

    T take();
};

template<typename T>
class ReservationNext final : public ReservationReader,
                              public AwaitableInAnyCoroutine<ReservationNext<T>>
{
public:
    using Result = std::optional<T>;

    explicit ReservationNext(ReservationQueue<T> &queue) noexcept
        : ReservationReader(queue)
    {
    }
    ReservationNext(ReservationNext &&) noexcept = default;

    std::optional<T> takeResult()
    {
        if (m_item)
            return std::move(m_item);
        auto *const queue = static_cast<ReservationQueue<T> *>(queueWithItem());
        if (!queue)
            return std::nullopt;
        return std::optional<T>(queue->take());
    }

private:
    friend class ReservationQueue<T>;

    std::optional<T> m_item; ///< when the queue was destroyed
};

} // namespace detail

/// The right to put one item into an OrderedQueue or UnorderedQueue. Can be moved. When it is
/// destroyed without put(), its place is skipped.
template<typename T>
class [[nodiscard]] Reservation
{
public:
    Reservation(Reservation &&other) noexcept = default;
    Reservation &operator=(Reservation &&other) noexcept
    {
        if (this != &other) {
            giveUp();
            m_place = std::move(other.m_place);
        }
        return *this;
    }
    ~Reservation() { giveUp(); }

    /// Fills the place; the reader goes on from the loop.
    /// \throws std::logic_error when it was used before or is moved from
    /// \throws ObjectDestroyed when the queue is gone
    void put(T item)
    {
        if (!m_place)
            detail::throwReservationUsed();
        if (!m_place->queue)
            detail::throwReservationOrphaned();
        m_place->item.emplace(std::move(item));
        detail::Place *const place = m_place.release(); // the queue's from here on
        place->queue->fill(*place);
    }

    /// \cond internal
    explicit Reservation(std::unique_ptr<detail::ItemPlace<T>> place) noexcept
        : m_place(std::move(place))
    {
    }
    /// \endcond

private:
    void giveUp() noexcept
    {
        if (m_place && m_place->queue)
            m_place->queue->cancel(*m_place);
        m_place.reset();
    }

    std::unique_ptr<detail::ItemPlace<T>> m_place;
};

namespace detail {

template<typename T>
Reservation<T> ReservationQueue<T>::reserve()
{
    auto place = std::make_unique<ItemPlace<T>>();
    ReservationQueueBase::reserve(*place);
    return Reservation<T>(std::move(place));
}

template<typename T>
ReservationNext<T> ReservationQueue<T>::next() noexcept
{
    return ReservationNext<T>(*this);
}

template<typename T>
ReservationQueue<T>::~ReservationQueue()
{
    if (auto *const reader = static_cast<ReservationNext<T> *>(readerWithItem())) {
        // What was completed is delivered (law L7).
        try {
            reader->m_item.emplace(take());
        } catch (...) {
            reader->setError(std::current_exception());
        }
    }
}

template<typename T>
T ReservationQueue<T>::take()
{
    T item = std::move(*static_cast<ItemPlace<T> *>(firstFilled())->item);
    removeFirst();
    return item;
}

} // namespace detail

} // namespace CoDrive
