// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// race(): several awaitables at once, the first result.
//
//     auto first = co_await race(load(url), nextSignal(button, &QPushButton::clicked));
//     if (first.index() == 0)
//         show(std::get<0>(first));

#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/tasks/detail/children.h>

#include <cstddef>
#include <exception>
#include <utility>
#include <variant>
#include <vector>

namespace CoDrive {

/// The winner of a race between tasks of one type.
template<typename T>
class RaceResult
{
public:
    /// What race() gives.
    RaceResult(std::size_t winner, T result)
        : index(winner)
        , value(std::move(result))
    {
    }
    std::size_t index; ///< of the winner, counted from 0
    T value; ///< what it gave
};

/// The winner of a race between tasks of void.
template<>
class RaceResult<void>
{
public:
    /// What race() gives.
    explicit RaceResult(std::size_t winner) noexcept
        : index(winner)
    {
    }
    std::size_t index; ///< of the winner, counted from 0
};

/// The first of several tasks that succeeded.
template<typename T>
class FirstSuccess
{
public:
    /// What firstSuccess() gives.
    FirstSuccess(std::size_t winner, T result, std::vector<std::exception_ptr> before)
        : index(winner)
        , value(std::move(result))
        , errors(std::move(before))
    {
    }
    std::size_t index; ///< of the winner, counted from 0
    T value; ///< what it gave
    std::vector<std::exception_ptr> errors; ///< of those that failed before, in that order
};

/// The first of several tasks of void that succeeded.
template<>
class FirstSuccess<void>
{
public:
    /// What firstSuccess() gives.
    FirstSuccess(std::size_t winner, std::vector<std::exception_ptr> before) noexcept
        : index(winner)
        , errors(std::move(before))
    {
    }
    std::size_t index; ///< of the winner, counted from 0
    std::vector<std::exception_ptr> errors; ///< of those that failed before, in that order
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

/// The winner's value, as what a race between these children gives.
template<typename R, std::size_t index = 0, typename... T>
R takeWinner(ChildPack<T...> &children, const StartedTask *winner)
{
    auto &child = std::get<index>(children.tuple());
    if constexpr (index + 1 < sizeof...(T)) {
        if (winner != &child)
            return takeWinner<R, index + 1>(children, winner);
    }
    return R(std::in_place_index<index>, takeSlot(child.outcome()));
}

template<typename T>
std::size_t indexOf(ChildVector<T> &children, const StartedTask *child)
{
    std::size_t index = 0;
    while (&children.vector()[index] != child)
        ++index;
    return index;
}

template<typename R, typename T>
R takeWinner(ChildVector<T> &children, const StartedTask *winner)
{
    const std::size_t index = indexOf(children, winner);
    if constexpr (std::is_void_v<T>)
        return R(index);
    else
        return R(index, children.vector()[index].outcome().takeValue());
}

template<typename Children, typename R>
class RaceOperation final
    : public ManyChildren<RaceOperation<Children, R>, RaceBase, Children, R>
{
public:
    explicit RaceOperation(Children children)
        : RaceOperation::ManyChildren(std::move(children))
    {
    }
    RaceOperation(RaceOperation &&) noexcept = default;

    R takeResult()
    {
        if (this->hasError())
            this->throwErrors(this->errors());
        return takeWinner<R>(this->childrenInOrder(), this->winner());
    }
};

class FirstSuccessBase : public Combinator
{
protected:
    FirstSuccessBase() noexcept
        : Combinator("firstSuccess")
    {
    }
    FirstSuccessBase(FirstSuccessBase &&) noexcept = default;
    ~FirstSuccessBase() = default;

    static void checkCount(std::size_t count);
    void onChildEnded(StartedTask &child) noexcept override;
    bool givesErrors() const noexcept override { return !m_winner; }
    bool hasResult() const noexcept override { return m_winner || !m_errors.empty(); }

    const StartedTask *winner() const noexcept { return m_winner; }
    std::vector<std::exception_ptr> takeErrors() noexcept { return std::move(m_errors); }

private:
    const StartedTask *m_winner = nullptr;
    std::vector<std::exception_ptr> m_errors; ///< before the winner, in the order of occurrence
};

template<typename T>
class FirstSuccessOperation final
    : public ManyChildren<FirstSuccessOperation<T>, FirstSuccessBase, ChildVector<T>,
                          FirstSuccess<T>>
{
public:
    explicit FirstSuccessOperation(ChildVector<T> children)
        : FirstSuccessOperation::ManyChildren(std::move(children))
    {
    }
    FirstSuccessOperation(FirstSuccessOperation &&) noexcept = default;

    FirstSuccess<T> takeResult()
    {
        if (!this->winner())
            std::rethrow_exception(ExceptionGroup::combine(this->takeErrors()));
        const std::size_t index = indexOf(this->childrenInOrder(), this->winner());
        if constexpr (std::is_void_v<T>)
            return FirstSuccess<T>(index, this->takeErrors());
        else
            return FirstSuccess<T>(index,
                                   this->childrenInOrder().vector()[index].outcome().takeValue(),
                                   this->takeErrors());
    }
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
template<detail::OneChild... A>
    requires(sizeof...(A) > 0)
[[nodiscard]] auto race(A &&...awaitables)
{
    using Children = detail::ChildPack<detail::StartResult<A>...>;
    using R = std::variant<detail::Slot<detail::StartResult<A>>...>;
    return detail::RaceOperation<Children, R>(Children(CoDrive::toTask(std::forward<A>(awaitables))...));
}

/// \overload for any number of tasks of one type
/// \return to be awaited: a RaceResult \throws std::invalid_argument when \a tasks is empty
template<typename T>
[[nodiscard]] auto race(std::vector<Task<T>> tasks)
{
    using Children = detail::ChildVector<T>;
    return detail::RaceOperation<Children, RaceResult<T>>(Children(std::move(tasks)));
}

/// Structured: it never returns, throws or unwinds before every child has ended.
///
/// Starts all \a tasks; the first to end with a value wins, the others are cancelled and awaited.
/// Errors before that are noted, later ones go to the unhandled-error handler. A cancellation of
/// the waiter is forwarded to every unfinished child. Like aiodrive's race(continue_on_error).
/// \return to be awaited: a FirstSuccess
/// \throws the errors in the order of occurrence when all fail; std::invalid_argument when \a tasks
/// is empty
template<typename T>
[[nodiscard]] auto firstSuccess(std::vector<Task<T>> tasks)
{
    return detail::FirstSuccessOperation<T>(detail::ChildVector<T>(std::move(tasks)));
}

} // namespace CoDrive
