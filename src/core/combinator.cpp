// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/combinator.h>

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/unhandled.h>

#include <new>

namespace CoDrive::detail {

bool Combinator::request() noexcept
{
    // Law L12: to the children, our own request and the first one from outside are one.
    if (m_isSelfCancelled && !m_isFirstOutsideSwallowed) {
        m_isFirstOutsideSwallowed = true;
        return false;
    }
    m_isCancelled = true;
    requestAll();
    return false;
}

void Combinator::beginStart() noexcept
{
    setParentTask(task());
    m_isStarting = true;
}

bool Combinator::endStart() noexcept
{
    m_isStarting = false;
    if (!isComplete() || task()->isDoomed())
        return true;
    decide();
    return task()->isUnwinding();
}

bool Combinator::startChild(StartedTask &child)
{
    // Law L14: of what is being destroyed, nothing begins.
    if (task() && task()->isDoomed())
        return false;
    if (m_isCancelled) {
        child.noteRequestedByOwner();
        child.keepRequest();
    }
    start(child);
    return true;
}

void Combinator::cancelChildren() noexcept
{
    if (m_isCancelled)
        return;
    m_isCancelled = m_isSelfCancelled = true;
    requestAll();
}

bool Combinator::isRequestedFromOutside() const noexcept
{
    return task()->isRequested();
}

StartedTask *Combinator::childEnded(StartedTask &child) noexcept
{
    onChildEnded(child);
    if (child.outcomeBase().errorPointer())
        noteErrorOf(child);
    return endIfComplete();
}

void Combinator::noteErrorOf(const StartedTask &child) noexcept
{
    const std::exception_ptr &error = child.outcomeBase().errorPointer();
    if (!givesErrors()) {
        reportUnhandled(error, child.info());
        return;
    }
    try {
        m_errors.emplace_back(error, child.info());
    } catch (const std::bad_alloc &) {
        // A waiter that goes on gets it from the child all the same.
    }
}

StartedTask *Combinator::endIfComplete() noexcept
{
    if (m_isStarting || !isComplete())
        return nullptr;
    decide();
    return task();
}

void Combinator::decide() noexcept
{
    onComplete();
    const bool unwinds = !hasResult();
    if (unwinds)
        reportErrors();
    task()->continueWith(unwinds);
}

void Combinator::reportErrors() noexcept
{
    for (const auto &[error, child] : std::exchange(m_errors, {}))
        reportUnhandled(error, child);
}

} // namespace CoDrive::detail
