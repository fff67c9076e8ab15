// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Event: a gate that tasks of one thread wait at until somebody opens it.
//
//     Event loaded;
//     scope.spawn([&]() -> Task<> {
//         co_await loaded.wait();
//         show();
//     });
//     loaded.set();

#include <CoDrive/core/detail/waiterlist.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/detail/threadbound.h>

namespace CoDrive {

namespace detail {

class EventWait;

} // namespace detail

/// Shut at first. It belongs to the thread it was made in; destroying it wakes its waiters with
/// ObjectDestroyed. Like asyncio.Event.
class Event
{
public:
    Event() noexcept;
    Event(const Event &) = delete;
    Event &operator=(const Event &) = delete;
    ~Event();

    /// Opens it: who waits now goes on from the loop, in the order of waiting.
    void set() noexcept;
    /// Shuts it for who comes from now on.
    void clear() noexcept { m_isSet = false; }
    /// Whether it is open.
    bool isSet() const noexcept { return m_isSet; }

    /// Awaits that it is open; does not suspend when it is. On cancellation it is withdrawn.
    /// \throws ObjectDestroyed when the event is destroyed meanwhile
    [[nodiscard]] detail::EventWait wait() noexcept;

private:
    friend class detail::EventWait;

    detail::ThreadBound m_threadBound;
    detail::WaiterList<detail::ListWaiter> m_waiters;
    bool m_isSet = false;
};

namespace detail {

class EventWait final : public ListWaiter, public AwaitableInAnyCoroutine<EventWait>
{
public:
    using Result = void;

    explicit EventWait(Event &event) noexcept
        : m_event(event)
    {
    }

    bool isReady() const noexcept
    {
        m_event.m_threadBound.assertThread("CoDrive::Event");
        return m_event.m_isSet;
    }
    bool start() noexcept
    {
        m_event.m_waiters.append(*this);
        return true;
    }
    void takeResult() const;

private:
    Event &m_event;
};

} // namespace detail

inline detail::EventWait Event::wait() noexcept
{
    return detail::EventWait(*this);
}

} // namespace CoDrive
