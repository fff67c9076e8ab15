// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// How a piece of work ended: with a value, an error, cancelled, or not yet.
//
//     const Outcome<int> outcome = co_await attempt(answer());
//     if (outcome.isSuccess())
//         show(outcome.value());
//     else if (outcome.isFailure())
//         showError(outcome.error());

#include <CoDrive/core/detail/outcomebase.h>
#include <CoDrive/core/errors.h>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

QT_BEGIN_NAMESPACE
template<typename T>
class QPromise;
QT_END_NAMESPACE

namespace CoDrive {

/// The end of a piece of work. Holds a T, an error or neither. Any thread.
/// Like aiodrive's FutureState.
/// \tparam T the result type; may be void or move-only
template<typename T = void>
class [[nodiscard]] Outcome : public detail::OutcomeBase
{
    static constexpr bool isVoid = std::is_void_v<T>;
    using Value = std::conditional_t<isVoid, detail::Nothing, T>;

public:
    Outcome() noexcept { }
    /// A copy, also of the value.
    Outcome(const Outcome &other)
        requires std::copy_constructible<Value>
    {
        assign(other);
    }
    /// Takes the value; \a other keeps its state.
    Outcome(Outcome &&other) noexcept(std::is_nothrow_move_constructible_v<Value>)
    {
        assign(std::move(other));
    }
    /// A copy, also of the value.
    Outcome &operator=(const Outcome &other)
        requires std::copy_constructible<Value>
    {
        if (this != &other) {
            reset();
            assign(other);
        }
        return *this;
    }
    /// Takes the value; \a other keeps its state.
    Outcome &operator=(Outcome &&other) noexcept(std::is_nothrow_move_constructible_v<Value>)
    {
        if (this != &other) {
            reset();
            assign(std::move(other));
        }
        return *this;
    }
    ~Outcome() { reset(); }

    /// An outcome that is not known yet.
    static Outcome pending() noexcept { return Outcome(); }
    /// An outcome with a value, made from \a args.
    template<typename... Args>
        requires(isVoid ? sizeof...(Args) == 0 : std::constructible_from<Value, Args...>)
    static Outcome success(Args &&...args)
    {
        Outcome outcome;
        outcome.setValue(std::forward<Args>(args)...);
        return outcome;
    }
    /// An outcome with an error, which must not be null.
    static Outcome failure(std::exception_ptr error)
    {
        Outcome outcome;
        outcome.setError(std::move(error));
        return outcome;
    }
    /// The outcome of cancelled work.
    static Outcome cancelled() noexcept
    {
        Outcome outcome;
        outcome.setCancelled();
        return outcome;
    }
    /// The outcome of calling \a function with \a args: what it returned or threw. A Cancelled
    /// that it throws is an error like others.
    template<typename Function, typename... Args>
    static Outcome of(Function &&function, Args &&...args)
    {
        Outcome outcome;
        try {
            if constexpr (isVoid) {
                std::invoke(std::forward<Function>(function), std::forward<Args>(args)...);
                outcome.setValue();
            } else {
                outcome.setValue(
                    std::invoke(std::forward<Function>(function), std::forward<Args>(args)...));
            }
        } catch (...) {
            outcome.setError(std::current_exception());
        }
        return outcome;
    }

    /// Has not ended.
    bool isPending() const noexcept { return m_state == State::Pending; }
    /// Ended with a value.
    bool isSuccess() const noexcept { return m_state == State::Success; }
    /// Ended with an error.
    bool isFailure() const noexcept { return m_state == State::Failure; }
    /// Was cancelled and unwound.
    bool isCancelled() const noexcept { return m_state == State::Cancelled; }

    /// The value, any number of times.
    /// \throws the error of a failure; Cancelled; std::logic_error when pending or moved out
    std::add_lvalue_reference_t<std::add_const_t<T>> value() const &
    {
        if (m_state != State::Success)
            throwNoValue();
        if constexpr (!isVoid)
            return m_value;
    }
    /// As above, and moves the value out; a later call is a std::logic_error.
    T value() &&
    {
        if (m_state != State::Success)
            throwNoValue();
        if constexpr (!isVoid)
            return std::move(m_value);
    }

    /// The error of a failure, else null.
    std::exception_ptr error() const noexcept { return m_error; }

    /// Finishes \a promise with this outcome: result, error or cancellation. When pending, it
    /// does nothing. When the promise's future was cancelled meanwhile, the value is dropped.
    /// \throws std::logic_error when the promise is finished
    void transferTo(QPromise<T> &promise) const &
        requires(isVoid || std::copy_constructible<T>)
    {
        transfer(*this, promise);
    }
    /// As above, and moves the value.
    void transferTo(QPromise<T> &promise) && { transfer(std::move(*this), promise); }

    /// \cond internal: how the kernel fills an outcome in place
    template<typename... Args>
    void setValue(Args &&...args)
    {
        Q_ASSERT(m_state == State::Pending);
        if constexpr (!isVoid)
            ::new (static_cast<void *>(std::addressof(m_value))) Value(std::forward<Args>(args)...);
        m_state = State::Success;
    }
    void setError(std::exception_ptr error) noexcept
    {
        reset();
        m_error = std::move(error);
        m_state = State::Failure;
    }
    void setCancelled() noexcept
    {
        reset();
        m_state = State::Cancelled;
    }
    /// Takes the value and notes that it is gone (for handles that are shared).
    T takeValue()
    {
        if (m_state != State::Success)
            throwNoValue();
        if constexpr (!isVoid) {
            T taken = std::move(m_value);
            reset();
            m_state = State::Taken;
            return taken;
        }
    }
    void reset() noexcept
    {
        if (m_state == State::Success)
            m_value.~Value();
        m_error = nullptr;
        m_state = State::Pending;
    }
    /// \endcond

private:
    template<typename Other>
    void assign(Other &&other)
    {
        if (other.m_state == State::Success)
            ::new (static_cast<void *>(std::addressof(m_value)))
                Value(std::forward<Other>(other).m_value);
        m_error = other.m_error;
        m_state = other.m_state;
    }

    template<typename Self>
    static void transfer(Self &&self, QPromise<T> &promise)
    {
        if (self.isPending())
            return;
        detail::checkPromise(promise.future().isFinished());
        if (self.isSuccess()) {
            if constexpr (!isVoid)
                promise.addResult(std::forward<Self>(self).m_value);
        } else if (self.isFailure()) {
            promise.setException(self.m_error);
        } else {
            promise.future().cancel();
        }
        promise.finish();
    }

    union {
        Value m_value;
    };
};

} // namespace CoDrive

// attempt() needs Task, and Task needs Outcome.
#include <CoDrive/core/detail/attempt.h>
#include <CoDrive/core/task.h>
