// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The one way in which threads wait for each other here: a mutex, and the queue of those who wait,
// be it tasks on their loops or threads that block, first in first out.
//
// What a public object guards derives from WaitQueue and is held by a shared pointer, because who
// waits may go on after the object has gone. A task waits in a QueueOperation; a thread calls
// WaitQueue::block().

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/list.h>
#include <CoDrive/core/detail/loop.h>

#include <memory>
#include <mutex>
#include <utility>

namespace CoDrive::detail {

struct WaitEntryTag;

class TaskWaker;

/// Tasks that were taken off a queue and are told so when this is destroyed, which is to be after
/// the mutex was unlocked: else whoever has just been woken would run into it at once, and the
/// waking of a hundred thousand would keep all others from it.
class WokenTasks
{
public:
    WokenTasks() noexcept = default;
    WokenTasks(WokenTasks &&) = delete;
    ~WokenTasks();

    void append(std::shared_ptr<TaskWaker> waker) noexcept;

private:
    std::shared_ptr<TaskWaker> m_first;
    TaskWaker *m_last = nullptr;
};

/// How who waits is woken.
class Wakeable
{
public:
    // Any thread, with the mutex of the queue held.

    /// False: its loop has ended, it never goes on.
    virtual bool wakeUp() noexcept = 0;
    /// Wakes a thread now, a task with the others.
    virtual void wakeUpWith(WokenTasks &woken) noexcept = 0;

protected:
    ~Wakeable() = default;
};

/// A place in a queue; all of it is guarded by the queue's mutex.
class WaitEntry : public ListLink<WaitEntryTag>
{
public:
    enum class State {
        Idle,
        Waiting,
        Woken, ///< off the queue; what it waited for is its own
        Gone ///< has taken it, or left, or never goes on
    };

    State m_state = State::Idle;
    bool m_isOrphaned = false; ///< the object was destroyed
    Wakeable *m_wakeable = nullptr;
};

class WaitQueue
{
public:
    /// \param name of the public object, for errors
    explicit WaitQueue(const char *name) noexcept
        : m_name(name)
    {
    }
    WaitQueue(WaitQueue &&) = delete;

    const char *name() const noexcept { return m_name; }

    std::mutex m_mutex;

    // With the mutex held.

    WaitEntry *first() const noexcept { return m_entries.first(); }
    WaitEntry *next(const WaitEntry &entry) const noexcept { return m_entries.next(&entry); }
    void append(WaitEntry &entry) noexcept;
    /// Takes \a entry off the queue. False: it will never go on.
    bool wake(WaitEntry &entry) noexcept;
    void wake(WaitEntry &entry, WokenTasks &woken) noexcept;
    void wakeAll() noexcept;
    void wakeAll(WokenTasks &woken) noexcept;
    /// The object is being destroyed: everyone gets ObjectDestroyed.
    void orphanAll(WokenTasks &woken) noexcept;
    void orphan(WaitEntry &entry) noexcept;
    bool isOrphaned() const noexcept { return m_isOrphaned; }

    /// Blocks this thread until \a entry, which stands in a list already, is woken.
    void block(std::unique_lock<std::mutex> &lock, WaitEntry &entry);
    /// Blocks this thread until \a isDone(), which is asked again after each wakeAll().
    template<typename Done>
    void blockUntil(std::unique_lock<std::mutex> &lock, Done isDone)
    {
        while (!isDone()) {
            WaitEntry entry;
            append(entry);
            block(lock, entry);
        }
    }

    /// \throws ObjectDestroyed
    [[noreturn]] void throwOrphaned() const;

protected:
    ~WaitQueue() = default;

private:
    const char *m_name;
    List<WaitEntry, WaitEntryTag> m_entries;
    bool m_isOrphaned = false;
};

/// \throws std::logic_error inside a task, which would block its whole loop
void checkMayBlock(const char *function);

/// A task waits in a queue of any thread.
class QueueOperation : public Operation
{
public:
    QueueOperation(QueueOperation &&) noexcept = default;

    bool request() noexcept override;
    void loopEnded() noexcept override;

protected:
    explicit QueueOperation(std::shared_ptr<WaitQueue> queue) noexcept
        : m_queue(std::move(queue))
    {
    }
    ~QueueOperation() { Q_ASSERT(!m_waker); }

    /// To be called before the mutex is locked for append().
    void prepare();
    /// To be called by the destructor, while the derived part still stands: leaves the queue, or
    /// gives back what was handed over and not taken.
    void finish() noexcept;
    std::unique_lock<std::mutex> lockQueue() const { return std::unique_lock(m_queue->m_mutex); }
    WaitQueue &queue() const noexcept { return *m_queue; }

    virtual WaitEntry &entry() noexcept = 0;

    // With the mutex held.

    /// It was withdrawn, or will never go on.
    virtual void left() noexcept { }
    /// It was woken, but does not take what that means.
    virtual void refused() noexcept { left(); }
    /// It was woken. Whether that ends the wait; else it stands in the queue again.
    virtual bool isOver() noexcept { return true; }
    /// Notes that what it was woken with is taken. \throws ObjectDestroyed
    void take();

    /// On the loop, without the mutex: it was woken and is over.
    virtual void end() noexcept { complete(); }
    /// Whether end() may run code of the user.
    virtual bool mayEndWithUserCode() const noexcept { return false; }

private:
    friend class TaskWaker;

    void woken() noexcept;
    void giveUp() noexcept;

    std::shared_ptr<WaitQueue> m_queue;
    std::shared_ptr<TaskWaker> m_waker;
};

/// What of a QueueOperation may be in the inbox of a loop when the operation has gone.
class TaskWaker final : public InboxItem,
                        public Wakeable,
                        public std::enable_shared_from_this<TaskWaker>
{
public:
    explicit TaskWaker(QueueOperation &operation) noexcept;

    bool wakeUp() noexcept override { return m_loop->post(shared_from_this()); }
    void wakeUpWith(WokenTasks &woken) noexcept override { woken.append(shared_from_this()); }
    void deliver() noexcept override;
    bool mayRunUserCode() const noexcept override
    {
        return m_operation && m_operation->mayEndWithUserCode();
    }
    void discard() noexcept override;
    void detach() noexcept { m_operation = nullptr; }

private:
    friend class WokenTasks;

    const LoopPointer m_loop;
    QueueOperation *m_operation; // the loop's thread only
    std::shared_ptr<TaskWaker> m_nextWoken; // of the thread that wakes it
};

/// A QueueOperation with an entry of its own kind.
template<typename Entry>
class QueueOperationWith : public QueueOperation
{
public:
    QueueOperationWith(QueueOperationWith &&) noexcept = default;

protected:
    using QueueOperation::QueueOperation;
    ~QueueOperationWith() = default;

    Entry &entry() noexcept final { return m_entry; }

private:
    Entry m_entry;
};

} // namespace CoDrive::detail
