// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/threadloop.h>

#include <stdexcept>

namespace CoDrive {

ThreadLoop::ThreadLoop(const QString &name)
    : m_worker(detail::ThreadWorker::start(name))
{
}

ThreadLoop::~ThreadLoop()
{
    m_worker->destroy();
}

detail::ThreadCloseWait ThreadLoop::close()
{
    return detail::ThreadCloseWait(m_worker);
}

void ThreadLoop::submit(std::shared_ptr<detail::ThreadJob> job)
{
    job->submit(m_worker, detail::ThreadJob::Lifetime::OfTask);
}

void ThreadLoop::checkMayRunSync() const
{
    detail::checkMayBlock("CoDrive::ThreadLoop::runSync");
    if (m_worker->isCurrent())
        throw std::logic_error("CoDrive::ThreadLoop::runSync: called on the thread itself");
}

} // namespace CoDrive
