// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// withTaskGroup(): as many children as the work turns out to need.
//
//     co_await withTaskGroup([&](TaskGroup &group) -> Task<> {
//         for (const QUrl &url : urls)
//             group.spawn(fetch(url), url.toString());
//         co_return;
//     });

#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>
#include <CoDrive/tasks/detail/body.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace CoDrive {

class TaskGroup;

namespace detail {

class TaskGroupBase;

/// What the copies of a TaskGroup share; null when the group is gone.
struct TaskGroupLink
{
    TaskGroupBase *group;
};

} // namespace detail

/// A copyable reference to a running group, given to the body of withTaskGroup(). It belongs to
/// the group's thread. Like asyncio.TaskGroup, aiodrive's Pool.
class TaskGroup
{
public:
    /// Starts \a awaitable (or what the callable \a awaitable returns, kept alive with the task) as
    /// a child and runs it up to its first suspension. Never throws the child's error. In a group
    /// that is being cancelled the child is cancelled at its first suspension.
    /// \throws std::logic_error when the group has ended; nothing was entered then
    template<typename A>
    TaskHandle<detail::StartResult<A>> spawn(A &&awaitable, const QString &name = {}) const
    {
        using T = detail::StartResult<A>;
        checkOpen();
        auto task = detail::SharedTask<T>::create(detail::makeTask(std::forward<A>(awaitable)), name);
        if (!startChild(*task))
            return TaskHandle<T>();
        return TaskHandle<T>(std::move(task));
    }

    /// \cond internal
    explicit TaskGroup(std::shared_ptr<detail::TaskGroupLink> link) noexcept
        : m_link(std::move(link))
    {
    }
    /// \endcond

private:
    void checkOpen() const;
    bool startChild(detail::SharedTaskBase &task) const;

    std::shared_ptr<detail::TaskGroupLink> m_link;
};

namespace detail {

enum class GroupKind {
    Patient, ///< awaits its members when the body ends
    Volatile, ///< cancels them
    Context ///< cancels them; the body's error has no place of its own in the order
};

class TaskGroupBase : public BodyPolicy
{
public:
    bool startMember(SharedTaskBase &task);

protected:
    explicit TaskGroupBase(GroupKind kind) noexcept
        : BodyPolicy("group")
        , m_kind(kind)
    {
    }
    TaskGroupBase(TaskGroupBase &&) noexcept = default;
    ~TaskGroupBase();

    void onChildEnded(StartedTask &child) noexcept override;
    bool hasResult() const noexcept override;

    template<typename R, typename Callable>
    Task<R> makeBody(Callable &callable)
    {
        return callBody<R, Callable, TaskGroup &>(callable, makeGroup());
    }
    template<typename R, typename T>
    R takeResult(Outcome<T> &outcome)
    {
        throwErrors();
        return BodyPolicy::takeResult<R>(outcome);
    }
    /// The errors in the order of occurrence, the body's last.
    void throwErrors() const;

private:
    TaskGroup &makeGroup();

    GroupKind m_kind;
    std::optional<TaskGroup> m_group;
    std::shared_ptr<TaskGroupLink> m_link;
    std::vector<std::exception_ptr> m_errors;
    std::exception_ptr m_bodyError;
    bool m_isIncomplete = false;
};

template<typename Body>
auto taskGroup(GroupKind kind, Body &&body)
{
    using R = BodyResult<Body, TaskGroup &>;
    return BodyOperation<TaskGroupBase, Body, R>(std::forward<Body>(body), kind);
}

} // namespace detail

/// Structured: it never returns, throws or unwinds before the body and every child have ended. The
/// locals of the body die when it returns, its children may live longer: what children share is
/// declared outside.
///
/// Awaits \a body(group), which spawns children, and then all of them. An error of a child, or of
/// the body, cancels the others; a child cancelled through its handle disturbs nobody. A
/// cancellation of the waiter is forwarded to body and children. Gives the body's result.
/// Like asyncio.TaskGroup, aiodrive's Pool.open.
/// \param body a callable that takes a `TaskGroup &` and returns an awaitable
/// \throws the errors in the order of occurrence, the body's last
template<typename Body>
[[nodiscard]] auto withTaskGroup(Body &&body)
{
    return detail::taskGroup(detail::GroupKind::Patient, std::forward<Body>(body));
}

/// Structured: as withTaskGroup(); the children that still run when the body ends are cancelled and
/// awaited. Like aiodrive's volatile_task_group.
template<typename Body>
[[nodiscard]] auto withVolatileTaskGroup(Body &&body)
{
    return detail::taskGroup(detail::GroupKind::Volatile, std::forward<Body>(body));
}

} // namespace CoDrive
