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

    static void checkCount(std::size_t) noexcept { }
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

template<typename Children, typename R>
class GatherOperation final
    : public ManyChildren<GatherOperation<Children, R>, GatherBase, Children, R>
{
public:
    GatherOperation(Children children, bool isSensitive)
        : GatherOperation::ManyChildren(std::move(children), isSensitive)
    {
    }
    GatherOperation(GatherOperation &&) noexcept = default;

    R takeResult()
    {
        if (this->hasError())
            std::rethrow_exception(ExceptionGroup::combine(this->errors()));
        if constexpr (!std::is_void_v<R>)
            return takeValues(this->childrenInOrder());
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
};

class GatherOutcomesBase : public Combinator
{
protected:
    GatherOutcomesBase() noexcept
        : Combinator("gatherOutcomes")
    {
    }
    GatherOutcomesBase(GatherOutcomesBase &&) noexcept = default;
    ~GatherOutcomesBase() = default;

    static void checkCount(std::size_t) noexcept { }
    void onChildEnded(StartedTask &child) noexcept override;
    bool hasResult() const noexcept override { return !m_isIncomplete; }

private:
    bool m_isIncomplete = false;
};

template<typename Children, typename R>
class GatherOutcomesOperation final
    : public ManyChildren<GatherOutcomesOperation<Children, R>, GatherOutcomesBase, Children, R>
{
public:
    explicit GatherOutcomesOperation(Children children)
        : GatherOutcomesOperation::ManyChildren(std::move(children))
    {
    }
    GatherOutcomesOperation(GatherOutcomesOperation &&) noexcept = default;

    R takeResult() { return takeOutcomes(this->childrenInOrder()); }

private:
    template<typename... T>
    static R takeOutcomes(ChildPack<T...> &children)
    {
        return std::apply(
            [](ChildTask<T> &...child) { return R(std::move(child.outcome())...); },
            children.tuple());
    }
    template<typename T>
    static R takeOutcomes(ChildVector<T> &children)
    {
        R outcomes;
        outcomes.reserve(children.size());
        children.forEach([&](auto &child) { outcomes.push_back(std::move(child.outcome())); });
        return outcomes;
    }
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
template<detail::OneChild... A>
[[nodiscard]] auto gather(A &&...awaitables)
{
    using Children = detail::ChildPack<detail::StartResult<A>...>;
    using R = detail::GatherTuple<detail::StartResult<A>...>;
    return detail::GatherOperation<Children, R>(Children(CoDrive::toTask(std::forward<A>(awaitables))...),
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

/// Structured: it never returns, throws or unwinds before every child has ended.
///
/// Starts all \a awaitables in argument order, awaits them and gives how each ended. An error
/// cancels nobody and is not thrown. A cancellation of the waiter is forwarded; when a child ends
/// by it, the waiter is unwound, and errors of others go to the unhandled-error handler.
/// Like aiodrive's gather_safe, asyncio.gather(return_exceptions=True).
/// \return to be awaited: a tuple of Outcomes in argument order
template<detail::OneChild... A>
[[nodiscard]] auto gatherOutcomes(A &&...awaitables)
{
    using Children = detail::ChildPack<detail::StartResult<A>...>;
    using R = std::tuple<Outcome<detail::StartResult<A>>...>;
    return detail::GatherOutcomesOperation<Children, R>(
        Children(CoDrive::toTask(std::forward<A>(awaitables))...));
}

/// \overload for any number of tasks of one type
/// \return to be awaited: a vector of Outcomes in the order of \a tasks
template<typename T>
[[nodiscard]] auto gatherOutcomes(std::vector<Task<T>> tasks)
{
    using Children = detail::ChildVector<T>;
    return detail::GatherOutcomesOperation<Children, std::vector<Outcome<T>>>(
        Children(std::move(tasks)));
}

} // namespace CoDrive
