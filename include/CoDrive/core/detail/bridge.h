// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The two directions between our tasks and other coroutines: awaiting what is not ours inside a
// Task, and awaiting what is ours inside another coroutine; and toTask(), which hides the
// difference.

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/detail/sharedtask.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/unhandled.h>

#include <atomic>
#include <memory>
#include <variant>

namespace CoDrive::detail {

/// Awaits an operation where it stands.
template<typename Op>
class OperationReference
{
public:
    explicit OperationReference(Op &operation) noexcept
        : m_operation(operation)
    {
    }
    bool await_ready() { return m_operation.isReady(); }
    template<std::derived_from<FrameBase> Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter)
    {
        return enter(m_operation, waiter.promise());
    }
    typename Op::Result await_resume() { return m_operation.takeResult(); }

private:
    Op &m_operation;
};

/// Awaits an operation that it holds.
template<typename Op>
class OperationAwaiter
{
public:
    explicit OperationAwaiter(Op &&operation)
        : m_operation(std::move(operation))
    {
    }
    bool await_ready() { return m_operation.isReady(); }
    template<std::derived_from<FrameBase> Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter)
    {
        return enter(m_operation, waiter.promise());
    }
    typename Op::Result await_resume() { return m_operation.takeResult(); }

private:
    Op m_operation;
};

template<typename Op>
OperationAwaiter(Op &&) -> OperationAwaiter<Op>;

// --- other coroutines' awaitables inside a Task ---

template<typename A>
decltype(auto) foreignAwaiter(A &&awaitable)
{
    using X = std::remove_cvref_t<A>;
    if constexpr (HasQCoroAwaiter<X> && !isQCoroTask<X>) {
        using Awaiter = typename QCoro::detail::awaiter_type<X>::type;
        // Up to QCoro 0.8 it takes an lvalue, from 0.11 on what it is given.
        if constexpr (std::is_constructible_v<Awaiter, A &&>)
            return Awaiter(std::forward<A>(awaitable));
        else
            return Awaiter(awaitable);
    } else if constexpr (HasMemberCoAwait<A>) {
        return std::forward<A>(awaitable).operator co_await();
    } else if constexpr (HasFreeCoAwait<A>) {
        return operator co_await(std::forward<A>(awaitable));
    } else {
        return static_cast<std::remove_reference_t<A> &>(awaitable);
    }
}

template<typename A>
struct ForeignResult
{
    using type = std::decay_t<decltype(foreignAwaiter(std::declval<A>()).await_resume())>;
};

/// What the bridge coroutine and the operation that waits for it share. The coroutine may end on
/// any thread, and after the operation has gone.
class BridgeState : public RemoteWaker
{
public:
    /// Called at the end of the bridge coroutine, on whatever thread that is.
    void setDone();
    bool isDone() const noexcept { return m_phase.load(std::memory_order_acquire) == Phase::Done; }
    /// From here on its end is notified. False: it has ended already.
    bool beginWaiting() noexcept;
    /// Nobody waits any more: a value is dropped, an error is reported.
    void abandon();
    bool isAbandoned() const noexcept { return m_isAbandoned.load(std::memory_order_acquire); }
    void deliver() noexcept override;
    /// Nobody will take the result.
    void discard() noexcept override;

    virtual std::exception_ptr error() const noexcept = 0;

private:
    enum class Phase { Running, Awaited, Done };

    std::atomic<Phase> m_phase = Phase::Running;
    std::atomic<bool> m_isAbandoned = false;
};

template<typename T>
class BridgeStateOf final : public BridgeState
{
public:
    std::exception_ptr error() const noexcept override { return outcome.error(); }

    Outcome<T> outcome;
};

/// Awaits what QCoro has an awaiter for, and does not take the result when nobody waits for it any
/// more: taking it reads the device, which may have died with the waiter, or another may read next.
template<typename Awaiter, typename T>
class QCoroAwaiter
{
public:
    QCoroAwaiter(Awaiter &awaiter, BridgeStateOf<T> &state) noexcept
        : m_awaiter(awaiter)
        , m_state(state)
    {
    }
    bool await_ready() { return m_awaiter.await_ready(); }
    auto await_suspend(std::coroutine_handle<> waiter) { return m_awaiter.await_suspend(waiter); }
    void await_resume()
    {
        if (m_state.isAbandoned())
            return;
        if constexpr (std::is_void_v<T>) {
            m_awaiter.await_resume();
            m_state.outcome.setValue();
        } else {
            m_state.outcome.setValue(m_awaiter.await_resume());
        }
    }

private:
    Awaiter &m_awaiter;
    BridgeStateOf<T> &m_state;
};

