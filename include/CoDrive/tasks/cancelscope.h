// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// withCancelScope(): a part of a task that can be cancelled alone.
//
//     const bool done = co_await withCancelScope([&](CancelScope scope) -> Task<> {
//         connect(skip, &QPushButton::clicked, &context, [scope]() mutable { scope.cancel(); });
//         co_await playIntro();
//     });

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/tasks/timeout.h>

#include <QString>

#include <memory>
#include <optional>
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

class CancelScopeBase : public Combinator
{
public:
    void cancel(const QString &reason) noexcept;

protected:
    CancelScopeBase() noexcept
        : Combinator("cancel scope")
    {
    }
    CancelScopeBase(CancelScopeBase &&) noexcept = default;
    ~CancelScopeBase();

    CancelScope makeScope();
    void setBody(StartedTask &body) noexcept { m_body = &body; }
    void onChildEnded(StartedTask &body) noexcept override;
    bool hasResult() const noexcept override;

private:
    std::shared_ptr<CancelScopeLink> m_link;
    StartedTask *m_body = nullptr;
    bool m_isScopeCancelled = false;
};

template<typename T, typename Callable>
Task<T> callWithCancelScope(Callable &callable, CancelScope scope)
{
    co_return co_await callable(std::move(scope));
}

template<typename Body, typename T, typename R>
class CancelScopeOperation final
    : public CancelScopeBase,
      public AwaitableInAnyCoroutine<CancelScopeOperation<Body, T, R>>
{
public:
    using Result = R;

    explicit CancelScopeOperation(OwnedCallable<Body> body)
        : m_callable(std::move(body))
    {
    }
    CancelScopeOperation(CancelScopeOperation &&) noexcept = default;
    ~CancelScopeOperation() { destroyChildren(); }

    bool isReady() const noexcept { return false; }
    bool start()
    {
        beginStart();
        m_body.emplace(callWithCancelScope<T>(m_callable, makeScope()));
        m_body->bind();
        setBody(*m_body);
        startChild(*m_body);
        return endStart();
    }
    R takeResult()
    {
        if (m_body->outcome().isCancelled())
            return R();
        if constexpr (std::is_void_v<T>) {
            m_body->outcome().value();
            return true;
        } else {
            return R(std::move(m_body->outcome()).value());
        }
    }

private:
    OwnedCallable<Body> m_callable;
    std::optional<ChildTask<T>> m_body;
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
    using R = typename detail::OptionalOf<T>::type;
    detail::checkCallable<Body>();
    return detail::CancelScopeOperation<Body, T, R>(
        detail::OwnedCallable<Body>(std::forward<Body>(body)));
}

} // namespace CoDrive
