// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A body with something around it: a background task, or contexts that are entered and left.
//
//     co_await contextualize(heartbeat(socket), [&]() -> Task<> { co_await talk(socket); });
//
//     co_await withContext(Transaction(database), [&](Rows &rows) -> Task<> { co_await fill(rows); });

#include <CoDrive/core/task.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/detail/child.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>

#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace CoDrive {

namespace detail {

class ContextualizeBase : public TaskGroupBase
{
protected:
    explicit ContextualizeBase(Task<> background)
        : TaskGroupBase(GroupKind::Context)
        , m_background(std::move(background))
    {
    }
    ContextualizeBase(ContextualizeBase &&) noexcept = default;
    ~ContextualizeBase() = default;

    template<typename R, typename Callable>
    Task<R> makeBody(Callable &callable)
    {
        return callBody<R, Callable>(callable);
    }
    void startParts(StartedTask &body)
    {
        m_background.bind();
        startChild(m_background);
        BodyPolicy::startParts(body);
    }

private:
    ChildTask<void> m_background;
};

} // namespace detail

/// Structured: it never returns, throws or unwinds before background and body have ended.
///
/// Starts \a background, then awaits \a body(); when that ends, the background is cancelled and
/// awaited. An error of the background cancels the body; its return disturbs nobody. A cancellation
/// of the waiter is forwarded to both. Gives the body's result. Like aiodrive's contextualize.
/// \param body a callable that returns an awaitable \throws the errors in the order of occurrence
template<typename Body>
[[nodiscard]] auto contextualize(Task<> background, Body &&body)
{
    using R = detail::BodyResult<Body>;
    return detail::BodyOperation<detail::ContextualizeBase, Body, R>(std::forward<Body>(body),
                                                                     std::move(background));
}

/// What withContext() enters and leaves: `enter()` gives an awaitable of a value, or of void,
/// `exit()` one of void. Like Python's asynchronous context managers.
template<typename C>
concept AsyncContext = requires(C &context) {
    { context.enter() } -> Awaitable;
    { context.exit() } -> Awaitable;
};

/// What entering a C gives.
template<AsyncContext C>
using ContextValue = AwaitResult<decltype(std::declval<C &>().enter())>;

namespace detail {

template<typename Context>
Task<ContextValue<Context>> enterContext(Context &context)
{
    co_return co_await context.enter();
}

template<typename Context>
Task<> exitContext(Context &context)
{
    co_await context.exit();
}

template<typename Context, typename Body>
struct ContextBodyResult
{
    using type = BodyResult<Body, ContextValue<Context> &>;
};
template<typename Context, typename Body>
    requires std::is_void_v<ContextValue<Context>>
struct ContextBodyResult<Context, Body>
{
    using type = BodyResult<Body>;
};

template<typename R, typename Context, typename Body>
Task<R> runWithContext(Context context, OwnedCallable<Body> body)
{
    auto leave = [&context] { return exitContext(context); };
    if constexpr (std::is_void_v<ContextValue<Context>>) {
        co_await ChildOperation<void>("enter", enterContext(context));
        auto call = [&body] { return body(); };
        co_return co_await withCleanup(call, leave);
    } else {
        using Value = ContextValue<Context>;
        Value value = co_await ChildOperation<Value>("enter", enterContext(context));
        auto call = [&body, &value] { return body(value); };
        co_return co_await withCleanup(call, leave);
    }
}

/// Several contexts as one.
template<typename... Context>
class ConcurrentContexts
{
    using Values = std::tuple<Slot<ContextValue<Context>>...>;

public:
    explicit ConcurrentContexts(Context... contexts)
        : m_contexts(std::move(contexts)...)
    {
    }

    Task<Values> enter()
    {
        PartEnd<void> entering = co_await attemptPart(enterAll(Indices()));
        if (!entering.outcome.isSuccess()) {
            // Those that were entered are left again.
            PartEnd<void> exiting = co_await attemptPart(CoDrive::toTask(shieldWait(exit())));
            endParts(entering.outcome.error(), exiting.outcome.error(),
                     entering.tookRequest || exiting.tookRequest);
            co_await UnwindOperation();
        }
        co_return takeValues(Indices());
    }

    /// Leaves those that were entered, concurrently, begun in the order in which they were.
    Task<> exit()
    {
        std::vector<Task<>> exits;
        exits.reserve(m_entered.size());
        for (const std::size_t index : m_entered)
            exits.push_back(exitAt(index, Indices()));
        co_await gather(std::move(exits), s_untilTheLast);
    }

private:
    using Indices = std::index_sequence_for<Context...>;
    static constexpr GatherOptions s_untilTheLast{false};

    template<std::size_t... index>
    Task<> enterAll(std::index_sequence<index...>)
    {
        co_await gather(enterAt<index>()...);
    }
    template<std::size_t index>
    Task<> enterAt()
    {
        auto &context = std::get<index>(m_contexts);
        auto &value = std::get<index>(m_values);
        if constexpr (std::is_void_v<ContextValue<std::remove_reference_t<decltype(context)>>>) {
            co_await context.enter();
            value.emplace();
        } else {
            value.emplace(co_await context.enter());
        }
        m_entered.push_back(index);
    }
    template<std::size_t... index>
    Task<> exitAt(std::size_t wanted, std::index_sequence<index...>)
    {
        Task<> task;
        ((index == wanted ? void(task = exitContext(std::get<index>(m_contexts))) : void()), ...);
        return task;
    }
    template<std::size_t... index>
    Values takeValues(std::index_sequence<index...>)
    {
        return Values(std::move(*std::get<index>(m_values))...);
    }

    std::tuple<Context...> m_contexts;
    std::tuple<std::optional<Slot<ContextValue<Context>>>...> m_values;
    std::vector<std::size_t> m_entered; ///< in the order in which entering ended
};

} // namespace detail

/// Structured: it never returns, throws or unwinds before enter, body and exit have ended.
///
/// Awaits `context.enter()`, then \a body with a reference to the value that gave (without
/// argument when it gave void), and then, however the body ended, `context.exit()`, shielded from
/// one request as the clean-up of withCleanup(). The value lives until exit has ended. When enter
/// fails or is cancelled, neither body nor exit runs. Destruction runs no exit. Gives the body's
/// result. Like `async with` in Python.
/// \throws the error of enter; the body's error, exit's, or both as an ExceptionGroup
template<AsyncContext Context, typename Body>
[[nodiscard]] auto withContext(Context &&context, Body &&body)
{
    static_assert(!std::is_lvalue_reference_v<Context>,
                  "the context is taken over: std::move it");
    using R = typename detail::ContextBodyResult<std::remove_cvref_t<Context>,
                                                 std::remove_reference_t<Body>>::type;
    detail::checkCallable<Body>();
    return detail::runWithContext<R>(std::remove_cvref_t<Context>(std::forward<Context>(context)),
                                     detail::OwnedCallable<Body>(std::forward<Body>(body)));
}

/// Several contexts as one, entered concurrently and left concurrently; its value is a tuple of
/// theirs, `std::monostate` for void. When one enter fails, the others are cancelled, and those
/// that were entered are left. Exits begin in the order in which the enters ended; an error of one
/// exit does not disturb the others. Like aiodrive's concurrent_contexts.
/// \throws from exit: the errors in the order in which the enters ended
template<AsyncContext... Context>
[[nodiscard]] auto concurrentContexts(Context... contexts)
{
    return detail::ConcurrentContexts<Context...>(std::move(contexts)...);
}

} // namespace CoDrive
