// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/nestablelock.h>

#include <CoDrive/core/detail/localbinding.h>
#include <CoDrive/core/detail/loop.h>

#include <vector>

namespace CoDrive {

namespace detail {

namespace {

constexpr char HoldKey = 0;

/// Lets a task and what it starts know of a hold. It stays when the hold has ended, and means nothing then.
class HoldBinding final : public LocalBinding
{
public:
    HoldBinding(NestableHoldPointer bound, LocalBindings outer)
        : LocalBinding(&HoldKey, std::move(outer))
        , hold(std::move(bound))
    {
    }
    LocalBinding *copyAround(const LocalBindings &outer) const override
    {
        return hold->isLive() ? new HoldBinding(hold, outer) : nullptr;
    }

    const NestableHoldPointer hold;
};

const HoldBinding *toHoldBinding(const LocalBinding *binding) noexcept
{
    return binding && binding->key() == &HoldKey ? static_cast<const HoldBinding *>(binding) : nullptr;
}

bool isBound(const StartedTask &task, const NestableHold *hold) noexcept
{
    const LocalBinding *binding = task.m_locals.constData();
    for (; binding; binding = binding->outer().constData()) {
        const HoldBinding *const found = toHoldBinding(binding);
        if (found && found->hold == hold)
            return true;
    }
    return false;
}

void bind(StartedTask &task, const NestableHoldPointer &hold)
{
    // Without those that have ended: who takes lock after lock must not get an ever longer chain.
    std::vector<NestableHoldPointer> live;
    LocalBindings bindings = task.m_locals;
    bool areAllLive = true;
    while (const HoldBinding *const head = toHoldBinding(bindings.constData())) {
        if (head->hold->isLive())
            live.push_back(head->hold);
        else
            areAllLive = false;
        bindings = LocalBindings(head->outer());
    }
    if (areAllLive) {
        bindings = task.m_locals;
    } else {
        for (auto it = live.rbegin(); it != live.rend(); ++it)
            bindings = LocalBindings(new HoldBinding(*it, bindings));
    }
    task.m_locals = LocalBindings(new HoldBinding(hold, bindings));
}

} // namespace

void NestableHold::leave() noexcept
{
    setGuards(-1);
    if (isLive())
        return;
    m_pass.giveBack();
    // The usual case: the guard dies in the task that took the lock last.
    StartedTask *const task = Loop::currentTask();
    if (!task)
        return;
    while (const HoldBinding *const head = toHoldBinding(task->m_locals.constData())) {
        if (head->hold->isLive())
            return;
        task->m_locals = LocalBindings(head->outer());
    }
}

NestableLockWait::NestableLockWait(NestableLock &lock, Turnstile &turnstile) noexcept
    : PassWait(turnstile, 1)
    , m_lock(lock)
{
    const StartedTask *const caller = Loop::currentTask();
    m_callerId = caller ? caller->id() : 0;
}

bool NestableLockWait::isHeldByUs() const noexcept
{
    const NestableHold *const hold = m_lock.m_hold.constData();
    if (!hold || !hold->isLive())
        return false;
    return isBound(*Loop::currentTask(), hold);
}

NestableLock::Guard NestableLockWait::takeResult()
{
    if (m_isInherited)
        return NestableLock::Guard(m_lock.m_hold);
    Pass &pass = takePass();
    if (!pass.isHeld()) // the lock was destroyed after it had been handed over
        return NestableLock::Guard();
    StartedTask *task = Loop::currentTask();
    const NestableHoldPointer hold(new NestableHold(std::move(pass)));
    NestableLock::Guard guard(hold);
    m_lock.m_hold = hold;
    bind(*task, hold);
    // Up to the caller, if it waits for this task: the guard will be his.
    const StartedTask *caller = task;
    while (caller && caller->id() != m_callerId)
        caller = caller->parent();
    while (caller && task != caller) {
        task = task->parent();
        bind(*task, hold);
    }
    return guard;
}

} // namespace detail

void NestableLock::Guard::release() noexcept
{
    detail::NestableHoldPointer hold;
    hold.swap(m_hold);
    if (hold)
        hold->leave();
}

} // namespace CoDrive
