// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/condition.h>

#include <CoDrive/core/errors.h>

#include <stdexcept>

namespace CoDrive {

Condition::Condition(Lock &lock) noexcept
    : m_turnstile(&lock.turnstile())
{
    m_turnstile->watch(*this);
}

Condition::~Condition()
{
    while (detail::ConditionUser *const user = m_users.takeFirst())
        user->m_condition = nullptr;
}

void Condition::turnstileGone() noexcept
{
    m_turnstile = nullptr;
    while (detail::ConditionWait *const waiter = m_waiters.first())
        waiter->orphan();
}

void Condition::checkGuard(const Lock::Guard &guard) const
{
    if (!guard.holds(m_turnstile))
        throw std::logic_error("CoDrive::Condition: the guard does not hold its lock");
}

void Condition::notify(detail::ConditionWait &waiter) noexcept
{
    waiter.ListWaiter::unlink();
    m_turnstile->enqueue(waiter);
    m_turnstile->serve();
}

void Condition::notifyOne() noexcept
{
    if (detail::ConditionWait *const waiter = m_waiters.first()) {
        waiter->m_isNotifiedAlone = true;
        notify(*waiter);
    }
}

void Condition::notifyAll() noexcept
{
    while (detail::ConditionWait *const waiter = m_waiters.first())
        notify(*waiter);
}

namespace detail {

void ConditionUser::watch() noexcept
{
    m_condition->m_users.append(this);
}

Condition &ConditionUser::conditionOrThrow() const
{
    if (!m_condition)
        throw ObjectDestroyed(QStringLiteral("CoDrive::Condition"));
    return *m_condition;
}

bool ConditionWait::isReady() const
{
    condition()->checkGuard(m_guard);
    return false;
}

bool ConditionWait::start() noexcept
{
    turnstile()->assertThread("CoDrive::Condition");
    watch();
    condition()->m_waiters.append(*this);
    m_guard.release();
    return true;
}

bool ConditionWait::request() noexcept
{
    if (!PassWait::request())
        return false;
    passOn();
    return true;
}

// Nobody is to be forgotten because the one who was notified is gone.
void ConditionWait::passOn() noexcept
{
    if (std::exchange(m_isNotifiedAlone, false) && condition())
        condition()->notifyOne();
}

void ConditionWait::takeResult()
{
    m_isNotifiedAlone = false;
    if (isOrphaned())
        conditionOrThrow();
    Pass &pass = takePass();
    if (!pass.isHeld()) // the lock was destroyed after it had been handed over
        throw ObjectDestroyed(QLatin1String(name()));
    m_guard = Lock::Guard(std::move(pass));
}

} // namespace detail

} // namespace CoDrive
