// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The queue of tasks that wait at a primitive of their own thread, first in first out.

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/list.h>

namespace CoDrive::detail {

struct WaiterTag;

/// Waits in a list until it is woken; a request, or its own destruction, takes it out.
class ListWaiter : public Operation, public ListLink<WaiterTag>
{
public:
    ListWaiter(ListWaiter &&) noexcept = default;

    bool request() noexcept override
    {
        const bool isWaiting = isLinked();
        unlink();
        return isWaiting;
    }

    /// Ends the wait with a result.
    void wake() noexcept
    {
        unlink();
        complete();
    }
    /// Ends the wait because what it waits at is being destroyed.
    void orphan() noexcept
    {
        m_isOrphaned = true;
        wake();
    }

protected:
    ListWaiter() noexcept = default;
    ~ListWaiter() = default;

    bool isOrphaned() const noexcept { return m_isOrphaned; }

private:
    bool m_isOrphaned = false;
};

/// Wakes its waiters with an error when it is destroyed.
template<typename Waiter>
class WaiterList
{
public:
    WaiterList() noexcept = default;
    WaiterList(WaiterList &&) = delete;
    ~WaiterList()
    {
        while (Waiter *const waiter = first())
            waiter->orphan();
    }

    bool isEmpty() const noexcept { return m_waiters.isEmpty(); }
    Waiter *first() const noexcept { return static_cast<Waiter *>(m_waiters.first()); }
    Waiter *next(const Waiter &waiter) const noexcept
    {
        return static_cast<Waiter *>(m_waiters.next(&waiter));
    }
    void append(Waiter &waiter) noexcept { m_waiters.append(&waiter); }
    void wakeAll() noexcept
    {
        // Waking runs nobody, so the list only gets shorter.
        while (Waiter *const waiter = first())
            waiter->wake();
    }

private:
    List<ListWaiter, WaiterTag> m_waiters;
};

} // namespace CoDrive::detail
