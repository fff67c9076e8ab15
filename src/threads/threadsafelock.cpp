// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/threadsafecondition.h>

namespace CoDrive {

void ThreadsafeLock::Guard::release() noexcept
{
    if (!m_core)
        return;
    const std::shared_ptr<detail::LockCore> core = std::exchange(m_core, nullptr);
    const std::scoped_lock lock(core->m_mutex);
    core->unlock();
}

ThreadsafeLock::ThreadsafeLock()
    : m_core(std::make_shared<detail::LockCore>())
{
}

ThreadsafeLock::~ThreadsafeLock()
{
    detail::WokenTasks woken;
    const std::scoped_lock lock(m_core->m_mutex);
    m_core->orphanAll(woken);
}

detail::ThreadsafeLockWait ThreadsafeLock::lock() const
{
    return detail::ThreadsafeLockWait(m_core);
}

ThreadsafeLock::Guard ThreadsafeLock::lockSync() const
{
    detail::checkMayBlock("CoDrive::ThreadsafeLock::lockSync");
    std::shared_ptr<detail::LockCore> core = m_core;
    {
        std::unique_lock lock(core->m_mutex);
        if (!core->tryLock()) {
            detail::LockEntry entry;
            core->append(entry);
            core->block(lock, entry);
            if (entry.m_isOrphaned)
                core->throwOrphaned();
        }
    }
    return Guard(std::move(core));
}

bool ThreadsafeLock::isLocked() const
{
    const std::scoped_lock lock(m_core->m_mutex);
    return m_core->isLocked();
}

namespace detail {

void LockCore::unlock() noexcept
{
    while (WaitEntry *const waiter = first()) {
        LockEntry &entry = *static_cast<LockEntry *>(waiter);
        if (wake(entry))
            return;
        passOn(entry);
    }
    m_isLocked = false;
}

void LockCore::enqueue(LockEntry &entry) noexcept
{
    append(entry);
    if (isOrphaned())
        orphan(entry);
    else if (tryLock())
        unlock();
}

void LockCore::passOn(LockEntry &entry) noexcept
{
    if (const std::shared_ptr<ConditionCore> notifier = std::exchange(entry.m_notifier, nullptr))
        notifier->notifyOne();
}

bool ThreadsafeLockWait::isReady()
{
    const auto lock = lockQueue();
    return m_core->tryLock();
}

bool ThreadsafeLockWait::start()
{
    prepare();
    const auto lock = lockQueue();
    if (m_core->tryLock())
        return false;
    if (m_core->isOrphaned())
        m_core->throwOrphaned();
    m_core->append(entry());
    return true;
}

ThreadsafeLock::Guard ThreadsafeLockWait::takeResult()
{
    const auto lock = lockQueue();
    take();
    return ThreadsafeLock::Guard(std::move(m_core));
}

void ThreadsafeLockWait::refused() noexcept
{
    if (!entry().m_isOrphaned)
        m_core->unlock();
}

} // namespace detail

} // namespace CoDrive
