// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/threadsafecondition.h>

#include <CoDrive/core/errors.h>

#include <stdexcept>

namespace CoDrive {

ThreadsafeCondition::ThreadsafeCondition(ThreadsafeLock &lock)
    : m_core(std::make_shared<detail::ConditionCore>(lock.core()))
{
}

ThreadsafeCondition::~ThreadsafeCondition()
{
    const std::scoped_lock lock(m_core->lock()->m_mutex);
    m_core->destroy();
}

detail::ThreadsafeConditionWait ThreadsafeCondition::wait(ThreadsafeLock::Guard &guard) const
{
    return detail::ThreadsafeConditionWait(m_core, guard);
}

void ThreadsafeCondition::waitSync(ThreadsafeLock::Guard &guard) const
{
    detail::checkMayBlock("CoDrive::ThreadsafeCondition::waitSync");
    const std::shared_ptr<detail::ConditionCore> core = m_core;
    detail::ThreadsafeConditionWait::checkGuard(*core, guard);
    std::shared_ptr<detail::LockCore> lockCore = std::move(guard.m_core);
    detail::LockEntry entry;
    {
        std::unique_lock lock(lockCore->m_mutex);
        core->append(entry);
        lockCore->unlock();
        lockCore->block(lock, entry);
    }
    if (entry.m_isOrphaned)
        detail::ConditionCore::throwDestroyed();
    guard = ThreadsafeLock::Guard(std::move(lockCore));
}

void ThreadsafeCondition::notifyOne()
{
    const std::scoped_lock lock(m_core->lock()->m_mutex);
    m_core->notifyOne();
}

void ThreadsafeCondition::notifyAll()
{
    const std::scoped_lock lock(m_core->lock()->m_mutex);
    m_core->notifyAll();
}

namespace detail {

void ConditionCore::append(LockEntry &entry) noexcept
{
    entry.m_state = WaitEntry::State::Waiting;
    m_entries.append(&entry);
}

void ConditionCore::notifyOne() noexcept
{
    LockEntry *const entry = static_cast<LockEntry *>(m_entries.takeFirst());
    if (!entry)
        return;
    entry->m_notifier = shared_from_this();
    m_lock->enqueue(*entry);
}

void ConditionCore::notifyAll() noexcept
{
    while (WaitEntry *const entry = m_entries.takeFirst())
        m_lock->enqueue(*static_cast<LockEntry *>(entry));
}

void ConditionCore::destroy() noexcept
{
    m_isDestroyed = true;
    while (WaitEntry *const entry = m_entries.first())
        m_lock->orphan(*entry);
}

int ConditionCore::count() const noexcept
{
    int count = 0;
    for (const WaitEntry *entry = m_entries.first(); entry; entry = m_entries.next(entry))
        ++count;
    return count;
}

void ConditionCore::throwDestroyed()
{
    throw ObjectDestroyed(QStringLiteral("CoDrive::ThreadsafeCondition"));
}

void ThreadsafeConditionWait::checkGuard(const ConditionCore &core,
                                         const ThreadsafeLock::Guard &guard)
{
    if (guard.m_core != core.lock())
        throw std::logic_error("CoDrive::ThreadsafeCondition: the guard does not hold its lock");
}

bool ThreadsafeConditionWait::isReady() const
{
    checkGuard(*m_core, m_guard);
    return false;
}

bool ThreadsafeConditionWait::start()
{
    prepare();
    const auto lock = lockQueue();
    m_guard.m_core.reset();
    if (!m_core->isDestroyed())
        m_core->append(entry());
    m_core->lock()->unlock();
    if (m_core->isDestroyed())
        ConditionCore::throwDestroyed();
    return true;
}

void ThreadsafeConditionWait::takeResult()
{
    const auto lock = lockQueue();
    entry().m_state = WaitEntry::State::Gone;
    if (entry().m_isOrphaned)
        ConditionCore::throwDestroyed();
    entry().m_notifier.reset();
    m_guard = ThreadsafeLock::Guard(m_core->lock());
}

// It owns the lock, but nobody is there to use it.
void ThreadsafeConditionWait::refused() noexcept
{
    if (entry().m_isOrphaned)
        return;
    left();
    m_core->lock()->unlock();
}

} // namespace detail

} // namespace CoDrive
