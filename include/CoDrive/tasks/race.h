// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// race(): several awaitables at once, the first result.
//
//     auto first = co_await race(load(url), nextSignal(button, &QPushButton::clicked));
//     if (first.index() == 0)
//         show(std::get<0>(first));

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/tasks/detail/children.h>

#include <cstddef>
#include <variant>
#include <vector>

namespace CoDrive {

/// The winner of a race between tasks of one type.
template<typename T>
class RaceResult
{
public:
    RaceResult(std::size_t winner, T result)
        : index(winner)
        , value(std::move(result))
    {
    }
    std::size_t index; ///< of the winner, counted from 0
    T value;
};

template<>
class RaceResult<void>
{
public:
    explicit RaceResult(std::size_t winner) noexcept
        : index(winner)
    {
    }
    std::size_t index; ///< of the winner, counted from 0
};

namespace detail {

class RaceBase : public Combinator
{
protected:
    RaceBase() noexcept
        : Combinator("race")
    {
    }
    RaceBase(RaceBase &&) noexcept = default;
    ~RaceBase() = default;

    void onChildEnded(StartedTask &child) noexcept override;
    bool hasResult() const noexcept override { return m_winner != nullptr; }

    bool hasError() const noexcept { return m_hasError; }
    const StartedTask *winner() const noexcept { return m_winner; }

    /// \throws std::invalid_argument for a race without children
    static void checkCount(std::size_t count);
    /// \throws the winner's error, then those of the losers, given in order of their index
    [[noreturn]] void throwErrors(std::vector<std::exception_ptr> errors) const;

private:
    const StartedTask *m_winner = nullptr;
    bool m_hasError = false;
};

/// \tparam Children a ChildPack or a ChildVector
template<typename Children, typename R>
class RaceOperation final : public RaceBase,
                            public AwaitableInAnyCoroutine<RaceOperation<Children, R>>
{
public:
    using Result = R;

    explicit RaceOperation(Children children)
        : m_children(std::move(children))
    {
    }
    RaceOperation(RaceOperation &&) noexcept = default;
    ~RaceOperation() { destroyChildren(); }

    bool isReady() const
    {
        checkCount(m_children.size());
        return false;
    }
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
            throwErrors(std::move(errors));
        }
        return takeWinner(m_children);
    }

private:
    template<typename... T>
    R takeWinner(ChildPack<T...> &children)
    {
        return takeWinnerAt<0, T...>(children);
    }
    template<std::size_t index, typename... T>
    R takeWinnerAt(ChildPack<T...> &children)
    {
        auto &child = std::get<index>(children.tuple());
        if constexpr (index + 1 < sizeof...(T)) {
            if (winner() != &child)
                return takeWinnerAt<index + 1, T...>(children);
        }
        return R(std::in_place_index<index>, takeSlot(child.outcome()));
    }
    template<typename T>
    R takeWinner(ChildVector<T> &children)
    {
        std::size_t index = 0;
        while (winner() != &children.vector()[index])
            ++index;
        if constexpr (std::is_void_v<T>)
            return R(index);
        else
            return R(index, children.vector()[index].outcome().takeValue());
    }

    Children m_children;
};

} // namespace detail

/// Structured: it never returns, throws or unwinds before every child has ended.
///
/// Starts all \a awaitables in argument order; the first to end with a value or an error wins, the
/// others are cancelled and awaited. A loser's value is dropped, a loser's error is thrown. A
/// cancellation of the waiter is forwarded to every unfinished child; when one of them still wins,
/// its value is given and the request kept. Like aiodrive's race, trio's open_nursery idiom.
/// \return to be awaited: a variant whose index is the winner's, `std::monostate` for void
/// \throws the errors: the winner's first, then the losers' in argument order
template<typename... A>
    requires(sizeof...(A) > 0 && (detail::Startable<A> && ...))
[[nodiscard]] auto race(A &&...awaitables)
{
    using Children = detail::ChildPack<detail::StartResult<A>...>;
    using R = std::variant<detail::Slot<detail::StartResult<A>>...>;
    return detail::RaceOperation<Children, R>(Children(toTask(std::forward<A>(awaitables))...));
}

/// \overload for any number of tasks of one type
/// \return to be awaited: a RaceResult \throws std::invalid_argument when \a tasks is empty
template<typename T>
[[nodiscard]] auto race(std::vector<Task<T>> tasks)
{
    using Children = detail::ChildVector<T>;
    return detail::RaceOperation<Children, RaceResult<T>>(Children(std::move(tasks)));
}

} // namespace CoDrive
