// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/bridge.h>

namespace CoDrive::detail {

void BridgeState::setDone()
{
    if (m_phase.exchange(Phase::Done, std::memory_order_acq_rel) == Phase::Awaited && !notify())
        discard();
}

bool BridgeState::beginWaiting() noexcept
{
    Phase phase = Phase::Running;
    return m_phase.compare_exchange_strong(phase, Phase::Awaited, std::memory_order_acq_rel);
}

void BridgeState::abandon()
{
    onNotified = nullptr;
    m_isAbandoned.store(true, std::memory_order_release);
}

void BridgeState::deliver() noexcept
{
    if (isAbandoned())
        discard();
    RemoteWaker::deliver();
}

void BridgeState::discard() noexcept
{
    if (error())
        reportUnhandled(error(), TaskInfo());
}

bool ForeignOperationBase::startWaiting(std::shared_ptr<BridgeState> state)
{
    if (!state->beginWaiting())
        return false;
    m_wasRequested = task()->isRequested();
    m_state = std::move(state);
    m_state->onNotified = [this] { ended(); };
    return true;
}

bool ForeignOperationBase::request() noexcept
{
    if (!m_canBeWithdrawn || m_state->isDone())
        return false;
    m_state->abandon();
    return true;
}

void ForeignOperationBase::ended()
{
    m_state->onNotified = nullptr;
    // Law L7: what could not be withdrawn ends with the request that was pending when it began.
    if (!m_canBeWithdrawn && m_wasRequested && !m_state->error())
        completeByUnwinding();
    else
        complete();
    m_state.reset();
}

ForeignOperationBase::~ForeignOperationBase()
{
    if (m_state)
        m_state->abandon();
}

StartedTask *RootAwaiterBase::childEnded(StartedTask &child) noexcept
{
    if (!m_isStarting)
        child.loop()->makeReady(*this);
    return nullptr;
}

bool RootAwaiterBase::startRoot(SharedTaskBase &task, std::coroutine_handle<> waiter)
{
    m_waiter = waiter;
    Loop::current().registerOwner(*this);
    m_isStarting = true;
    task.startIn(*this);
    m_isStarting = false;
    return hasChildren();
}

void RootAwaiterBase::run()
{
    m_waiter.resume();
}

} // namespace CoDrive::detail
