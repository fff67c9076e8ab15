// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Keeping requests away from work.
//
//     co_await shield(upload(file));     // cancelled, we leave; the upload goes on
//     co_await shieldWait(commit(data)); // cancelled once, we still wait for its end

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>

#include <limits>
#include <optional>
#include <type_traits>

namespace CoDrive {

namespace detail {

class ShieldBase : public Operation, public TaskOwner
{
public:
    ShieldBase(ShieldBase &&) noexcept = default;

    bool isReady() const noexcept { return false; }
    bool request() noexcept override;
    const TaskOwner *children() const noexcept override { return this; }
    StartedTask *childEnded(StartedTask &child) noexcept override;

protected:
    ShieldBase() noexcept
        : TaskOwner("shield")
    {
    }
    ~ShieldBase() { destroyChildren(); }

    bool startChild(SharedTaskBase &child);

private:
    SharedTaskBase *m_child = nullptr;
    bool m_isStarting = false;
};

template<typename T>
class ShieldOperation final : public ShieldBase,
                              public AwaitableInAnyCoroutine<ShieldOperation<T>>
{
public:
    using Result = T;

    explicit ShieldOperation(Task<T> task) noexcept
        : m_task(std::move(task))
    {
    }

    bool start()
    {
        m_child = SharedTask<T>::create(std::move(m_task));
        return startChild(*m_child);
    }
    T takeResult() { return m_child->takeResult(); }

private:
    Task<T> m_task;
    SharedTaskPointer<T> m_child;
};

template<typename T>
class ShieldWaitOperation final : public OneChildCombinator<ShieldWaitOperation<T>, T, T>
{
    using Base = OneChildCombinator<ShieldWaitOperation<T>, T, T>;

public:
    ShieldWaitOperation(Task<T> task, int requests)
        : Base("shieldWait", std::move(task))
        , m_kept(requests)
    {
    }
    ShieldWaitOperation(ShieldWaitOperation &&) noexcept = default;

    bool request() noexcept override
    {
        if (m_kept <= 0)
            return Base::request();
        if (m_kept != std::numeric_limits<int>::max())
            --m_kept;
        return false;
    }
    T takeResult() { return std::move(this->outcome()).value(); }

private:
    int m_kept;
};

template<typename A>
inline constexpr bool isTaskHandle = false;
template<typename T>
inline constexpr bool isTaskHandle<TaskHandle<T>> = true;

} // namespace detail

/// Not structured: when the waiter is cancelled, it leaves at once and \a awaitable runs on,
/// detached; an error it ends with then goes to the unhandled-error handler, and run() awaits it.
/// When the waiter is destroyed, \a awaitable is destroyed as well.
///
/// Starts \a awaitable when it is awaited itself, and gives its result. Of a TaskHandle the task
/// stays with its owner. Like asyncio.shield().
template<typename A>
[[nodiscard]] auto shield(A &&awaitable)
{
    // A handle does not own: leaving it is all that is to be done.
    if constexpr (detail::isTaskHandle<std::remove_cvref_t<A>>)
        return std::forward<A>(awaitable).toOperation();
    else
        return detail::ShieldOperation<detail::StartResult<A>>(
            CoDrive::toTask(std::forward<A>(awaitable)));
}

/// Structured: it never returns, throws or unwinds before \a awaitable has ended.
///
/// Awaits \a awaitable and keeps the first \a requests requests from it, a pending one included;
/// they take effect after it. Further ones are forwarded. Like aiodrive's shield_wait.
/// \param requests how many; zero or less keeps none away
template<typename A>
[[nodiscard]] auto shieldWait(A &&awaitable, int requests = 1)
{
    return detail::ShieldWaitOperation<detail::StartResult<A>>(
        CoDrive::toTask(std::forward<A>(awaitable)), requests);
}

/// As shieldWait() with no limit. Like aiodrive's shield_wait_forever.
template<typename A>
[[nodiscard]] auto shieldForever(A &&awaitable)
{
    return shieldWait(std::forward<A>(awaitable), std::numeric_limits<int>::max());
}

} // namespace CoDrive
