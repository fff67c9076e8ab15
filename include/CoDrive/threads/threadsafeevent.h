// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// ThreadsafeEvent: a gate that tasks and threads wait at until some thread opens it.
//
//     ThreadsafeEvent loaded;
//     std::thread loader([&] { load(); loaded.set(); });
//
//     co_await loaded.wait();

#include <CoDrive/threads/detail/latchcore.h>

#include <memory>

namespace CoDrive {

/// As Event, for all threads. Shut at first; destroying it throws ObjectDestroyed in those who wait.
/// Like aiodrive's ThreadsafeEvent, threading.Event.
class ThreadsafeEvent
{
public:
    ThreadsafeEvent();
    ThreadsafeEvent(const ThreadsafeEvent &) = delete;
    ThreadsafeEvent &operator=(const ThreadsafeEvent &) = delete;
    ~ThreadsafeEvent();

    /// Opens it: who waits now goes on, on his own thread, also when it is shut again at once.
    void set();
    /// Shuts it for who comes from now on.
    void clear();
    /// Whether it is open now.
    bool isSet() const;

    /// Awaits that it is open; does not suspend when it is. On cancellation it is withdrawn.
    /// \throws ObjectDestroyed
    [[nodiscard]] detail::LatchWait wait() const;
    /// Blocks this thread until it is open.
    /// \throws ObjectDestroyed; std::logic_error inside a task
    void waitSync() const;

    /// \cond internal
    const std::shared_ptr<detail::LatchCore> &core() const noexcept { return m_core; }
    /// \endcond

private:
    const std::shared_ptr<detail::LatchCore> m_core;
};

} // namespace CoDrive
