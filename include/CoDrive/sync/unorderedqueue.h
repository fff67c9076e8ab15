// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// UnorderedQueue: items read in the order in which they are put, until all that were announced have come.
//
//     UnorderedQueue<QImage> images;
//     for (const QUrl &url : urls)
//         scope.spawn(load(url, images.reserve())); // puts its image when it has it
//     const std::optional<QImage> fastest = co_await images.next();

#include <CoDrive/sync/detail/reservationqueue.h>

namespace CoDrive {

/// The reader gets the items in the order of Reservation::put(). For the tasks of one thread, one
/// reader at a time. Destroying it destroys the items in it and wakes the reader with
/// ObjectDestroyed; reservations may outlive it. Like aiodrive's UnorderedQueue.
/// \tparam T can be moved
template<typename T>
class UnorderedQueue : private detail::ReservationQueue<T>
{
    using Base = detail::ReservationQueue<T>;

public:
    UnorderedQueue() noexcept
        : Base("CoDrive::UnorderedQueue", Base::Order::OfPut)
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

    /// How many items are stored.
    qsizetype size() const noexcept { return Base::size(); }
};

} // namespace CoDrive
