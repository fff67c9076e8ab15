// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// TaskLocal: a value that a task and everything it starts can see, without passing it on.
//
//     TaskLocal<QString> user{"nobody"};
//
//     co_await user.with("anna", [&]() -> Task<> { co_await save(); }); // save() sees "anna"

#include <CoDrive/core/detail/localbinding.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/task.h>

#include <utility>

namespace CoDrive {

/// A value inherited by every task started below. Starting a task copies no T. The object must
/// outlive the tasks that use it; usually it is static. get() is for the tasks of any thread.
/// Like Python's contextvars.
template<typename T>
class TaskLocal
{
public:
    /// What get() gives where nothing is bound is made from \a arguments.
    template<typename... Args>
        requires std::constructible_from<T, Args...>
    explicit TaskLocal(Args &&...arguments)
        : m_outside(std::forward<Args>(arguments)...)
    {
    }
    TaskLocal(const TaskLocal &) = delete;
    TaskLocal &operator=(const TaskLocal &) = delete;

    /// The innermost value bound around the running task, or the one from outside.
    const T &get() const noexcept
    {
        const auto *const binding = static_cast<const Binding *>(detail::findLocal(this));
        return binding ? binding->value : m_outside;
    }

    /// Awaits \a body() with \a value bound: seen in it and in whatever it starts, which keeps it
    /// as long as that lives. Gives the body's result, and throws its errors. A cancellation
    /// unwinds the body.
    /// \param value seen by get() \param body a callable that returns an awaitable
    template<typename Body>
    [[nodiscard]] Task<detail::StartResult<Body>> with(T value, Body &&body)
    {
        detail::checkCallable<Body>();
        return bind(this, std::move(value), detail::OwnedCallable<Body>(std::forward<Body>(body)));
    }

private:
    class Binding final : public detail::LocalBinding
    {
    public:
        Binding(const void *key, T &&bound, detail::LocalBindings outer)
            : LocalBinding(key, std::move(outer))
            , value(std::move(bound))
        {
        }
        const T value;
    };

    template<typename Body>
    static Task<detail::StartResult<Body>> bind(const void *key, T value,
                                                detail::OwnedCallable<Body> body)
    {
        const detail::LocalScope scope(detail::LocalBindings(
            new Binding(key, std::move(value), detail::currentLocals())));
        co_return co_await body();
    }

    T m_outside;
};

} // namespace CoDrive
