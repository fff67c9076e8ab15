// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// ThreadsafeState: a value that any thread sets and any thread, task or QObject watches.
//
//     ThreadsafeState<int> percent(0);
//     percent.observe(&bar, [&bar](int value) { bar.setValue(value); }); // the bar's thread
//
//     percent.update([](int value) { return value + 1; }); // a worker's thread
//     co_await percent.waitUntil([](int value) { return value == 100; });

#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/task.h>
#include <CoDrive/streams/stream.h>
#include <CoDrive/threads/detail/statecore.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace CoDrive {

/// An observation of a state, as QMetaObject::Connection is one of a signal: copyable, and dropping
/// it leaves the observation as it is. Any thread.
class StateConnection
{
public:
    /// Connected to nothing.
    StateConnection() noexcept = default;

    /// Ends the observation. On the thread of the context, the function is not called any more from
    /// here on; elsewhere a call may be under way.
    void disconnect() const
    {
        if (m_observer)
            m_observer->disconnect();
    }
    /// Whether the function may still be called: not disconnected, neither state nor context gone.
    bool isConnected() const { return m_observer && m_observer->isConnected(); }

    /// \cond internal
    explicit StateConnection(std::shared_ptr<detail::StateObserver> observer) noexcept
        : m_observer(std::move(observer))
    {
    }
    /// \endcond

private:
    std::shared_ptr<detail::StateObserver> m_observer;
};

namespace detail {

template<typename T, typename Predicate>
Task<T> waitUntilState(std::shared_ptr<StateCore<T>> core, OwnedCallable<Predicate> predicate)
{
    for (;;) {
        auto now = core->snapshot();
        const bool isTrue = predicate(std::as_const(now.value));
        if (isTrue)
            co_return std::move(now.value);
        co_await StateChange(core, now.version);
    }
}

template<typename T>
class StateChanges final : public StreamEngineOf<T>
{
public:
    explicit StateChanges(std::shared_ptr<StateCore<T>> core)
        : m_core(std::move(core))
        , m_seen(m_core->currentVersion())
    {
    }

    bool goesOn() const noexcept override { return true; }

protected:
    Stream<T> body() override
    {
        for (;;) {
            try {
                co_await StateChange(m_core, m_seen);
            } catch (const ObjectDestroyed &) {
                co_return;
            }
            auto now = m_core->snapshot();
            m_seen = now.version;
            co_yield std::move(now.value);
        }
    }

private:
    const std::shared_ptr<StateCore<T>> m_core;
    quint64 m_seen; ///< the change that was given last
};

} // namespace detail

/// A state is seen by its level: who watches gets the latest value, and values that were replaced
/// before he looked are not seen. Setting an equal value is no change; for a T without `==` every
/// set is one. All functions may be called on any thread. Destroying the state throws
/// ObjectDestroyed in those who wait. Like aiodrive's ThreadsafeState.
/// \tparam T copyable; its copying and comparing must not use the state
template<std::copyable T>
class ThreadsafeState
{
public:
    /// \param value at first
    explicit ThreadsafeState(T value = T())
        : m_core(std::make_shared<detail::StateCore<T>>(std::move(value)))
    {
    }
    ThreadsafeState(const ThreadsafeState &) = delete;
    ThreadsafeState &operator=(const ThreadsafeState &) = delete;
    ~ThreadsafeState() { m_core->destroy(); }

    /// A copy of the value.
    T value() const { return m_core->value(); }

    /// Replaces the value. Nobody runs inside of this call.
    /// \throws std::logic_error inside the function of an update() of the same state
    void set(T value)
    {
        const detail::StateCoreBase::Writing writing(*m_core);
        m_core->set(value);
    }

    /// Replaces the value by what \a function makes of it; no other thread changes it meanwhile. If
    /// \a function throws, the value stays as it was. \a function may read or destroy the state, not
    /// set it.
    /// \param function takes a `const T &` and returns the new value, or changes a `T &`
    /// \throws what \a function throws; std::logic_error as set()
    template<typename Function>
        requires std::invocable<Function, T &>
    void update(Function &&function)
    {
        const std::shared_ptr<detail::StateCore<T>> core = m_core;
        static_cast<void>(updated(*core, std::forward<Function>(function)));
    }

