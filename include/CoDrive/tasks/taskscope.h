// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// TaskScope: tasks that cannot outlive their owner.
//
//     class Window : public QWidget
//     {
//         ...
//         void reload() { m_tasks.spawn(load(), "reload"); }
//         Task<> load();
//
//         QLabel m_label;
//         TaskScope m_tasks; // last: destroyed first, and its coroutines with it
//     };

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/detail/threadbound.h>
#include <CoDrive/core/detail/waiterlist.h>
#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/qt/detail/signaltraits.h>

#include <QObject>
#include <QString>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace CoDrive {

class TaskScope;

namespace detail {

class ScopeWait;
class ScopeJoin;
class ScopeCancelAndWait;

/// How many of the leading arguments of a signal a function takes, as many as it can.
template<typename Function, typename Arguments, std::size_t count = std::tuple_size_v<Arguments>>
consteval std::size_t takenArguments()
{
    constexpr bool takes = []<std::size_t... index>(std::index_sequence<index...>) {
        return std::invocable<Function &, std::tuple_element_t<index, Arguments> &...>;
    }(std::make_index_sequence<count>());
    if constexpr (takes) {
        return count;
    } else {
        static_assert(count > 0, "the function does not take the signal's arguments");
        return takenArguments<Function, Arguments, count - 1>();
    }
}

/// Calls \a function with the arguments of an emission; both live as long as the task.
template<typename Function, typename... Args>
Task<> serveEmission(std::shared_ptr<Function> function, Args... args)
{
    co_await std::invoke(*function, args...);
}

} // namespace detail

/// Children fail independently: an error of one goes to the error handler, the others go on. When
/// the scope is destroyed, so are its tasks, before its destructor returns, what was started last
/// first; a task that runs at that moment (it closed its own window) goes on to its next suspension
/// and is destroyed then. A local of a task must not be a QObject child of the owner.
/// It belongs to the thread it was made in. Like aiotools' TaskScope, Kotlin's SupervisorScope.
class TaskScope : protected detail::TaskOwner
{
public:
    TaskScope();
    TaskScope(const TaskScope &) = delete;
    TaskScope &operator=(const TaskScope &) = delete;
    virtual ~TaskScope();

    /// Starts \a awaitable (or what the callable \a awaitable returns, kept alive with the task)
    /// and runs it up to its first suspension. Never throws the task's error. In a scope that is
    /// being destroyed nothing is started, and the handle is cancelled.
    template<typename A>
    TaskHandle<detail::StartResult<A>> spawn(A &&awaitable, const QString &name = {})
    {
        using T = detail::StartResult<A>;
        auto task = detail::SharedTask<T>::create(detail::makeTask(std::forward<A>(awaitable)), name);
        if (!startChild(*task))
            return TaskHandle<T>();
        return TaskHandle<T>(std::move(task));
    }

    /// Spawns \a function(args...) on each emission of \a signal: inside the emission when the sender
    /// lives in the scope's thread, else queued to it. The arguments are copied and live as long as
    /// the task. \a function may take fewer than the signal has. Ends with the sender, or the scope.
    /// \a function returns a Task; it is kept as long as the connection and its tasks live.
    template<typename Object, typename Sender, typename... Args, typename Function>
        requires std::derived_from<Object, Sender>
    QMetaObject::Connection connect(const Object *sender, void (Sender::*signal)(Args...),
                                    Function &&function)
    {
        using Callable = std::decay_t<Function>;
        using Arguments = typename detail::SignalTraits<void (Sender::*)(Args...)>::Values;
        return connectTaking(sender, signal,
                             std::make_shared<Callable>(std::forward<Function>(function)),
                             std::make_index_sequence<
                                 detail::takenArguments<Callable, Arguments>()>());
    }

    /// The number of tasks that have not ended.
    qsizetype count() const noexcept { return TaskOwner::count(); }

    /// Makes one request to every task; the scope can be used further.
    void cancel() noexcept { requestChildren(false); }

