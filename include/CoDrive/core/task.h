// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Task: the coroutine type of the library.
//
//     Task<QByteArray> load(QUrl url);
//
//     Task<> show(QLabel &label, QUrl url)
//     {
//         label.setText(QString::fromUtf8(co_await load(url)));
//     }

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/frame.h>
#include <CoDrive/core/detail/startedtask.h>
#include <CoDrive/core/outcome.h>

#include <concepts>
#include <utility>

namespace CoDrive {

namespace detail {

template<typename T>
class TaskPromise;

[[noreturn]] void throwInvalidTask();

} // namespace detail

/// A coroutine that has not begun. Awaiting it runs it inside the awaiting task; giving it to a
/// scope, a group or gather() starts it as a task of its own. It can be awaited once. Destroying
/// one that never began runs none of its code. A Task may be made on one thread and awaited on
/// another; once begun it stays where it is.
///
/// Awaiting it gives its value or throws its error; awaiting a moved-from, default-made or already
/// awaited one throws std::logic_error. When the awaiting task is cancelled, the frames of both are
/// destroyed, the innermost first, and no exception is seen.
/// \tparam T the result; may be void or move-only, not a reference
template<detail::ReturnAValueOrAPointerNotAReference T>
class [[nodiscard]] Task : public detail::AwaitableInAnyCoroutine<Task<T>>
{
public:
    using promise_type = detail::TaskPromise<T>; ///< what makes it a coroutine type
    using Result = T; ///< what awaiting it gives

    Task() noexcept = default;
    /// Takes the coroutine; \a other is empty then.
    Task(Task &&other) noexcept
        : m_frame(std::exchange(other.m_frame, nullptr))
    {
    }
    /// Takes the coroutine; the one it had, which has not begun, is destroyed.
    Task &operator=(Task &&other) noexcept
    {
        if (this != &other) {
            if (m_frame)
                m_frame->destroy();
            m_frame = std::exchange(other.m_frame, nullptr);
        }
        return *this;
    }
    ~Task()
    {
        if (m_frame)
            m_frame->destroy();
    }

    /// Whether it can be awaited.
    bool isValid() const noexcept { return m_frame != nullptr; }

    /// \cond internal
    explicit Task(promise_type *frame) noexcept
        : m_frame(frame)
    {
    }
    /// Gives the frame, which has not begun, away.
    promise_type *takeFrame()
    {
        if (!m_frame)
            detail::throwInvalidTask();
        return std::exchange(m_frame, nullptr);
    }
    detail::TaskAwaiter<T> toFrameAwaiter();
    /// \endcond

private:
    promise_type *m_frame = nullptr;
};

namespace detail {

/// Awaits a Task inside the frame of another.
template<typename T>
class TaskAwaiter : public FrameAwaiter
{
public:
    explicit TaskAwaiter(TaskPromise<T> *child) noexcept
    {
        m_child = child;
        child->setOutcome(m_outcome);
    }

    bool await_ready() const noexcept { return false; }
    template<std::derived_from<FrameBase> Promise>
    void await_suspend(std::coroutine_handle<Promise> parent) noexcept
    {
        m_parent = &parent.promise();
        StartedTask *const task = m_parent->m_task;
        m_child->m_task = task;
        m_child->m_awaiter = this;
        task->m_current = m_child;
    }
    T await_resume() { return std::move(m_outcome).value(); }

protected:
    Outcome<T> m_outcome;
};

template<typename A>
auto awaiterFor(A &&awaitable);

class PromiseBase : public FrameBase
{
public:
    using FrameBase::FrameBase;

    /// What can be awaited in a Task; see awaitable.h.
    template<typename A>
    decltype(auto) await_transform(A &&awaitable,
                                   std::source_location location = std::source_location::current())
    {
        m_location = location;
        return awaiterFor(std::forward<A>(awaitable));
    }
};

template<typename T>
class TaskPromise final : public PromiseBase
{
public:
    TaskPromise() noexcept
        : PromiseBase(std::coroutine_handle<TaskPromise>::from_promise(*this))
    {
    }

    Task<T> get_return_object() noexcept { return Task<T>(this); }
    void setOutcome(Outcome<T> &outcome) noexcept { m_outcome = &outcome; }

    void unhandled_exception() noexcept { m_outcome->setError(std::current_exception()); }
    template<typename U = T>
        requires std::constructible_from<T, U &&>
    void return_value(U &&value)
    {
        m_outcome->setValue(std::forward<U>(value));
    }

private:
    Outcome<T> *m_outcome = nullptr;
};

template<>
class TaskPromise<void> final : public PromiseBase
{
public:
    TaskPromise() noexcept
        : PromiseBase(std::coroutine_handle<TaskPromise>::from_promise(*this))
    {
    }

    Task<void> get_return_object() noexcept { return Task<void>(this); }
    void setOutcome(Outcome<void> &outcome) noexcept { m_outcome = &outcome; }

    void unhandled_exception() noexcept { m_outcome->setError(std::current_exception()); }
    void return_void() { m_outcome->setValue(); }

private:
    Outcome<void> *m_outcome = nullptr;
};

/// A started task and its outcome, held in the operation that waits for it.
template<typename T>
class ChildTask final : public StartedTask
{
public:
    explicit ChildTask(Task<T> task)
        : StartedTask(task.isValid() ? task.takeFrame() : nullptr)
    {
    }
    ChildTask(ChildTask &&) noexcept = default;

    /// To be called where it stays, before it is started.
    void bind()
    {
        auto *const frame = static_cast<TaskPromise<T> *>(currentFrame());
        if (!frame)
            throwInvalidTask();
        frame->setOutcome(m_outcome);
    }
    Outcome<T> &outcome() noexcept { return m_outcome; }
    const OutcomeBase &outcomeBase() const noexcept override { return m_outcome; }
    void setCancelled() noexcept override { m_outcome.setCancelled(); }

private:
    Outcome<T> m_outcome;
};

} // namespace detail

/// \cond internal
template<detail::ReturnAValueOrAPointerNotAReference T>
detail::TaskAwaiter<T> Task<T>::toFrameAwaiter()
{
    return detail::TaskAwaiter<T>(takeFrame());
}
/// \endcond

} // namespace CoDrive

#include <CoDrive/core/detail/bridge.h>