/// Starts at once and frees itself.
class BridgeCoroutine
{
public:
    class promise_type
    {
    public:
        BridgeCoroutine get_return_object() const noexcept { return BridgeCoroutine(); }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept { }
        void unhandled_exception() const noexcept { Q_UNREACHABLE(); }
    };

private:
    BridgeCoroutine() noexcept { }
};

/// \tparam A a value, which is taken over at once, or a reference to what outlives the await
template<typename T, typename A>
BridgeCoroutine runBridge(std::shared_ptr<BridgeStateOf<T>> state, A &&awaitable)
{
    try {
        // Dies before the waiter, which it may refer to, goes on, perhaps on another thread.
        A owned(static_cast<A &&>(awaitable));
        // Named, because g++ 12 destroys an awaiter that is an aggregate twice.
        auto &&awaiter = foreignAwaiter(static_cast<A &&>(owned));
        using X = std::remove_cvref_t<A>;
        if constexpr (HasQCoroAwaiter<X> && !isQCoroTask<X>) {
            using Awaiter = std::remove_reference_t<decltype(awaiter)>;
            QCoroAwaiter<Awaiter, T> qcoroAwaiter(awaiter, *state);
            co_await qcoroAwaiter;
        } else if constexpr (std::is_void_v<T>) {
            co_await awaiter;
            state->outcome.setValue();
        } else {
            state->outcome.setValue(co_await awaiter);
        }
    } catch (...) {
        state->outcome.setError(std::current_exception());
    }
    state->setDone();
}

/// Waits for the end of a bridge coroutine.
class ForeignOperationBase : public Operation
{
public:
    ForeignOperationBase(ForeignOperationBase &&) noexcept = default;
    ~ForeignOperationBase();

    bool isReady() const noexcept { return false; }
    bool request() noexcept override;

protected:
    explicit ForeignOperationBase(bool canBeWithdrawn) noexcept
        : m_canBeWithdrawn(canBeWithdrawn)
    {
    }
    bool startWaiting(std::shared_ptr<BridgeState> state);

private:
    void ended();

    std::shared_ptr<BridgeState> m_state;
    bool m_canBeWithdrawn;
    bool m_wasRequested = false; ///< a request was pending when the wait began (law L7)
};

template<typename A>
class ForeignOperation final : public ForeignOperationBase
{
    // Mostly a local of the waiter, which must not die before whoever resumes it has left it alone.
    static constexpr bool isAwaiterOfTheUsers
        = std::is_same_v<decltype(foreignAwaiter(std::declval<A>())), A>;
    static constexpr bool canBeLeft
        = awaitKind<A>() != AwaitKind::QCoroTask && !isAwaiterOfTheUsers;

public:
    using Result = AwaitResult<A>;

    explicit ForeignOperation(A &&awaitable)
        : ForeignOperationBase(canBeLeft)
        , m_awaitable(std::forward<A>(awaitable))
    {
    }

    bool start()
    {
        m_result = std::make_shared<BridgeStateOf<Result>>();
        runBridge<Result, A>(m_result, std::forward<A>(m_awaitable));
        return startWaiting(m_result);
    }
    Result takeResult() { return std::move(m_result->outcome).value(); }

private:
    A m_awaitable; // a reference for an lvalue
    std::shared_ptr<BridgeStateOf<Result>> m_result;
};

// --- any awaitable inside a Task ---

