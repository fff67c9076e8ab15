// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// toThread(): a function that blocks or computes for long, on a thread pool.
//
//     QByteArray readAll(std::stop_token stop, const QString &path);
//
//     const QByteArray data = co_await toThread(&readAll, path);

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/localbinding.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/detail/startedtask.h>
#include <CoDrive/core/outcome.h>

#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

QT_BEGIN_NAMESPACE
class QThreadPool;
QT_END_NAMESPACE

namespace CoDrive {

namespace detail {

class PoolJob;

/// The part of toThread() that does not depend on the function. It lives in the frame that waits,
/// and does not die before the function has returned.
class PoolOperationBase : public Operation, private ReadyItem
{
public:
    bool isReady() const noexcept { return false; }
    bool start();
    bool request() noexcept override;

protected:
    explicit PoolOperationBase(QThreadPool *pool) noexcept
        : m_pool(pool)
    {
    }
    PoolOperationBase(PoolOperationBase &&) noexcept = default;
    ~PoolOperationBase() = default;

    /// Withdraws the call or waits for it; to be called while the derived part still stands.
    void finish() noexcept;
    /// Notes that the outcome has reached the waiter. \throws Cancelled when the pool has dropped
    /// the call
    void takeOutcome();
    /// For the function, on its thread.
    std::stop_token stopToken() const noexcept { return m_stop.get_token(); }
    void makeStoppable() { m_stop = std::stop_source(); }

private:
    friend class PoolJob;

    /// On the thread of the pool.
    virtual void call() noexcept = 0;
    virtual std::exception_ptr error() const noexcept = 0;
    void ended();
    void endBusyElsewhere() noexcept;
    void run() override;

    QThreadPool *m_pool;
    std::shared_ptr<PoolJob> m_job;
    LocalBindings m_locals;
    std::stop_source m_stop{std::nostopstate};
    bool m_isBusyElsewhere = false;
    bool m_isTaken = false;
};

template<typename Function, typename... Args>
inline constexpr bool takesStopToken
    = std::is_invocable_v<std::decay_t<Function>, std::stop_token, std::decay_t<Args>...>;

/// What toThread() can call.
template<typename Function, typename... Args>
concept CallableOnThread = takesStopToken<Function, Args...>
    || std::is_invocable_v<std::decay_t<Function>, std::decay_t<Args>...>;

template<bool withToken, typename Function, typename... Args>
struct CallResult : std::invoke_result<Function, Args...>
{
};
template<typename Function, typename... Args>
struct CallResult<true, Function, Args...>
    : std::invoke_result<Function, std::stop_token, Args...>
{
};

template<typename Function, typename... Args>
class PoolOperation final : public PoolOperationBase,
                            public AwaitableInAnyCoroutine<PoolOperation<Function, Args...>>
{
    static constexpr bool withToken = takesStopToken<Function, Args...>;

public:
    using Result = std::remove_cvref_t<typename CallResult<withToken, Function, Args...>::type>;
    static_assert(!HasToFrameAwaiter<Result>,
                  "toThread() is for functions that block; a coroutine runs where its Task is "
                  "awaited");

    template<typename F, typename... A>
    explicit PoolOperation(QThreadPool *pool, F &&function, A &&...args)
        : PoolOperationBase(pool)
        , m_function(std::forward<F>(function))
        , m_args(std::forward<A>(args)...)
    {
    }
    PoolOperation(PoolOperation &&) = default;
    ~PoolOperation() { finish(); }

    bool start()
    {
        if constexpr (withToken)
            makeStoppable();
        return PoolOperationBase::start();
    }
    Result takeResult()
    {
        takeOutcome();
        return std::move(m_outcome).value();
    }

private:
    void call() noexcept override
    {
        try {
            if constexpr (std::is_void_v<Result>) {
                invoke();
                m_outcome.setValue();
            } else {
                m_outcome.setValue(invoke());
            }
        } catch (...) {
            m_outcome.setError(std::current_exception());
        }
    }
    decltype(auto) invoke()
    {
        return std::apply(
            [this](Args &...args) -> decltype(auto) {
                if constexpr (withToken)
                    return std::invoke(std::move(m_function), stopToken(), std::move(args)...);
                else
                    return std::invoke(std::move(m_function), std::move(args)...);
            },
            m_args);
    }
    std::exception_ptr error() const noexcept override { return m_outcome.error(); }

    Function m_function;
    std::tuple<Args...> m_args;
    Outcome<Result> m_outcome;
};

} // namespace detail

/// Calls \a function with \a args on a thread of \a pool and gives what it returns, or throws what
/// it throws, on the thread of the waiter. \a function and \a args are copied, or moved, into the
/// call, and moved from there to the function; std::ref() passes a reference. The call does not
/// outlive the frame that awaits it, so it may use its locals.
///
/// As with std::jthread, a function that can take a std::stop_token before the other arguments gets
/// one. It is set when the waiter is cancelled, from its loop, and when the waiter is destroyed; a
/// function that runs for long should look at it often, and then return.
///
/// A cancelled waiter waits for the end of the function and gets its result, the request is kept.
/// When the function has not begun yet, or a request is pending at the start, it is never called
/// and the waiter leaves at once. A destroyed waiter blocks until the function has returned; its
/// error goes to the unhandled-error handler then; so the function must not destroy the thread, or the
/// ThreadTask, that waits for it. The function sees the TaskLocals of the waiter;
/// a VirtualClock stands still meanwhile. Like asyncio.to_thread().
/// \param pool must live as long as the call; null for QThreadPool::globalInstance(). Its
/// maxThreadCount() limits how many functions run at once, the others queue
/// \throws Cancelled when the pool was cleared before the function began
template<typename Function, typename... Args>
    requires detail::CallableOnThread<Function, Args...>
[[nodiscard]] auto toThread(QThreadPool *pool, Function &&function, Args &&...args)
{
    detail::checkCallable<Function>();
    return detail::PoolOperation<std::decay_t<Function>, std::decay_t<Args>...>(
        pool, std::forward<Function>(function), std::forward<Args>(args)...);
}

/// As above, on QThreadPool::globalInstance().
template<typename Function, typename... Args>
    requires detail::CallableOnThread<Function, Args...>
[[nodiscard]] auto toThread(Function &&function, Args &&...args)
{
    return toThread(static_cast<QThreadPool *>(nullptr), std::forward<Function>(function),
                    std::forward<Args>(args)...);
}

} // namespace CoDrive