    /// Awaits that no task is left, those spawned meanwhile included. Their errors are not thrown
    /// here. Cancelling the waiter leaves the tasks alone.
    /// \throws ObjectDestroyed when the scope is destroyed meanwhile; std::logic_error in one of its
    /// own tasks
    [[nodiscard]] detail::ScopeJoin join() noexcept;

    /// cancel(), then awaits that no task is left. When the waiter is cancelled meanwhile, the
    /// first request is not forwarded, further ones are; the request is kept.
    /// \throws ObjectDestroyed when the scope is destroyed meanwhile; std::logic_error in one of its
    /// own tasks
    [[nodiscard]] detail::ScopeCancelAndWait cancelAndWait() noexcept;

    /// Sets who gets the errors of tasks that nobody awaits; called from the loop, once an error.
    /// An empty one restores the default, a message of category `codrive.scope`.
    void onError(ErrorHandler handler);

protected:
    /// \cond internal
    detail::StartedTask *childEnded(detail::StartedTask &child) noexcept override;
    /// From now on nothing is started.
    void close() noexcept { m_isClosed = true; }
    /// From now on a new task meets a request at its first suspension.
    void setEnding() noexcept { m_isEnding = true; }
    /// \endcond

private:
    friend class detail::ScopeWait;

    /// Stands in the ready list behind who awaits the last task, and may spawn another.
    class EmptyCheck final : public detail::ReadyItem
    {
    public:
        explicit EmptyCheck(TaskScope &scope) noexcept
            : m_scope(scope)
        {
        }
        void run() override
        {
            if (m_scope.count() == 0)
                m_scope.m_joining.wakeAll();
        }

    private:
        TaskScope &m_scope;
    };

    bool startChild(detail::SharedTaskBase &task);
    QObject *connectionContext();
    // The slot takes no more than is used: Qt passes no QPrivateSignal to it.
    template<typename Object, typename Sender, typename... Args, typename Function,
             std::size_t... index>
    QMetaObject::Connection connectTaking(const Object *sender, void (Sender::*signal)(Args...),
                                          std::shared_ptr<Function> function,
                                          std::index_sequence<index...>)
    {
        return QObject::connect(
            sender, signal, connectionContext(),
            [this, function](std::tuple_element_t<index, std::tuple<Args...>>... args) {
                // The task may destroy the scope, and with it this slot's object.
                const auto kept = function;
                spawn(detail::serveEmission<
                      Function, std::decay_t<std::tuple_element_t<index, std::tuple<Args...>>>...>(
                    kept, args...));
            });
    }

    std::shared_ptr<const ErrorHandler> m_ownHandler; ///< null: the default
    std::shared_ptr<bool> m_isGone; ///< what the handlers look at
    detail::WaiterList<detail::ListWaiter> m_joining;
    EmptyCheck m_emptyCheck{*this};
    detail::ThreadBound m_threadBound;
    std::unique_ptr<QObject> m_connectionContext;
    bool m_isClosed = false;
    bool m_isEnding = false;
};

namespace detail {

/// Awaits that a scope has no task.
class ScopeWait : public ListWaiter
{
public:
    using Result = void;

    explicit ScopeWait(TaskScope &scope) noexcept
        : m_scope(scope)
    {
    }

    bool isReady() const;
    bool start() noexcept
    {
        m_scope.m_joining.append(*this);
        return true;
    }
    void takeResult() const;

protected:
    TaskScope &m_scope;
};

class ScopeJoin final : public ScopeWait, public AwaitableInAnyCoroutine<ScopeJoin>
{
public:
    using ScopeWait::ScopeWait;
};

class ScopeCancelAndWait final : public ScopeWait,
                                 public AwaitableInAnyCoroutine<ScopeCancelAndWait>
{
public:
    using ScopeWait::ScopeWait;

    bool start() noexcept;
    bool request() noexcept override;

private:
    bool m_isFirstRequestSwallowed = false;
};

} // namespace detail

inline detail::ScopeJoin TaskScope::join() noexcept
{
    return detail::ScopeJoin(*this);
}

inline detail::ScopeCancelAndWait TaskScope::cancelAndWait() noexcept
{
    return detail::ScopeCancelAndWait(*this);
}

} // namespace CoDrive
