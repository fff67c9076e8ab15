// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// withTaskScope(): a TaskScope that ends where the function does.
//
//     co_await withTaskScope([&](TaskScope &scope) -> Task<> {
//         while (Socket *socket = co_await server.next())
//             scope.spawn(serve(socket)); // one that fails does not end the others
//     });

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/tasks/taskscope.h>

#include <memory>
#include <optional>

namespace CoDrive {

namespace detail {

class TaskScopeBase : public Combinator
{
protected:
    TaskScopeBase() noexcept;
    TaskScopeBase(TaskScopeBase &&) noexcept;
    ~TaskScopeBase();

    void requestAll() noexcept override;
    void onChildEnded(StartedTask &body) noexcept override;
    void onComplete() noexcept override;
    bool hasResult() const noexcept override;
    bool isComplete() const noexcept override;

    TaskScope &makeScope();
    /// The scope itself stays: locals of the body may refer to it when they die.
    void destroyTasks() noexcept;

private:
    class InnerScope;

    /// Stands in the ready list behind the errors on their way to the handler, which may refer to
    /// what dies when the waiter goes on.
    class PendingReports final : public ReadyItem
    {
    public:
        void await(TaskScopeBase &operation) noexcept;
        bool isPending() const noexcept { return ReadyItem::isLinked(); }
        void run() override;

    private:
        TaskScopeBase *m_operation = nullptr;
    };

    std::unique_ptr<InnerScope> m_scope;
    PendingReports m_reports;
    bool m_hasError = false;
    bool m_isIncomplete = false;
};

template<typename R, typename Callable>
Task<R> callWithScope(Callable &callable, TaskScope &scope)
{
    co_return co_await callable(scope);
}

template<typename Body, typename R>
class TaskScopeOperation final : public TaskScopeBase,
                                 public AwaitableInAnyCoroutine<TaskScopeOperation<Body, R>>
{
public:
    using Result = R;

    explicit TaskScopeOperation(OwnedCallable<Body> body)
        : m_callable(std::move(body))
    {
    }
    TaskScopeOperation(TaskScopeOperation &&) noexcept = default;
    ~TaskScopeOperation()
    {
        destroyTasks();
        destroyChildren();
    }

    bool isReady() const noexcept { return false; }
    bool start()
    {
        beginStart();
        m_body.emplace(callWithScope<R>(m_callable, makeScope()));
        m_body->bind();
        startChild(*m_body);
        return endStart();
    }
    R takeResult() { return std::move(m_body->outcome()).value(); }

private:
    OwnedCallable<Body> m_callable;
    std::optional<ChildTask<R>> m_body;
};

} // namespace detail

/// Structured: it never returns, throws or unwinds before the body and every task of the scope have
/// ended. The locals of the body die when it returns, its tasks may live longer.
///
/// Awaits \a body(scope), and then all tasks it spawned there. They fail independently: errors go
/// to the scope's handler. An error of the body cancels them. A cancellation of the waiter is
/// forwarded to body and tasks. Gives the body's result. Like aiotools.TaskScope.
/// \param body a callable that takes a `TaskScope &` and returns an awaitable
/// \throws the body's error
template<typename Body>
[[nodiscard]] auto withTaskScope(Body &&body)
{
    using R = detail::BodyResult<Body, TaskScope &>;
    detail::checkCallable<Body>();
    return detail::TaskScopeOperation<Body, R>(
        detail::OwnedCallable<Body>(std::forward<Body>(body)));
}

} // namespace CoDrive
