// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/detail/waitqueue.h>

#include <CoDrive/core/errors.h>
#include <CoDrive/core/task.h>
#include <CoDrive/threads/detail/parking.h>

#include <stdexcept>

namespace CoDrive::detail {

namespace {

class BlockedThread final : public Wakeable
{
public:
    bool wakeUp() noexcept override
    {
        m_parking.wake(m_isWoken);
        return true;
    }
    void wakeUpWith(WokenTasks &) noexcept override { wakeUp(); }
    void block() { m_parking.block(m_isWoken); }

private:
    Parking &m_parking = *Parking::current();
    bool m_isWoken = false;
};

} // namespace

WokenTasks::~WokenTasks()
{
    while (const std::shared_ptr<TaskWaker> waker = std::move(m_first)) {
        // Once it is told it may be woken for the next time.
        m_first = std::move(waker->m_nextWoken);
        waker->wakeUp();
    }
}

void WokenTasks::append(std::shared_ptr<TaskWaker> waker) noexcept
{
    TaskWaker *const last = std::exchange(m_last, waker.get());
    (last ? last->m_nextWoken : m_first) = std::move(waker);
}

void WaitQueue::append(WaitEntry &entry) noexcept
{
    entry.m_state = WaitEntry::State::Waiting;
    m_entries.append(&entry);
}

bool WaitQueue::wake(WaitEntry &entry) noexcept
{
    entry.unlink();
    const bool goesOn = entry.m_wakeable->wakeUp();
    entry.m_state = goesOn ? WaitEntry::State::Woken : WaitEntry::State::Gone;
    return goesOn;
}

void WaitQueue::wake(WaitEntry &entry, WokenTasks &woken) noexcept
{
    entry.unlink();
    entry.m_state = WaitEntry::State::Woken;
    entry.m_wakeable->wakeUpWith(woken);
}

void WaitQueue::wakeAll() noexcept
{
    while (WaitEntry *const entry = m_entries.first())
        wake(*entry);
}

void WaitQueue::wakeAll(WokenTasks &woken) noexcept
{
    while (WaitEntry *const entry = m_entries.first())
        wake(*entry, woken);
}

void WaitQueue::orphan(WaitEntry &entry) noexcept
{
    entry.m_isOrphaned = true;
    wake(entry);
}

void WaitQueue::orphanAll(WokenTasks &woken) noexcept
{
    m_isOrphaned = true;
    while (WaitEntry *const entry = m_entries.first()) {
        entry->m_isOrphaned = true;
        wake(*entry, woken);
    }
}

void WaitQueue::block(std::unique_lock<std::mutex> &lock, WaitEntry &entry)
{
    BlockedThread thread;
    entry.m_wakeable = &thread;
    lock.unlock();
    thread.block();
    // Who has woken it is done with it when the mutex is free.
    lock.lock();
    entry.m_state = WaitEntry::State::Gone;
}

void WaitQueue::throwOrphaned() const
{
    throw ObjectDestroyed(QLatin1String(m_name));
}

void checkMayBlock(const char *function)
{
    if (Loop::currentTask())
        throw std::logic_error(std::string(function)
                               + ": it would block the thread of the task that calls it");
}

void QueueOperation::prepare()
{
    m_waker = std::make_shared<TaskWaker>(*this);
    entry().m_wakeable = m_waker.get();
}

void QueueOperation::giveUp() noexcept
{
    WaitEntry &entry = this->entry();
    const WaitEntry::State state = std::exchange(entry.m_state, WaitEntry::State::Gone);
    if (state == WaitEntry::State::Waiting) {
        entry.unlink();
        left();
    } else if (state == WaitEntry::State::Woken) {
        refused();
    }
}

void QueueOperation::finish() noexcept
{
    if (!m_waker)
        return;
    {
        const auto lock = lockQueue();
        giveUp();
    }
    m_waker->detach();
    m_waker.reset();
}

bool QueueOperation::request() noexcept
{
    const auto lock = lockQueue();
    if (entry().m_state != WaitEntry::State::Waiting)
        return false;
    giveUp();
    return true;
}

// The frame may live on for long; what it was handed must not.
void QueueOperation::loopEnded() noexcept
{
    const auto lock = lockQueue();
    giveUp();
}

void QueueOperation::take()
{
    entry().m_state = WaitEntry::State::Gone;
    if (entry().m_isOrphaned)
        m_queue->throwOrphaned();
}

void QueueOperation::woken() noexcept
{
    {
        const auto lock = lockQueue();
        if (!entry().m_isOrphaned && !isOver()) {
            m_queue->append(entry());
            return;
        }
    }
    end();
}

TaskWaker::TaskWaker(QueueOperation &operation) noexcept
    : m_loop(operation.task()->loop())
    , m_operation(&operation)
{
}

void TaskWaker::deliver() noexcept
{
    if (m_operation)
        m_operation->woken();
}

void TaskWaker::discard() noexcept
{
    if (m_operation)
        m_operation->loopEnded();
}

} // namespace CoDrive::detail
