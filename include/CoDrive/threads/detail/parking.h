// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Where a thread blocks for another one. Meanwhile it destroys what others want destroyed on it, or
// two threads that destroy each other's tasks would wait for ever (law L13).

#include <CoDrive/core/detail/loop.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace CoDrive::detail {

/// Something that has to be destroyed on a thread of its own.
class DestructionJob
{
public:
    virtual void destroyHere() noexcept = 0;

protected:
    ~DestructionJob() = default;
};

/// One a thread. Its loop delivers it when there is something to destroy.
class Parking final : public InboxItem, private ReadyItem
{
public:
    /// That of this thread.
    static const std::shared_ptr<Parking> &current();

    /// On its thread: blocks until wake() has set \a isWoken.
    void block(const bool &isWoken);

    // Any thread.

    void wake(bool &isWoken);
    /// It is destroyed when the thread blocks here next, or in serve().
    void add(std::shared_ptr<DestructionJob> job);

    /// On its thread: destroys what has been added.
    void serve();
    void deliver() noexcept override;

private:
    void serveOne(std::unique_lock<std::mutex> &lock);
    void run() override { serve(); }

    std::mutex m_mutex;
    std::condition_variable m_hasNews;
    std::deque<std::shared_ptr<DestructionJob>> m_jobs;
};

} // namespace CoDrive::detail
