// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A callable of the user as a child: what withTaskGroup(), withTaskScope(), withCancelScope() and
// contextualize() share.

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/detail/ownedcallable.h>

#include <optional>
#include <utility>

namespace CoDrive::detail {

/// Calls \a callable in a frame of its own; when it throws, that counts as its task failing.
template<typename R, typename Callable, typename... Args>
Task<R> callBody(Callable &callable, Args... args)
{
    co_return co_await callable(std::forward<Args>(args)...);
}

/// What is around a body. The derived class has makeBody(), which calls it.
class BodyPolicy : public Combinator
{
protected:
    using Combinator::Combinator;
    BodyPolicy(BodyPolicy &&) noexcept = default;
    ~BodyPolicy() = default;

    StartedTask *body() noexcept { return m_body; }
    const StartedTask *body() const noexcept { return m_body; }
    void startParts(StartedTask &body)
    {
        m_body = &body;
        startChild(body);
    }
    void destroyParts() noexcept { destroyChildren(); }
    template<typename R, typename T>
    R takeResult(Outcome<T> &outcome)
    {
        return std::move(outcome).value();
    }

private:
    StartedTask *m_body = nullptr;
};

/// Calls the body when it is awaited, and ends when the policy is content.
/// \tparam T what the body gives
template<typename Policy, typename Body, typename T, typename R = T>
class BodyOperation final : public Policy,
                            public AwaitableInAnyCoroutine<BodyOperation<Policy, Body, T, R>>
{
public:
    using Result = R;

    template<typename... Args>
    explicit BodyOperation(Body &&body, Args &&...policy)
        : Policy(std::forward<Args>(policy)...)
        , m_callable(std::forward<Body>(body))
    {
        checkCallable<Body>();
    }
    BodyOperation(BodyOperation &&) noexcept = default;
    ~BodyOperation() { this->destroyParts(); }

    bool isReady() const noexcept { return false; }
    bool start()
    {
        this->beginStart();
        m_body.emplace(this->template makeBody<T>(m_callable));
        m_body->bind();
        this->startParts(*m_body);
        return this->endStart();
    }
    R takeResult() { return Policy::template takeResult<R>(m_body->outcome()); }

private:
    OwnedCallable<Body> m_callable;
    std::optional<ChildTask<T>> m_body;
};

} // namespace CoDrive::detail
