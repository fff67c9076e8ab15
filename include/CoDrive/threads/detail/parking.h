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

class DestructionWait;

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
    friend class DestructionWait;

    void serveOne(std::unique_lock<std::mutex> &lock);
    void run() override { serve(); }

    std::mutex m_mutex;
    std::condition_variable m_hasNews;
    std::deque<std::shared_ptr<DestructionJob>> m_jobs;

    DestructionWait *m_innermostWait = nullptr; // guarded by the mutex of all waits
};

/// While it lives, this thread waits until another one has destroyed something. That one may have to
/// wait itself before it gets there: when it waits for this thread, perhaps through others, neither
/// would ever go on. What is noted here tells that, and then one of them must not wait (law L14).
class DestructionWait
{
public:
    DestructionWait();
    DestructionWait(DestructionWait &&) = delete;
    ~DestructionWait();

    // Any thread.

    /// This thread destroys it now; waits that it begins meanwhile come first.
    void noteBegun();
    /// It cannot be destroyed before \a thread has done with all its waits. True: it is a circle, and
    /// this must not go on to wait.
    bool isCircular(std::shared_ptr<Parking> thread);

private:
    bool isNeededBy(const DestructionWait *innermost, int level) const;

    const std::shared_ptr<Parking> m_waiter = Parking::current();
    // Guarded by the mutex of all waits:
    DestructionWait *m_outer;
    int m_level; ///< how many waits of this thread there are
    std::shared_ptr<Parking> m_needed; ///< its waits above m_neededLevel come first
    int m_neededLevel = 0;
};

} // namespace CoDrive::detail
