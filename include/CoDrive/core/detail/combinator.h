// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What every operation with children shares: forwarding of requests, cancelling of siblings once,
// and how it ends (laws L10, L12, L12a). What makes gather a gather is left to the derived class.

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/taskowner.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/taskinfo.h>

#include <exception>
#include <utility>
#include <vector>

namespace CoDrive::detail {

class Combinator : public Operation, public TaskOwner
{
public:
    bool request() noexcept override;
    void waiterDestroyed() noexcept override { reportErrors(); }
    const TaskOwner *children() const noexcept override { return this; }
    StartedTask *childEnded(StartedTask &child) noexcept final;

protected:
    explicit Combinator(const char *label) noexcept
        : TaskOwner(label)
    {
    }
    Combinator(Combinator &&) noexcept = default;
    ~Combinator() = default;

    /// Brackets the starting of the first children: nothing ends before all have begun.
    void beginStart() noexcept;
    /// Returns whether the waiter suspends.
    bool endStart() noexcept;

    /// Starts a child; one that comes late, into a combinator that is being cancelled, meets the
    /// request at its first suspension. False: the waiter is being destroyed, nothing was started.
    bool startChild(StartedTask &child);

    /// One request of the combinator's own to every child, unless they have had one already.
    void cancelChildren() noexcept;
    /// Whether a request was made to the waiting task and is still pending there.
    bool isRequestedFromOutside() const noexcept;
    /// The children's errors cannot be given to the waiter: they are unhandled.
    void reportErrors() noexcept;

    /// Makes a request to whatever is a child.
    virtual void requestAll() noexcept { requestChildren(); }
    /// A child has ended; \a child is still valid.
    virtual void onChildEnded(StartedTask &child) noexcept = 0;
    /// Keeps the error of a child that has ended until the waiter has been given it.
    virtual void noteErrorOf(const StartedTask &child) noexcept;
    /// Whether the waiter is given the error of a child that ends now; else it is unhandled.
    virtual bool givesErrors() const noexcept { return true; }
    /// All children have ended. Whether there is a result or an error to give to the waiter, who
    /// is unwound else.
    virtual bool hasResult() const noexcept = 0;
    /// All children have ended, and nothing may begin here any more.
    virtual void onComplete() noexcept { }
    /// Whether the last child's end ends it all; a group may go on.
    virtual bool isComplete() const noexcept { return !hasChildren(); }

    /// To be called when something other than a child has ended. As childEnded().
    StartedTask *endIfComplete() noexcept;

private:
    void decide() noexcept;

    std::vector<std::pair<std::exception_ptr, TaskInfo>> m_errors; ///< of children that have ended
    bool m_isStarting = false;
    bool m_isCancelled = false; ///< the children have had a request
    bool m_isSelfCancelled = false; ///< it was our own
    bool m_isFirstOutsideSwallowed = false;
};

/// A Combinator that gives a T.
template<typename Derived, typename T>
class AwaitableCombinator : public Combinator, public AwaitableInAnyCoroutine<Derived>
{
public:
    using Result = T;
    bool isReady() const noexcept { return false; }

protected:
    using Combinator::Combinator;
    AwaitableCombinator(AwaitableCombinator &&) noexcept = default;
    // The derived class destroys the children, while what they live in still stands.
    ~AwaitableCombinator() = default;
};

/// A combinator around one child that gives a T: what it needs is the child's value.
template<typename Derived, typename T, typename R>
class OneChildCombinator : public AwaitableCombinator<Derived, R>
{
public:
    bool start()
    {
        m_child.bind();
        this->beginStart();
        static_cast<Derived *>(this)->aboutToStart();
        this->startChild(m_child);
        return this->endStart();
    }

protected:
    OneChildCombinator(const char *label, Task<T> task)
        : AwaitableCombinator<Derived, R>(label)
        , m_child(std::move(task))
    {
    }
    OneChildCombinator(OneChildCombinator &&) noexcept = default;
    ~OneChildCombinator() { this->destroyChildren(); }

    void aboutToStart() noexcept { }
    void onChildEnded(StartedTask &) noexcept override { }
    bool hasResult() const noexcept override { return !m_child.isCancelled(); }

    Outcome<T> &outcome() noexcept { return m_child.outcome(); }

private:
    ChildTask<T> m_child;
};

} // namespace CoDrive::detail
