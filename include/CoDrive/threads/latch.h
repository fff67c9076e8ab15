// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Latch: a flag that any thread sets and unsets, and any task or thread waits for.
//
//     Latch online;
//     network.spawn([&] { return watchNetwork(online); }); // sets and unsets it
//
//     co_await online.waitSet();
//     upload();

#include <CoDrive/threads/detail/latchcore.h>

#include <memory>

namespace CoDrive {

/// Unset at first. All functions may be called on any thread; who waits goes on, on his own thread,
/// in the order of waiting, also when the flag has changed back meanwhile. Destroying it throws
/// ObjectDestroyed in those who wait. Like aiodrive's Latch.
class Latch
{
public:
    Latch();
    Latch(const Latch &) = delete;
    Latch &operator=(const Latch &) = delete;
    ~Latch();

    /// Sets it: who waits for that goes on, on his own thread.
    void set() { toggle(true); }
    /// Unsets it: who waits for that goes on, on his own thread.
    void unset() { toggle(false); }
    /// Sets or unsets it.
    void toggle(bool isSet);
    /// Whether it is set now.
    bool isSet() const;

    /// Awaits the next change. On cancellation it is withdrawn.
    /// \return to be awaited: whether that change set it \throws ObjectDestroyed
    [[nodiscard]] detail::LatchChange wait() const;
    /// Awaits that it is set; does not suspend when it is. On cancellation it is withdrawn.
    /// \throws ObjectDestroyed
    [[nodiscard]] detail::LatchWait waitSet() const;
    /// Awaits that it is unset; does not suspend when it is. On cancellation it is withdrawn.
    /// \throws ObjectDestroyed
    [[nodiscard]] detail::LatchWait waitUnset() const;

    // The same for a thread, which blocks. All throw std::logic_error inside a task.

    /// Blocks until the next change; returns whether that set it. \throws ObjectDestroyed
    bool waitSync() const;
    /// Blocks until it is set. \throws ObjectDestroyed
    void waitSetSync() const;
    /// Blocks until it is unset. \throws ObjectDestroyed
    void waitUnsetSync() const;

    /// \cond internal
    const std::shared_ptr<detail::LatchCore> &core() const noexcept { return m_core; }
    /// \endcond

private:
    const std::shared_ptr<detail::LatchCore> m_core;
};

} // namespace CoDrive
