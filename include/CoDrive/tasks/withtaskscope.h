// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// withTaskScope(): a TaskScope that ends where the function does.
//
//     co_await withTaskScope([&](TaskScope &scope) -> Task<> {
//         while (Socket *socket = co_await server.next())
//             scope.spawn(serve(socket)); // one that fails does not end the others
//     });

#include <CoDrive/tasks/detail/body.h>
#include <CoDrive/tasks/taskscope.h>

#include <memory>

namespace CoDrive {

namespace detail {

class TaskScopeBase : public BodyPolicy
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

    template<typename R, typename Callable>
    Task<R> makeBody(Callable &callable)
    {
        return callBody<R, Callable, TaskScope &>(callable, makeScope());
    }
    /// The scope itself stays: locals of the body may refer to it when they die.
    void destroyParts() noexcept;

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

    TaskScope &makeScope();

    std::unique_ptr<InnerScope> m_scope;
    PendingReports m_reports;
    bool m_hasError = false;
    bool m_isIncomplete = false;
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
    return detail::BodyOperation<detail::TaskScopeBase, Body, R>(std::forward<Body>(body));
}

} // namespace CoDrive