    /// Awaits that \a predicate(value) is true, which may be so from the beginning, and gives that
    /// value. \a predicate is called in the task that waits. On cancellation it is withdrawn.
    /// \throws ObjectDestroyed; what \a predicate throws
    template<std::predicate<const T &> Predicate>
    [[nodiscard]] Task<T> waitUntil(Predicate &&predicate) const
    {
        detail::checkCallable<Predicate>();
        return detail::waitUntilState(
            m_core, detail::OwnedCallable<Predicate>(std::forward<Predicate>(predicate)));
    }

    /// The same for a thread: blocks it. \throws std::logic_error inside a task
    template<std::predicate<const T &> Predicate>
    T waitUntilSync(Predicate &&predicate) const
    {
        detail::checkMayBlock("CoDrive::ThreadsafeState::waitUntilSync");
        const std::shared_ptr<detail::StateCore<T>> core = m_core;
        for (;;) {
            auto now = core->snapshot();
            if (std::invoke(predicate, std::as_const(now.value)))
                return std::move(now.value);
            detail::waitForChange(*core, now.version);
        }
    }

    /// Blocks this thread until the value is another one than now, and returns it.
    /// \throws ObjectDestroyed; std::logic_error inside a task
    T waitSync() const
    {
        detail::checkMayBlock("CoDrive::ThreadsafeState::waitSync");
        const std::shared_ptr<detail::StateCore<T>> core = m_core;
        const auto before = core->snapshot();
        auto now = before;
        do {
            detail::waitForChange(*core, now.version);
            now = core->snapshot();
        } while (isSame(now.value, before.value));
        return std::move(now.value);
    }

    /// The values that come after this call, as a stream for a task of any thread; any number of
    /// streams may watch. Of several changes between two next() it gives the last one; the value
    /// that is there now is not given. When the state is destroyed, what was set last is still
    /// given, then the end. A cancellation takes nothing, and a later next() goes on.
    [[nodiscard]] Stream<T> changes() const
    {
        return Stream<T>(std::make_shared<detail::StateChanges<T>>(m_core), std::nullopt);
    }

    /// Calls \a function with the value after each change, from the event loop of \a context's
    /// thread, as a queued signal would. Changes that come before the call is made are one. The
    /// value that is there now is not reported. Ends with \a context, or with the handle's
    /// disconnect(). When the state is destroyed, a call that is on its way is still made. An error
    /// of \a function goes to the unhandled-error handler.
    /// \a function may disconnect, or delete \a context.
    template<std::invocable<const T &> Function>
    StateConnection observe(QObject *context, Function &&function) const
    {
        using Observer = detail::StateObserverOf<T, std::decay_t<Function>>;
        auto observer
            = std::make_shared<Observer>(m_core, context, std::forward<Function>(function));
        observer->connect();
        return StateConnection(std::move(observer));
    }

    /// \cond internal
    const std::shared_ptr<detail::StateCore<T>> &core() const noexcept { return m_core; }
    /// \endcond

private:
    /// Returns the value from before.
    template<typename Function>
    static T updated(detail::StateCore<T> &core, Function &&function)
    {
        const detail::StateCoreBase::Writing writing(core);
        T value = core.value();
        if constexpr (std::is_void_v<std::invoke_result_t<Function, T &>>) {
            std::invoke(std::forward<Function>(function), value);
            core.set(value);
            return value;
        } else {
            T next = std::invoke(std::forward<Function>(function), std::as_const(value));
            core.set(next);
            return next;
        }
    }
    static bool isSame(const T &a, const T &b)
    {
        if constexpr (std::equality_comparable<T>)
            return a == b;
        else
            return false;
    }

    const std::shared_ptr<detail::StateCore<T>> m_core;
};

} // namespace CoDrive
