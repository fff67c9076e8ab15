// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Queue: items from some tasks to others.
//
//     Queue<QUrl> urls(100);
//     co_await urls.put(url);                // waits while it is full
//     const QUrl next = co_await urls.get(); // waits while it is empty

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/waiterlist.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/sync/detail/ring.h>
#include <CoDrive/core/detail/threadbound.h>

#include <concepts>
#include <exception>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace CoDrive {

/// The queue is closed: nothing can be put, or nothing is left to be got.
class QueueClosed : public std::runtime_error
{
public:
    QueueClosed();
    QueueClosed(const QueueClosed &) noexcept = default;
    QueueClosed &operator=(const QueueClosed &) noexcept = default;
    ~QueueClosed() override;
};

template<typename T>
class Queue;

namespace detail {

/// Waits at a queue for an item, or for room.
class QueueWaiter : public ListWaiter
{
public:
    /// Ends the wait because the queue is closed.
    void rejectClosed() noexcept
    {
        m_isRejected = true;
        wake();
    }
    /// What takeResult() will throw.
    void setError(std::exception_ptr error) noexcept { m_error = std::move(error); }

protected:
    QueueWaiter() noexcept = default;
    QueueWaiter(QueueWaiter &&) noexcept = default;
    ~QueueWaiter() = default;

    /// \throws ObjectDestroyed, QueueClosed, the error of the item
    void checkEnd() const;

private:
    std::exception_ptr m_error;
    bool m_isRejected = false;
};

template<typename T>
class QueueGet final : public QueueWaiter, public AwaitableInAnyCoroutine<QueueGet<T>>
{
public:
    using Result = T;

    explicit QueueGet(Queue<T> &queue) noexcept
        : m_queue(&queue)
    {
    }
    QueueGet(QueueGet &&) noexcept = default;
    ~QueueGet()
    {
        if (m_hasClaim)
            m_queue->dropClaim(*this);
    }

    bool isReady() { return m_queue->claim(*this); }
    bool start() noexcept
    {
        m_queue->m_getters.append(*this);
        return true;
    }
    T takeResult()
    {
        checkEnd();
        if (m_hasClaim)
            return m_queue->takeClaimed(*this);
        return std::move(*m_item);
    }

private:
    friend class Queue<T>;

    Queue<T> *m_queue;
    bool m_hasClaim = false; ///< on an item that is still in the queue
    std::optional<T> m_item; ///< in place of the claim when the queue is gone
};

template<typename T>
class QueuePut final : public QueueWaiter, public AwaitableInAnyCoroutine<QueuePut<T>>
{
public:
    using Result = void;

    template<typename U>
    QueuePut(Queue<T> &queue, U &&item)
        : m_queue(queue)
        , m_item(std::forward<U>(item))
    {
    }
    QueuePut(QueuePut &&) = default;
    // Before the item dies, whose destructor may turn to the queue.
    ~QueuePut() { this->unlink(); }

    bool isReady() { return m_queue.admitAtOnce(*this); }
    bool start() noexcept
    {
        m_queue.m_putters.append(*this);
        return true;
    }
    void takeResult() const { checkEnd(); }

private:
    friend class Queue<T>;

    Queue<T> &m_queue; // may be gone once it has woken us
    T m_item;
};

} // namespace detail

/// First in, first out, for any number of tasks of one thread; waiters are served in the order of
/// waiting. Destroying it destroys the items in it and wakes its waiters with ObjectDestroyed.
/// Like asyncio.Queue.
/// \tparam T can be moved; needs neither be copied nor made by default
template<typename T>
class Queue
{
public:
    /// The capacity of a queue that takes everything at once.
    static constexpr qsizetype unbounded = std::numeric_limits<qsizetype>::max();

    Queue() noexcept = default;
    /// \param capacity how many items it stores at most, 1 or more
    /// \throws std::invalid_argument
    explicit Queue(qsizetype capacity);
    Queue(const Queue &) = delete;
    Queue &operator=(const Queue &) = delete;
    ~Queue();

    /// Awaits that there is room for \a item, and stores it; does not suspend when there is. On
    /// cancellation the item is destroyed and was never in the queue. With g++ 12, give an aggregate
    /// whose members have destructors a name first: that compiler destroys it twice when it is written
    /// inside the expression, as in `co_await queue.put(Job{url})`.
    /// \return to be awaited: nothing \throws QueueClosed, ObjectDestroyed
    template<typename U = T>
        requires std::convertible_to<U &&, T>
    [[nodiscard]] detail::QueuePut<T> put(U &&item)
    {
        return detail::QueuePut<T>(*this, std::forward<U>(item));
    }
    /// Stores \a item if there is room. False: it is full or closed, \a item is untouched.
    template<typename U = T>
        requires std::convertible_to<U &&, T>
    bool tryPut(U &&item)
    {
        m_threadBound.assertThread("CoDrive::Queue");
        if (m_isClosed || !hasRoom())
            return false;
        push(std::forward<U>(item));
        return true;
    }

    /// Awaits an item; does not suspend when one is there. On cancellation the wait is withdrawn, no
    /// item is taken. \return to be awaited: a T
    /// \throws QueueClosed when it is closed and empty \throws ObjectDestroyed
    [[nodiscard]] detail::QueueGet<T> get() noexcept { return detail::QueueGet<T>(*this); }
    /// An item, if one is there.
    [[nodiscard]] std::optional<T> tryGet();

