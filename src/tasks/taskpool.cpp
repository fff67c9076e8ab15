// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/taskpool.h>

#include <CoDrive/core/errors.h>

#include <stdexcept>
#include <utility>

namespace CoDrive {

using detail::PoolState;

TaskPool::TaskPool()
    : d(std::make_shared<PoolState>())
{
}

TaskPool::~TaskPool()
{
    d->phase = PoolState::Phase::Ended;
    // What was planned dies unentered, the last first.
    while (!d->planned.empty()) {
        detail::SharedTaskBase *const task = d->planned.back();
        d->planned.pop_back();
        task->destroy();
    }
    if (d->run)
        d->run->orphan();
}

detail::PoolRun TaskPool::run()
{
    return detail::PoolRun(d);
}

void TaskPool::cancel() noexcept
{
    d->isCancelled = true; // for those that have not been entered
    if (d->run)
        d->run->cancel();
}

void TaskPool::checkOpen() const
{
    if (d->phase == PoolState::Phase::Ended || (d->run && !d->run->hasChildren()))
        throw std::logic_error("CoDrive::TaskPool::spawn: the pool has ended");
}

bool TaskPool::add(detail::SharedTaskBase &task)
{
    if (d->run)
        return d->run->add(task);
    task.retain();
    d->planned.push_back(&task);
    return true;
}

namespace detail {

PoolRun::PoolRun(std::shared_ptr<PoolState> pool) noexcept
    : TaskGroupBase(GroupKind::Patient)
    , m_pool(std::move(pool))
{
}

PoolRun::PoolRun(PoolRun &&) noexcept = default;

PoolRun::~PoolRun()
{
    if (m_pool && m_pool->run == this) {
        m_pool->run = nullptr;
        m_pool->phase = PoolState::Phase::Ended;
    }
    destroyChildren();
}

bool PoolRun::isReady() const
{
    if (m_pool->phase != PoolState::Phase::Idle)
        throw std::logic_error("CoDrive::TaskPool::run: the pool runs, or has run, already");
    return false;
}

bool PoolRun::start()
{
    m_pool->phase = PoolState::Phase::Running;
    m_pool->run = this;
    beginStart();
    const std::shared_ptr<PoolState> pool = m_pool;
    const std::vector<SharedTaskBase *> planned = std::move(pool->planned);
    for (SharedTaskBase *const task : planned) {
        if (pool->isCancelled)
            task->keepRequest();
        // The first segment of one before may have destroyed the pool, or who awaits it.
        if (!m_isOrphaned && startMember(*task))
            task->dismiss(); // the plan's reference
        else
            task->destroy();
    }
    return endStart();
}

void PoolRun::takeResult()
{
    if (m_isOrphaned)
        throw ObjectDestroyed(QStringLiteral("CoDrive::TaskPool"));
    throwErrors();
}

void PoolRun::orphan() noexcept
{
    m_pool->run = nullptr;
    if (!hasChildren())
        return; // it has ended, and its waiter is about to know
    m_isOrphaned = true;
    reportErrors();
    if (destroyChildren() && task()->isWaiting())
        complete();
}

} // namespace detail

} // namespace CoDrive
