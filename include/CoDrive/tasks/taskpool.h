// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// TaskPool: tasks planned now and run together later.
//
//     TaskPool pool;
//     for (const QUrl &url : urls)
//         pool.spawn(fetch(url));
//     co_await pool.run();

#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>
#include <CoDrive/tasks/taskgroup.h>

#include <memory>
#include <vector>

namespace CoDrive {

namespace detail {

class PoolRun;

/// What a pool and its run share.
class PoolState
{
public:
    enum class Phase { Idle, Running, Ended };

    Phase phase = Phase::Idle;
    bool isCancelled = false; ///< cancel() came before run()
    std::vector<SharedTaskBase *> planned; ///< each with a reference
    PoolRun *run = nullptr;
};

} // namespace detail

/// It belongs to the thread it runs on. Destroying it destroys its tasks; who awaits run() gets
/// ObjectDestroyed then. Like aiodrive's Pool.
class TaskPool
{
public:
    TaskPool();
    TaskPool(const TaskPool &) = delete;
    TaskPool &operator=(const TaskPool &) = delete;
    ~TaskPool();

    /// Before run(): plans \a awaitable. While it runs: starts it at once.
    /// \throws std::logic_error when the run has ended; nothing was entered then
    template<typename A>
    TaskHandle<detail::StartResult<A>> spawn(A &&awaitable, const QString &name = {})
    {
        using T = detail::StartResult<A>;
        checkOpen();
        auto task = detail::SharedTask<T>::create(detail::makeTask(std::forward<A>(awaitable)), name);
        if (!add(*task))
            return TaskHandle<T>();
        return TaskHandle<T>(std::move(task));
    }

    /// Structured: it never returns, throws or unwinds before every task has ended.
    ///
    /// Enters the planned tasks in the order of spawning and awaits all, those spawned meanwhile
    /// included. An error cancels the others; a task cancelled through its handle, or by cancel(),
    /// disturbs nobody. A cancellation of the waiter is forwarded.
    /// \throws the errors in the order of occurrence; std::logic_error when it runs or has run;
    /// ObjectDestroyed
    [[nodiscard]] detail::PoolRun run();

    /// Makes one request to every task; before run(), they will meet it at their first suspension.
    void cancel() noexcept;

private:
    void checkOpen() const;
    bool add(detail::SharedTaskBase &task);

    std::shared_ptr<detail::PoolState> d;
};

namespace detail {

class PoolRun final : public TaskGroupBase, public AwaitableInAnyCoroutine<PoolRun>
{
public:
    using Result = void;

    explicit PoolRun(std::shared_ptr<PoolState> pool) noexcept;
    PoolRun(PoolRun &&) noexcept;
    ~PoolRun();

    bool isReady() const;
    bool start();
    void takeResult();

    bool add(SharedTaskBase &task) { return startMember(task); }
    void cancel() noexcept { requestChildren(false); }
    /// The pool is being destroyed.
    void orphan() noexcept;

private:
    bool isComplete() const noexcept override { return m_isOrphaned || !hasChildren(); }

    std::shared_ptr<PoolState> m_pool;
    bool m_isOrphaned = false;
};

} // namespace detail

} // namespace CoDrive
