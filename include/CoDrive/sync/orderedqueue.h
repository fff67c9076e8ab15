// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// OrderedQueue: items that are made in any order and read in the order in which they were announced.
//
//     OrderedQueue<QImage> images;
//     for (const QUrl &url : urls)
//         scope.spawn(load(url, images.reserve())); // puts its image when it has it
//     const std::optional<QImage> first = co_await images.next(); // that of the first url

#include <CoDrive/sync/detail/reservationqueue.h>

namespace CoDrive {

/// The reader gets the items in the order of reserve(), whenever they are put; one that is missing holds
/// up those behind it, one that is given up is skipped. For the tasks of one thread, one reader at a time.
/// Destroying it destroys the items in it and wakes the reader with ObjectDestroyed; reservations may
/// outlive it. Like aiodrive's OrderedQueue.
/// \tparam T can be moved
template<typename T>
class OrderedQueue : private detail::ReservationQueue<T>
{
    using Base = detail::ReservationQueue<T>;

public:
    OrderedQueue() noexcept
        : Base("CoDrive::OrderedQueue", Base::Order::OfReservation)
    {
    }

    /// Announces an item. \throws std::logic_error when the queue is closed
    Reservation<T> reserve() { return Base::reserve(); }

    /// Awaits the next item; does not suspend when it is there. Gives nothing when the queue is closed
    /// and neither an item nor a reservation is left. On cancellation the wait is withdrawn, no item is
    /// taken. \return to be awaited: a std::optional<T>
    /// \throws std::logic_error while another reader waits \throws ObjectDestroyed
    [[nodiscard]] detail::ReservationNext<T> next() noexcept { return Base::next(); }

    /// Nothing can be reserved from now on; what is reserved can still be put.
    /// \throws std::logic_error when it is closed already
    void close() { Base::close(); }
    /// Whether close() was called.
    bool isClosed() const noexcept { return Base::isClosed(); }

    /// How many items are stored, those that wait for an earlier one included.
    qsizetype size() const noexcept { return Base::size(); }
};

} // namespace CoDrive
