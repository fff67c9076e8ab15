// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// prime(): starts now what is awaited later.
//
//     auto clicked = prime(nextSignal(button, &QPushButton::clicked)); // connected from here on
//     button->setEnabled(true);
//     co_await std::move(clicked);

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/task.h>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace CoDrive {

template<typename T>
class PrimedTask;

namespace detail {

class PrimedBase : public Combinator
{
protected:
    PrimedBase() noexcept
        : Combinator("primed")
    {
    }
    PrimedBase(PrimedBase &&) noexcept = default;
    ~PrimedBase() = default;

    void onChildEnded(StartedTask &) noexcept override { }
    bool hasResult() const noexcept override { return !m_child->isCancelled(); }

    /// Takes the running task over as a child.
    bool takeOver(SharedTaskBase &child) noexcept;

private:
    SharedTaskBase *m_child = nullptr;
};

/// What the end of a PrimedTask that nobody awaits means for its task.
void dropPrimed(SharedTaskBase &task) noexcept;
[[noreturn]] void throwPrimedTwice();

template<typename T>
class PrimedOperation final : public PrimedBase,
                              public AwaitableInAnyCoroutine<PrimedOperation<T>>
{
public:
    using Result = T;

    explicit PrimedOperation(PrimedTask<T> primed) noexcept
        : m_primed(std::move(primed))
    {
    }
    PrimedOperation(PrimedOperation &&) noexcept = default;
    ~PrimedOperation() { destroyChildren(); }

    bool isReady() const
    {
        isReadyToJoin(m_primed.task()); // throws when it waits for who awaits it
        return false;
    }
    bool start() { return takeOver(*m_primed.task()); }
    T takeResult() { return m_primed.task()->takeResult(); }

private:
    PrimedTask<T> m_primed;
};

} // namespace detail

/// A task that runs already and whose result is awaited once, by `co_await std::move(primed)` or
/// `co_await primed`. From then on it is a child of who awaits it: a cancellation is forwarded.
/// Destroying an unawaited one destroys the task; an error it had ended with goes to the
/// unhandled-error handler. It belongs to the thread it was primed on.
template<typename T>
class [[nodiscard]] PrimedTask : public detail::AwaitableInAnyCoroutine<PrimedTask<T>>
{
public:
    using Result = T; ///< what awaiting it gives

    PrimedTask(PrimedTask &&) noexcept = default;
    /// Takes the task; one that it had and nobody awaited is destroyed.
    PrimedTask &operator=(PrimedTask &&other) noexcept
    {
        if (this != &other) {
            const PrimedTask dropped(std::move(*this));
            m_task = std::move(other.m_task);
        }
        return *this;
    }
    ~PrimedTask()
    {
        if (m_task)
            detail::dropPrimed(*m_task);
    }

    /// \cond internal
    explicit PrimedTask(detail::SharedTaskPointer<T> task) noexcept
        : m_task(std::move(task))
    {
    }
    detail::PrimedOperation<T> toOperation()
    {
        if (!m_task)
            detail::throwPrimedTwice();
        return detail::PrimedOperation<T>(std::move(*this));
    }
    detail::SharedTask<T> *task() const noexcept { return m_task.get(); }
    /// \endcond

private:
    detail::SharedTaskPointer<T> m_task;
};

/// Starts \a awaitable as a task of its own and runs it up to its first suspension, here, inside
/// a task or outside. Never throws its error. Like aiodrive's prime.
template<typename A>
PrimedTask<detail::StartResult<A>> prime(A &&awaitable)
{
    using T = detail::StartResult<A>;
    auto task = detail::SharedTask<T>::create(detail::makeTask(std::forward<A>(awaitable)));
    task->startIn(detail::Loop::current().independent());
    return PrimedTask<T>(std::move(task));
}

namespace detail {

template<typename R, typename F, typename... Args>
Task<R> callShared(std::shared_ptr<F> function, Args... args)
{
    co_return co_await std::invoke(*function, std::move(args)...);
}

template<typename F>
class PrimedFunction
{
public:
    explicit PrimedFunction(F function)
        : m_function(std::make_shared<F>(std::move(function)))
    {
    }

    template<typename... Args>
    auto operator()(Args &&...args) const
    {
        using R = AwaitResult<std::invoke_result_t<F &, std::decay_t<Args>...>>;
        return prime(callShared<R, F, std::decay_t<Args>...>(m_function,
                                                             std::forward<Args>(args)...));
    }

private:
    std::shared_ptr<F> m_function;
};

} // namespace detail

/// A function whose every call primes what \a function returns; it and its arguments live as long
/// as the call. What it throws itself is thrown by the await. Like aiodrive's primed.
template<typename F>
[[nodiscard]] auto primed(F &&function)
{
    return detail::PrimedFunction<std::remove_cvref_t<F>>(std::forward<F>(function));
}

} // namespace CoDrive
