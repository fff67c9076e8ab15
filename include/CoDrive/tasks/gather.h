// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// gather(): several awaitables at once, all results.
//
//     auto [user, posts] = co_await gather(loadUser(id), loadPosts(id));

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/tasks/detail/children.h>

#include <tuple>
#include <type_traits>
#include <vector>

namespace CoDrive {

/// How gather() treats a failing child.
struct GatherOptions
{
    /// The first error cancels the other children; else they run to their end.
    bool sensitive = true;
};

namespace detail {

class GatherBase : public Combinator
{
protected:
    explicit GatherBase(bool isSensitive) noexcept
        : Combinator("gather")
        , m_isSensitive(isSensitive)
    {
    }
    GatherBase(GatherBase &&) noexcept = default;
    ~GatherBase() = default;

    void onChildEnded(StartedTask &child) noexcept override;
    bool hasResult() const noexcept override { return m_hasError || !m_isIncomplete; }

    bool hasError() const noexcept { return m_hasError; }

private:
    bool m_isSensitive;
    bool m_hasError = false;
    bool m_isIncomplete = false;
};

/// What gather() of a pack gives.
template<typename... T>
using GatherTuple
    = std::conditional_t<(std::is_void_v<T> && ...), void, std::tuple<Slot<T>...>>;
template<typename T>
struct GatherVectorOf
{
    using type = std::vector<T>;
};
template<>
struct GatherVectorOf<void>
{
    using type = void;
};

/// \tparam Children a ChildPack or a ChildVector
template<typename Children, typename R>
class GatherOperation final : public GatherBase,
                              public AwaitableInAnyCoroutine<GatherOperation<Children, R>>
{
public:
    using Result = R;

    GatherOperation(Children children, bool isSensitive)
        : GatherBase(isSensitive)
        , m_children(std::move(children))
    {
    }
    GatherOperation(GatherOperation &&) noexcept = default;
    ~GatherOperation() { destroyChildren(); }

    bool isReady() const noexcept { return false; }
    bool start()
    {
        m_children.forEach([](auto &child) { child.bind(); });
        beginStart();
        m_children.forEach([this](auto &child) { startChild(child); });
        return endStart();
    }
    R takeResult()
    {
        if (hasError()) {
            std::vector<std::exception_ptr> errors;
            m_children.forEach(
                [&errors](auto &child) { errors.push_back(child.outcome().error()); });
            std::rethrow_exception(ExceptionGroup::combine(errors));
        }
        if constexpr (!std::is_void_v<R>)
            return takeValues(m_children);
    }

private:
    template<typename... T>
    static R takeValues(ChildPack<T...> &children)
    {
        return std::apply(
            [](ChildTask<T> &...child) { return R(takeSlot(child.outcome())...); },
            children.tuple());
    }
    template<typename T>
    static R takeValues(ChildVector<T> &children)
    {
        R values;
        values.reserve(children.size());
        children.forEach([&values](auto &child) { values.push_back(child.outcome().takeValue()); });
        return values;
    }

    Children m_children;
};

} // namespace detail

/// Structured: it never returns, throws or unwinds before every child has ended.
///
/// Starts all \a awaitables in argument order and awaits them. The first error cancels the others.
/// A cancellation of the waiter is forwarded to every unfinished child; when all of them still
/// give a value, the result is given and the request kept. Like asyncio.gather(), aiodrive's gather.
/// \return to be awaited: a tuple of the results in argument order, `std::monostate` for void;
/// void when all are
/// \throws the error of a child; several as an ExceptionGroup in argument order
template<typename... A>
    requires(detail::Startable<A> && ...)
[[nodiscard]] auto gather(A &&...awaitables)
{
    using Children = detail::ChildPack<detail::StartResult<A>...>;
    using R = detail::GatherTuple<detail::StartResult<A>...>;
    return detail::GatherOperation<Children, R>(Children(toTask(std::forward<A>(awaitables))...),
                                                true);
}

/// \overload for any number of tasks of one type
/// \return to be awaited: a vector of the results in the order of \a tasks; void for `Task<>`
template<typename T>
[[nodiscard]] auto gather(std::vector<Task<T>> tasks, GatherOptions options = {})
{
    using Children = detail::ChildVector<T>;
    using R = typename detail::GatherVectorOf<T>::type;
    return detail::GatherOperation<Children, R>(Children(std::move(tasks)), options.sensitive);
}

} // namespace CoDrive
