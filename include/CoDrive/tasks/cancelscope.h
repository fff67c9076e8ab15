// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// withCancelScope(): a part of a task that can be cancelled alone.
//
//     const bool done = co_await withCancelScope([&](CancelScope scope) -> Task<> {
//         connect(skip, &QPushButton::clicked, &context, [scope]() mutable { scope.cancel(); });
//         co_await playIntro();
//     });

#include <CoDrive/tasks/detail/body.h>
#include <CoDrive/tasks/detail/optional.h>

#include <QString>

#include <memory>
#include <utility>

namespace CoDrive {

namespace detail {

class CancelScopeBase;

struct CancelScopeLink
{
    CancelScopeBase *scope; ///< null when it has ended
};

} // namespace detail

/// A copyable reference to a part of a task, given to the body of withCancelScope(). It belongs to
/// the task's thread. Like trio.CancelScope, aiodrive's use_scope.
class CancelScope
{
public:
    /// Makes one request to the body. \throws std::logic_error when the scope has ended
    /// \param reason is kept with the body's task
    void cancel(const QString &reason = {}) const;

    /// \cond internal
    explicit CancelScope(std::shared_ptr<detail::CancelScopeLink> link) noexcept
        : m_link(std::move(link))
    {
    }
    /// \endcond

private:
    std::shared_ptr<detail::CancelScopeLink> m_link;
};

namespace detail {

class CancelScopeBase : public BodyPolicy
{
public:
    void cancel(const QString &reason) noexcept;

protected:
    CancelScopeBase() noexcept
        : BodyPolicy("cancel scope")
    {
    }
    CancelScopeBase(CancelScopeBase &&) noexcept = default;
    ~CancelScopeBase();

    template<typename R, typename Callable>
    Task<R> makeBody(Callable &callable)
    {
        return callBody<R, Callable, CancelScope>(callable, makeScope());
    }
    template<typename R, typename T>
    R takeResult(Outcome<T> &outcome)
    {
        return takeOptional(outcome);
    }
    void onChildEnded(StartedTask &body) noexcept override;
    bool hasResult() const noexcept override;

private:
    CancelScope makeScope();

    std::shared_ptr<CancelScopeLink> m_link;
    bool m_isScopeCancelled = false;
};

} // namespace detail

/// Structured: it never returns, throws or unwinds before the body has ended.
///
/// Awaits \a body(scope). When `scope.cancel()` unwound the body, the result is empty and the task
/// goes on; a value that the body gives all the same wins. A cancellation of the waiter is
/// forwarded and unwinds the waiter. Like trio.CancelScope.
/// \param body a callable that takes a CancelScope and returns an awaitable
/// \return to be awaited: an optional of the result; for void a bool, true when it ended normally
template<typename Body>
[[nodiscard]] auto withCancelScope(Body &&body)
{
    using T = detail::BodyResult<Body, CancelScope>;
    using R = detail::OptionalOf<T>;
    return detail::BodyOperation<detail::CancelScopeBase, Body, T, R>(std::forward<Body>(body));
}

} // namespace CoDrive