template<typename A>
auto awaiterFor(A &&awaitable)
{
    using X = std::remove_cvref_t<A>;
    constexpr AwaitKind kind = awaitKind<A>();
    static_assert(kind != AwaitKind::None || !std::is_base_of_v<AwaitableInAnyCoroutine<X>, X>,
                  "its result can only be moved out: co_await std::move(handle)");
    static_assert(kind != AwaitKind::None, "this type cannot be awaited");
    if constexpr (kind == AwaitKind::Inline)
        return awaitable.toFrameAwaiter();
    else if constexpr (kind == AwaitKind::Operation)
        return OperationReference<X>(awaitable);
    else if constexpr (kind == AwaitKind::Handle)
        return OperationAwaiter(std::forward<A>(awaitable).toOperation());
    else if constexpr (kind == AwaitKind::Adapted)
        return OperationAwaiter(adapt(std::forward<A>(awaitable)));
    else if constexpr (kind == AwaitKind::QCoroTask && !std::move_constructible<X>)
        return OperationAwaiter(ForeignOperation<X &>(awaitable)); // a LazyTask
    else
        return OperationAwaiter(ForeignOperation<A>(std::forward<A>(awaitable)));
}

template<typename A>
Task<AwaitResult<A>> awaitOwned(A awaitable)
{
    co_return co_await std::move(awaitable);
}

/// For a handle or future given as an lvalue: its value stays where it is, others may await it too.
template<typename A>
Task<AwaitResult<A &>> awaitCopied(A awaitable)
{
    co_return co_await awaitable;
}

template<typename A>
Task<AwaitResult<A &>> awaitReferred(A &awaitable)
{
    co_return co_await awaitable;
}

template<typename F>
Task<StartResult<F>> callAndAwait(F factory)
{
    co_return co_await factory();
}

// --- ours inside another coroutine ---

/// Runs something of ours as the root of a task and resumes the coroutine that awaits it.
class RootAwaiterBase : public TaskOwner, private ReadyItem
{
public:
    RootAwaiterBase() noexcept
        : TaskOwner("awaited by another coroutine")
    {
    }

    StartedTask *childEnded(StartedTask &child) noexcept override;

protected:
    ~RootAwaiterBase() = default;
    bool startRoot(SharedTaskBase &task, std::coroutine_handle<> waiter);

private:
    void run() override;

    std::coroutine_handle<> m_waiter;
    bool m_isStarting = false;
};

template<typename A>
class RootAwaiter final : public RootAwaiterBase
{
    using T = typename A::Result;

public:
    explicit RootAwaiter(A &awaitable)
        : m_task(SharedTask<T>::create(taskOf(awaitable)))
    {
    }
    ~RootAwaiter() { destroyChildren(); }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) { return startRoot(*m_task, waiter); }
    T await_resume() { return m_task->takeResult(); }

private:
    static Task<T> taskOf(A &awaitable)
    {
        // What cannot be moved, such as a Pulse, is referred to.
        if constexpr ((std::copy_constructible<A> || !std::move_constructible<A>) && Awaitable<A &>)
            return toTask(awaitable);
        else
            return toTask(std::move(awaitable));
    }

    SharedTaskPointer<T> m_task;
};

} // namespace CoDrive::detail

namespace CoDrive {

/// toTask() for a function that starts the task and is not awaited itself: rule A does not bind it.
template<typename A>
Task<detail::StartResult<A>> detail::makeTask(A &&awaitable)
{
    using X = std::remove_cvref_t<A>;
    constexpr bool isLvalue = std::is_lvalue_reference_v<A>;
    constexpr auto kind = detail::awaitKind<A>();
    static_assert(
        !isLvalue || (kind != detail::AwaitKind::Inline && kind != detail::AwaitKind::Operation),
        "it is awaited once and taken over: std::move it");
    if constexpr (!detail::Startable<A>)
        return {}; // StartResult has refused it
    else if constexpr (kind == detail::AwaitKind::None)
        return detail::callAndAwait<X>(std::forward<A>(awaitable));
    else if constexpr (std::is_same_v<X, Task<detail::StartResult<A>>>)
        return std::move(awaitable);
    else if constexpr (isLvalue && std::copy_constructible<X>
                       && (kind == detail::AwaitKind::Handle || detail::isQFuture<X>))
        return detail::awaitCopied<X>(awaitable);
    else if constexpr (!isLvalue || std::is_pointer_v<X>)
        return detail::awaitOwned<X>(std::forward<A>(awaitable));
    else
        return detail::awaitReferred(awaitable);
}

template<typename A>
Task<detail::StartResult<A>> toTask(A &&awaitable)
{
    if constexpr (!Awaitable<A>)
        detail::checkCallable<A>();
    return detail::makeTask(std::forward<A>(awaitable));
}

} // namespace CoDrive