    /// Nothing can be put from now on: who waits in put(), or in get() while it is empty, gets
    /// QueueClosed. What is stored can still be got. Closing it again does nothing.
    void close() noexcept;
    /// Whether close() was called.
    bool isClosed() const noexcept { return m_isClosed; }

    /// How many items are stored, those aside that were given to a waiter already.
    qsizetype size() const noexcept
    {
        return static_cast<qsizetype>(m_items.count()) - m_claims;
    }

private:
    friend class detail::QueueGet<T>;
    friend class detail::QueuePut<T>;

    // There may be more than that: items that come back from getters that were destroyed.
    bool hasRoom() const noexcept { return size() < m_capacity; }

    template<typename U>
    void push(U &&item);
    bool claim(detail::QueueGet<T> &getter);
    void grant(detail::QueueGet<T> &getter) noexcept;
    void endClaim(detail::QueueGet<T> &getter) noexcept;
    void dropClaim(detail::QueueGet<T> &getter) noexcept;
    T takeClaimed(detail::QueueGet<T> &getter);
    void popFront() noexcept;
    bool admitAtOnce(detail::QueuePut<T> &putter);
    void serveGetters() noexcept;
    void servePutters() noexcept;

    detail::ThreadBound m_threadBound;
    // An item that was given to a waiting getter stays here until that has resumed: a claim. If it is
    // destroyed before, the item goes to the next, and all keep their order.
    detail::Ring<T> m_items;
    const qsizetype m_capacity = unbounded;
    qsizetype m_claims = 0;
    bool m_isClosed = false;
    detail::WaiterList<detail::QueueGet<T>> m_getters;
    detail::WaiterList<detail::QueueGet<T>> m_claimants;
    detail::WaiterList<detail::QueuePut<T>> m_putters;
};

namespace detail {

/// \throws std::invalid_argument for less than 1
qsizetype checkedQueueCapacity(qsizetype capacity);

} // namespace detail

template<typename T>
Queue<T>::Queue(qsizetype capacity)
    : m_capacity(detail::checkedQueueCapacity(capacity))
{
}

template<typename T>
Queue<T>::~Queue()
{
    // What was given is delivered (law L7).
    while (detail::QueueGet<T> *const getter = m_claimants.first()) {
        endClaim(*getter);
        try {
            getter->m_item.emplace(std::move(m_items.front()));
        } catch (...) {
            getter->setError(std::current_exception());
        }
        m_items.popFront();
    }
}

template<typename T>
std::optional<T> Queue<T>::tryGet()
{
    m_threadBound.assertThread("CoDrive::Queue");
    std::optional<T> item;
    if (size() > 0) {
        item.emplace(std::move(m_items.front()));
        popFront();
    }
    return item;
}

template<typename T>
void Queue<T>::close() noexcept
{
    m_threadBound.assertThread("CoDrive::Queue");
    m_isClosed = true;
    while (detail::QueueGet<T> *const getter = m_getters.first())
        getter->rejectClosed();
    while (detail::QueuePut<T> *const putter = m_putters.first())
        putter->rejectClosed();
}

template<typename T>
template<typename U>
void Queue<T>::push(U &&item)
{
    m_items.pushBack(std::forward<U>(item));
    serveGetters();
}

template<typename T>
bool Queue<T>::claim(detail::QueueGet<T> &getter)
{
    m_threadBound.assertThread("CoDrive::Queue");
    if (size() > 0) {
        grant(getter);
        return true;
    }
    if (m_isClosed)
        throw QueueClosed();
    return false;
}

template<typename T>
void Queue<T>::grant(detail::QueueGet<T> &getter) noexcept
{
    getter.m_hasClaim = true;
    ++m_claims;
    m_claimants.append(getter);
}

template<typename T>
void Queue<T>::endClaim(detail::QueueGet<T> &getter) noexcept
{
    getter.m_hasClaim = false;
    --m_claims;
    getter.unlink();
}

template<typename T>
void Queue<T>::dropClaim(detail::QueueGet<T> &getter) noexcept
{
    endClaim(getter);
    serveGetters();
}

template<typename T>
T Queue<T>::takeClaimed(detail::QueueGet<T> &getter)
{
    T item = std::move(m_items.front());
    endClaim(getter);
    popFront();
    return item;
}

template<typename T>
void Queue<T>::popFront() noexcept
{
    m_items.popFront();
    servePutters();
    m_items.trim();
}

template<typename T>
bool Queue<T>::admitAtOnce(detail::QueuePut<T> &putter)
{
    m_threadBound.assertThread("CoDrive::Queue");
    if (m_isClosed)
        throw QueueClosed();
    if (!hasRoom())
        return false;
    push(std::move(putter.m_item));
    return true;
}

template<typename T>
void Queue<T>::serveGetters() noexcept
{
    while (size() > 0) {
        detail::QueueGet<T> *const getter = m_getters.first();
        if (!getter)
            return;
        getter->wake();
        grant(*getter);
    }
}

template<typename T>
void Queue<T>::servePutters() noexcept
{
    while (hasRoom()) {
        detail::QueuePut<T> *const putter = m_putters.first();
        if (!putter)
            return;
        try {
            push(std::move(putter->m_item));
        } catch (...) {
            putter->setError(std::current_exception());
        }
        putter->wake();
    }
}

} // namespace CoDrive
