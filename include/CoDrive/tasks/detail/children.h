// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The children of gather(), race() and the like: of several types, or many of one.

#include <CoDrive/core/detail/combinator.h>

#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace CoDrive::detail {

/// What stands for a T in a tuple or variant.
template<typename T>
using Slot = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template<typename T>
Slot<T> takeSlot(Outcome<T> &outcome)
{
    if constexpr (std::is_void_v<T>)
        return std::monostate();
    else
        return outcome.takeValue();
}

template<typename A>
inline constexpr bool isTaskVector = false;
template<typename T>
inline constexpr bool isTaskVector<std::vector<Task<T>>> = true;
/// What a pack of children is made of, rather than a vector.
template<typename A>
concept OneChild = !isTaskVector<std::remove_cvref_t<A>>;

template<typename... T>
class ChildPack
{
public:
    explicit ChildPack(Task<T>... tasks)
        : m_children(ChildTask<T>(std::move(tasks))...)
    {
    }

    static constexpr std::size_t size() noexcept { return sizeof...(T); }

    /// Calls \a function with every child, in argument order.
    template<typename Function>
    void forEach(Function &&function)
    {
        std::apply([&](ChildTask<T> &...child) { (function(child), ...); }, m_children);
    }
    std::tuple<ChildTask<T>...> &tuple() noexcept { return m_children; }

private:
    std::tuple<ChildTask<T>...> m_children;
};

template<typename T>
class ChildVector
{
public:
    explicit ChildVector(std::vector<Task<T>> tasks)
    {
        m_children.reserve(tasks.size());
        for (Task<T> &task : tasks)
            m_children.emplace_back(std::move(task));
    }

    std::size_t size() const noexcept { return m_children.size(); }

    template<typename Function>
    void forEach(Function &&function)
    {
        for (ChildTask<T> &child : m_children)
            function(child);
    }
    std::vector<ChildTask<T>> &vector() noexcept { return m_children; }

private:
    std::vector<ChildTask<T>> m_children;
};

/// A combinator whose children are all there at the start.
/// \tparam Policy derived from Combinator: what to do when a child ends, and what is needed
/// \tparam Children a ChildPack or a ChildVector
template<typename Derived, typename Policy, typename Children, typename R>
class ManyChildren : public Policy, public AwaitableInAnyCoroutine<Derived>
{
public:
    using Result = R;

    bool isReady() const
    {
        Policy::checkCount(m_children.size());
        return false;
    }
    bool start()
    {
        m_children.forEach([](auto &child) { child.bind(); });
        this->beginStart();
        m_children.forEach([this](auto &child) { this->startChild(child); });
        return this->endStart();
    }

protected:
    template<typename... Arguments>
    explicit ManyChildren(Children children, Arguments... policy)
        : Policy(policy...)
        , m_children(std::move(children))
    {
    }
    ManyChildren(ManyChildren &&) noexcept = default;
    ~ManyChildren() { this->destroyChildren(); }

    Children &childrenInOrder() noexcept { return m_children; }
    /// The children's errors by index, null where there is none.
    std::vector<std::exception_ptr> errors()
    {
        std::vector<std::exception_ptr> errors;
        errors.reserve(m_children.size());
        m_children.forEach([&](auto &child) { errors.push_back(child.outcome().error()); });
        return errors;
    }

private:
    Children m_children;
};

} // namespace CoDrive::detail
