// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/detail/parking.h>

#include <utility>

namespace CoDrive::detail {

namespace {

using ParkingPointer = std::shared_ptr<Parking>;

constinit thread_local bool t_isOver = false;
constinit thread_local ParkingPointer *t_last = nullptr;

struct ParkingOfThread
{
    ~ParkingOfThread() { t_isOver = true; }

    ParkingPointer parking = std::make_shared<Parking>();
};

/// Who waits for whom. No other mutex is locked within.
std::mutex s_waitsMutex;

} // namespace

const std::shared_ptr<Parking> &Parking::current()
{
    if (t_isOver) {
        // Code that runs after the thread's end, such as the destructor of a static, may block too.
        if (!t_last)
            t_last = new ParkingPointer(std::make_shared<Parking>());
        return *t_last;
    }
    static thread_local ParkingOfThread holder;
    return holder.parking;
}

void Parking::block(const bool &isWoken)
{
    std::unique_lock lock(m_mutex);
    while (!isWoken) {
        if (m_jobs.empty())
            m_hasNews.wait(lock);
        else
            serveOne(lock);
    }
}

void Parking::wake(bool &isWoken)
{
    // Under the mutex, because the thread, once it knows, may end and take this along.
    const std::scoped_lock lock(m_mutex);
    isWoken = true;
    m_hasNews.notify_all();
}

void Parking::add(std::shared_ptr<DestructionJob> job)
{
    const std::scoped_lock lock(m_mutex);
    m_jobs.push_back(std::move(job));
    m_hasNews.notify_all();
}

void Parking::serve()
{
    std::unique_lock lock(m_mutex);
    while (!m_jobs.empty())
        serveOne(lock);
}

// One by one: a job may block here itself, perhaps for somebody who waits for the next.
void Parking::serveOne(std::unique_lock<std::mutex> &lock)
{
    std::shared_ptr<DestructionJob> job = std::move(m_jobs.front());
    m_jobs.pop_front();
    lock.unlock();
    job->destroyHere();
    job.reset();
    lock.lock();
}

// A destructor is code of the user: it runs from the ready list, not inside of the delivery.
void Parking::deliver() noexcept
{
    if (!ReadyItem::isLinked())
        Loop::current().makeReady(*this);
}

DestructionWait::DestructionWait()
{
    const std::scoped_lock lock(s_waitsMutex);
    m_outer = std::exchange(m_waiter->m_innermostWait, this);
    m_level = m_outer ? m_outer->m_level + 1 : 1;
}

DestructionWait::~DestructionWait()
{
    const std::scoped_lock lock(s_waitsMutex);
    m_waiter->m_innermostWait = m_outer;
}

void DestructionWait::noteBegun()
{
    const ParkingPointer &thread = Parking::current();
    const std::scoped_lock lock(s_waitsMutex);
    m_needed = thread;
    m_neededLevel = thread->m_innermostWait ? thread->m_innermostWait->m_level : 0;
}

bool DestructionWait::isCircular(std::shared_ptr<Parking> thread)
{
    const std::scoped_lock lock(s_waitsMutex);
    if (isNeededBy(thread->m_innermostWait, 0))
        return true;
    m_needed = std::move(thread);
    m_neededLevel = 0;
    return false;
}

// Comes to an end, because what would make a circle is never noted: here it is refused, and what
// noteBegun() notes has no waits above it yet.
bool DestructionWait::isNeededBy(const DestructionWait *innermost, int level) const
{
    for (const DestructionWait *wait = innermost; wait && wait->m_level > level; wait = wait->m_outer) {
        if (wait == this
            || (wait->m_needed && isNeededBy(wait->m_needed->m_innermostWait, wait->m_neededLevel)))
            return true;
    }
    return false;
}

} // namespace CoDrive::detail
