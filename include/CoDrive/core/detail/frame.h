// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What every coroutine frame of a Task carries: whom it belongs to, who awaits it, where it waits.

#include <CoDrive/core/detail/framememory.h>
#include <CoDrive/core/detail/outcomebase.h>

#include <coroutine>
#include <source_location>

namespace CoDrive::detail {

class FrameBase;
class StartedTask;

/// The place in a frame where another frame is awaited inline.
class FrameAwaiter
{
public:
    FrameAwaiter(FrameAwaiter &&) = delete;

    FrameBase *m_parent = nullptr; ///< the frame that waits here
    FrameBase *m_child = nullptr; ///< the frame that is awaited; ours to destroy
    /// When set, an unwinding that reaches this place ends here: the outcome becomes cancelled
    /// and the parent is resumed. Else the parent is unwound as well.
    OutcomeBase *m_absorber = nullptr;
    /// Whether the unwinding absorbed here was the answer to a request.
    bool m_tookRequest = false;
    /// The object whose frames run above this place was destroyed while they ran: they are destroyed at
    /// their next suspension, and the parent goes on (law L14).
    bool m_isAbandoned = false;

protected:
    FrameAwaiter() noexcept = default;
    ~FrameAwaiter();
};

/// The promise of a coroutine frame, without what depends on its result.
class FrameBase : public FrameAllocated
{
public:
    FrameBase(FrameBase &&) = delete;

    std::suspend_always initial_suspend() const noexcept { return {}; }
    // The drive loop of the task destroys the frame and goes on with who awaits it (law L5).
    std::suspend_always final_suspend() const noexcept { return {}; }

    void resume() const { m_handle.resume(); }
    bool isDone() const noexcept { return m_handle.done(); }
    void destroy() { m_handle.destroy(); }

    std::coroutine_handle<> m_handle;
    StartedTask *m_task = nullptr; ///< set when it begins
    FrameAwaiter *m_awaiter = nullptr; ///< null in the outermost frame of a task
    std::source_location m_location; ///< of the co_await it was last at

protected:
    explicit FrameBase(std::coroutine_handle<> handle) noexcept
        : m_handle(handle)
    {
    }
    ~FrameBase() = default;
};

inline FrameAwaiter::~FrameAwaiter()
{
    if (m_child)
        m_child->destroy();
}

} // namespace CoDrive::detail
