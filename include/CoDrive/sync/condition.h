// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Condition: waits, without the lock, until somebody says that what it guards has changed.
//
//     Lock lock;
//     Condition changed(lock);
//     Lock::Guard guard = co_await lock.lock();
//     co_await changed.wait(guard, [&] { return !jobs.isEmpty(); });

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/task.h>
#include <CoDrive/sync/lock.h>

#include <concepts>
#include <type_traits>
#include <utility>

namespace CoDrive {

class Condition;

namespace detail {

class ConditionWait;
struct ConditionUserTag;

/// Refers to a condition that may be destroyed meanwhile.
class ConditionUser : public ListLink<ConditionUserTag>
{
public:
    explicit ConditionUser(Condition &condition) noexcept
        : m_condition(&condition)
    {
    }
    ConditionUser(ConditionUser &&) noexcept = default;

    /// From here on condition() is null when the condition is gone.
    void watch() noexcept;
    Condition *condition() const noexcept { return m_condition; }
    /// \throws ObjectDestroyed
    Condition &conditionOrThrow() const;

private:
    friend class CoDrive::Condition;

    Condition *m_condition;
};

template<typename Predicate>
Task<> waitForCondition(Condition *waitedAt, Lock::Guard *guard, OwnedCallable<Predicate> predicate);

} // namespace detail

/// Belongs to a Lock. Who waits gives the lock back and gets it again, first come, first served, when
/// notified. Destroying the condition or the lock wakes the waiters with ObjectDestroyed.
/// Like asyncio.Condition.
class Condition final : private detail::TurnstileWatcher
{
public:
    /// \param lock is held while the condition is looked at
    explicit Condition(Lock &lock) noexcept;
    Condition(const Condition &) = delete;
    Condition &operator=(const Condition &) = delete;
    ~Condition();

    /// Gives the lock back, awaits a notification, and takes the lock again: when it returns, \a guard
    /// holds the lock. When it is cancelled, at once, or throws ObjectDestroyed, \a guard is empty.
    /// \param guard must live as long as the wait
    /// \return to be awaited: nothing \throws std::logic_error, and nothing is given back, when
    /// \a guard does not hold the lock of this condition \throws ObjectDestroyed
    [[nodiscard]] detail::ConditionWait wait(Lock::Guard &guard) noexcept;

    /// Awaits, as above, until \a predicate() is true, which may be so from the beginning; it is called
    /// with the lock held. An error that it throws is thrown, with \a guard holding the lock.
    template<typename Predicate>
        requires std::predicate<std::decay_t<Predicate> &>
    [[nodiscard]] Task<> wait(Lock::Guard &guard, Predicate &&predicate)
    {
        detail::checkCallable<Predicate>();
        return detail::waitForCondition(
            this, &guard, detail::OwnedCallable<Predicate>(std::forward<Predicate>(predicate)));
    }

    /// Lets the one who waits longest go on as soon as it gets the lock. When that one is cancelled or
    /// destroyed before, the notification goes to the next. Nobody waits: nothing happens. The caller
    /// need not hold the lock.
    void notifyOne() noexcept;
    /// Lets all who wait now go on, one after the other.
    void notifyAll() noexcept;

    /// \cond internal
    /// \throws std::logic_error
    void checkGuard(const Lock::Guard &guard) const;
    /// \endcond

private:
    friend class detail::ConditionUser;
    friend class detail::ConditionWait;

    void turnstileGone() noexcept override;
    void notify(detail::ConditionWait &waiter) noexcept;

    detail::Turnstile *m_turnstile; ///< null when the lock is gone
    detail::WaiterList<detail::ConditionWait> m_waiters;
    detail::List<detail::ConditionUser, detail::ConditionUserTag> m_users;
};

namespace detail {

/// Waits in the list of the condition first, then in that of the lock.
class ConditionWait final : public PassWait,
                            public ConditionUser,
                            public AwaitableInAnyCoroutine<ConditionWait>
{
public:
    using Result = void;

    ConditionWait(Condition &condition, Turnstile *turnstile, Lock::Guard &guard) noexcept
        : PassWait(turnstile, "CoDrive::Lock", 1)
        , ConditionUser(condition)
        , m_guard(guard)
    {
    }
    ConditionWait(ConditionWait &&) noexcept = default;
    ~ConditionWait() { passOn(); }

    bool isReady() const;
    bool start() noexcept;
    bool request() noexcept override;
    void takeResult();

private:
    friend class CoDrive::Condition;

    void passOn() noexcept;

    Lock::Guard &m_guard;
    bool m_isNotifiedAlone = false; ///< by a notifyOne() that has not had its effect yet
};

template<typename Predicate>
Task<> waitForCondition(Condition *waitedAt, Lock::Guard *guard, OwnedCallable<Predicate> predicate)
{
    waitedAt->checkGuard(*guard);
    ConditionUser user(*waitedAt);
    user.watch();
    for (;;) {
        const bool isTrue = predicate();
        if (isTrue)
            co_return;
        if (!user.condition())
            guard->release();
        co_await user.conditionOrThrow().wait(*guard);
    }
}

} // namespace detail

inline detail::ConditionWait Condition::wait(Lock::Guard &guard) noexcept
{
    return detail::ConditionWait(*this, m_turnstile, guard);
}

} // namespace CoDrive
