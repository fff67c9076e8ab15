// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What can be awaited in a Task.
//
//     template<Awaitable A>
//     Task<AwaitResult<A>> logged(A awaitable)
//     {
//         qInfo("waiting");
//         co_return co_await std::move(awaitable);
//     }

#include <CoDrive/core/detail/operation.h>
#include <CoDrive/core/detail/taskfwd.h>

#include <qcorotask.h>

#include <QtGlobal>

#include <concepts>
#include <type_traits>
#include <utility>

QT_BEGIN_NAMESPACE
class QTimer;
class QNetworkReply;
template<typename T>
class QFuture;
QT_END_NAMESPACE

namespace CoDrive {

namespace detail {

template<typename A>
class RootAwaiter;

/// Base of everything of ours that can be awaited: makes it awaitable in a QCoro::Task, or any
/// other coroutine, as the root of a task of its own.
template<typename Derived>
class AwaitableInAnyCoroutine
{
public:
    // QCoro wants it callable on an lvalue.
    RootAwaiter<Derived> operator co_await()
    {
        return RootAwaiter<Derived>(static_cast<Derived &>(*this));
    }
};

/// An Operation that gives a T.
template<typename Derived, typename T>
class AwaitableOperation : public Operation, public AwaitableInAnyCoroutine<Derived>
{
public:
    using Result = T;

protected:
    AwaitableOperation() noexcept = default;
    AwaitableOperation(AwaitableOperation &&) noexcept = default;
    ~AwaitableOperation() = default;
};

/// How a type of Qt is awaited: `static Op adapt(Key)` makes the operation. Specialised in room qt,
/// in one header a type.
template<typename Key>
struct AwaitAdapter;

template<typename T>
concept CompleteType = requires { sizeof(T); };

template<typename X>
inline constexpr bool isQFuture = false;
template<typename T>
inline constexpr bool isQFuture<QFuture<T>> = true;
/// A QCoro::Task, or a QCoro::LazyTask of newer versions.
template<typename X>
inline constexpr bool isQCoroTask = QCoro::detail::isTask_v<X>;

template<typename X>
concept HasQCoroAwaiter = requires { typename QCoro::detail::awaiter_type<X>::type; };
template<typename X>
concept HasMemberCoAwait = requires(X &&x) { std::forward<X>(x).operator co_await(); };
template<typename X>
concept HasFreeCoAwait = requires(X &&x) { operator co_await(std::forward<X>(x)); };
template<typename X>
concept RawAwaiter = requires(std::remove_reference_t<X> &x, std::coroutine_handle<> waiter) {
    { x.await_ready() } -> std::convertible_to<bool>;
    x.await_suspend(waiter);
    x.await_resume();
};
/// Awaited in the frames of the awaiting task: a Task and what is made of one.
template<typename X>
concept HasToFrameAwaiter = requires(std::remove_reference_t<X> &x) { x.toFrameAwaiter(); };
/// Refers to something that is started already.
template<typename X>
concept HasToOperation = requires(X &&x) {
    { std::forward<X>(x).toOperation() } -> std::derived_from<Operation>;
};

enum class AwaitKind { None, Inline, Operation, Handle, Adapted, QCoroTask, Foreign };

// Takes A as `A &&` is deduced: a reference for an lvalue.
template<typename A>
consteval AwaitKind awaitKind()
{
    using X = std::remove_cvref_t<A>;
    if constexpr (HasToFrameAwaiter<X>) {
        return AwaitKind::Inline;
    } else if constexpr (std::derived_from<X, Operation>) {
        return AwaitKind::Operation;
    } else if constexpr (std::is_base_of_v<AwaitableInAnyCoroutine<X>, X>) {
        return HasToOperation<A> ? AwaitKind::Handle : AwaitKind::None;
    } else if constexpr (isQFuture<X>
                         || std::is_convertible_v<std::remove_reference_t<A> *, QTimer *>) {
        return AwaitKind::Adapted;
    } else if constexpr (std::is_pointer_v<X>
                         && (std::is_convertible_v<X, QTimer *>
                             || std::is_convertible_v<X, QNetworkReply *>)) {
        return AwaitKind::Adapted;
    } else if constexpr (isQCoroTask<X>) {
        return AwaitKind::QCoroTask;
    } else if constexpr (HasQCoroAwaiter<X> || HasMemberCoAwait<A> || HasFreeCoAwait<A>
                         || RawAwaiter<A>) {
        return AwaitKind::Foreign;
    } else {
        return AwaitKind::None;
    }
}

// Looked up late, so that a header included after this one still counts.
template<typename A, typename Key>
struct AdapterOf
{
    using type = AwaitAdapter<Key>;
};

/// The operation that awaits a timer, future or reply.
template<typename A>
auto adapt(A &&object)
{
    using X = std::remove_cvref_t<A>;
    if constexpr (isQFuture<X>) {
        static_assert(CompleteType<AwaitAdapter<X>>,
                      "to await a QFuture, #include <CoDrive/qt/future.h>");
        return AwaitAdapter<X>::adapt(std::forward<A>(object));
    } else if constexpr (std::is_convertible_v<X, QNetworkReply *>) {
        using Adapter = typename AdapterOf<A, QNetworkReply *>::type;
        static_assert(CompleteType<Adapter>,
                      "to await a QNetworkReply, #include <CoDrive/qt/network.h>");
        return Adapter::adapt(object);
    } else {
        using Adapter = typename AdapterOf<A, QTimer *>::type;
        static_assert(CompleteType<Adapter>, "to await a QTimer, #include <CoDrive/qt/timer.h>");
        if constexpr (std::is_pointer_v<X>)
            return Adapter::adapt(object);
        else
            return Adapter::adapt(&object);
    }
}

template<typename A>
class ForeignOperation;

template<typename A>
struct ForeignResult;

template<typename A, AwaitKind = awaitKind<A>()>
struct AwaitResultOf
{
};
template<typename A>
struct AwaitResultOf<A, AwaitKind::Inline>
{
    using type = typename std::remove_cvref_t<A>::Result;
};
template<typename A>
struct AwaitResultOf<A, AwaitKind::Operation> : AwaitResultOf<A, AwaitKind::Inline>
{
};
template<typename A>
struct AwaitResultOf<A, AwaitKind::Handle> : AwaitResultOf<A, AwaitKind::Inline>
{
};
template<typename A>
struct AwaitResultOf<A, AwaitKind::Adapted>
{
    using type = typename decltype(adapt(std::declval<A>()))::Result;
};
template<typename A>
struct AwaitResultOf<A, AwaitKind::QCoroTask> : ForeignResult<A>
{
};
template<typename A>
struct AwaitResultOf<A, AwaitKind::Foreign> : ForeignResult<A>
{
};

} // namespace detail

/// What `co_await` takes inside a Task: a Task, a TaskHandle, what the functions of this library
/// return, QCoro::Task, whatever QCoro can await, and every type with `operator co_await` or the
/// three await functions. One of the latter that is an lvalue is referred to: a cancelled task
/// waits for it, as for a QCoro::Task, and its owner must not be destroyed before it was resumed.
template<typename A>
concept Awaitable = detail::awaitKind<A>() != detail::AwaitKind::None;

/// What awaiting an A gives.
template<typename A>
using AwaitResult = typename detail::AwaitResultOf<A>::type;

namespace detail {

template<typename F>
concept TaskFactory = !Awaitable<F> && std::invocable<std::remove_reference_t<F> &>
    && Awaitable<std::invoke_result_t<std::remove_reference_t<F> &>>;

/// What can be started as a task: an awaitable, or a callable that returns one, which is then kept
/// alive with the task.
template<typename A>
concept Startable = Awaitable<A> || TaskFactory<A>;

// The functions that start something, or call a body, are not constrained: what is wrong with
// their argument is said here, in words, instead.

template<typename Body, typename... Args>
concept ReturnsAwaitable = std::invocable<std::remove_reference_t<Body> &, Args...>
    && Awaitable<std::invoke_result_t<std::remove_reference_t<Body> &, Args...>>;

template<typename Body, typename... Args>
struct BodyResultOf
{
    static constexpr bool canBeCalled
        = std::invocable<std::remove_reference_t<Body> &, Args...>;
    static_assert(canBeCalled, "the function given cannot be called here: it takes other "
                               "parameters than it would get, see the documentation");
    static_assert(!canBeCalled, "the function given does not return a Task: make it a coroutine, "
                                "as in [&]() -> Task<> { ...; co_return; }");
    using type = void;
};
template<typename Body, typename... Args>
    requires ReturnsAwaitable<Body, Args...>
struct BodyResultOf<Body, Args...>
{
    using type = AwaitResult<std::invoke_result_t<std::remove_reference_t<Body> &, Args...>>;
};
/// What the awaitable gives that \a Body returns when it is called with \a Args.
template<typename Body, typename... Args>
using BodyResult = typename BodyResultOf<Body, Args...>::type;

template<typename A>
struct StartResultOf : BodyResultOf<A>
{
};
template<typename A>
    requires Awaitable<A>
struct StartResultOf<A>
{
    using type = AwaitResult<A>;
};
template<typename A>
    requires(!Awaitable<A> && !std::invocable<std::remove_reference_t<A> &>)
struct StartResultOf<A>
{
    static_assert(Awaitable<A>, "this can neither be awaited nor called: pass a Task, another "
                                "awaitable, or a function without parameters that returns one");
    using type = void;
};
/// What \a A gives when it is started as a task.
template<typename A>
using StartResult = typename StartResultOf<A>::type;

template<typename A>
Task<StartResult<A>> makeTask(A &&awaitable);

} // namespace detail

/// A lazy task that awaits \a awaitable and gives its result. A Task is given back as it is;
/// what is an lvalue is referred to and must outlive the task, except for pointers, handles and
/// futures, which are copied. A callable that returns an awaitable is kept alive with the task.
template<typename A>
[[nodiscard]] Task<detail::StartResult<A>> toTask(A &&awaitable);

} // namespace CoDrive

#include <CoDrive/core/task.h>
