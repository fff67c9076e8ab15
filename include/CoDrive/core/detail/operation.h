// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The waiting protocol: everything a task can wait for is an Operation.
//
// An operation is made by the function the user calls, moved to where it is awaited, and entered
// there. It then lives in the frame of the waiter, where its address is fixed. Besides the virtual
// functions below it has, without virtual call:
//
//     using Result = T;
//     bool isReady();    // true: takeResult() can be called at once; may throw
//     bool start();      // enter; false: completed at once, the waiter does not suspend
//     T takeResult();    // the result, or throws the error
//
// After start() returned true, complete() wakes the waiter; the destructor leaves every list.

#include <CoDrive/core/detail/frame.h>

namespace CoDrive::detail {

class StartedTask;
class TaskOwner;

class Operation
{
public:
    Operation(Operation &&other) noexcept { Q_ASSERT(!other.m_task); }
    Operation &operator=(Operation &&) = delete;

    /// Asked to end, once a request; never after it has completed. True: it is withdrawn and will
    /// never complete. False: it goes on, and the request stays pending in the waiter. Must not
    /// run code of the user: what it has to stop, it stops in its destructor.
    virtual bool request() noexcept = 0;

    /// The loop ends before the waiter, which this has woken, could go on. Called on its thread.
    virtual void loopEnded() noexcept { }
    /// The waiter is being destroyed while it waits here; its frames follow.
    virtual void waiterDestroyed() noexcept { }

    /// The tasks that run as children of this operation, if any.
    virtual const TaskOwner *children() const noexcept { return nullptr; }

    /// The waiting task; null until entered.
    StartedTask *task() const noexcept { return m_task; }
    void enterFrom(StartedTask *task) noexcept { m_task = task; }

protected:
    Operation() noexcept = default;
    ~Operation() = default;

    /// Puts the waiter on its loop's ready list (law L4).
    void complete() noexcept;
    /// Puts the waiter on its loop's ready list to be unwound there.
    void completeByUnwinding() noexcept;

private:
    StartedTask *m_task = nullptr;
};

/// Marks a type that is an Operation with the functions listed above.
template<typename Op>
concept OperationType = std::derived_from<Op, Operation> && requires { typename Op::Result; };

/// Enters \a operation from \a frame. Returns whether the frame suspends.
template<typename Op>
bool enter(Op &operation, FrameBase &frame);

} // namespace CoDrive::detail
