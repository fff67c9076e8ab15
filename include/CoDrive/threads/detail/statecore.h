// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What a ThreadsafeState shares with those who wait for its changes and observe it. Changes are
// counted: who has seen a number waits for a higher one, and never for a value that has passed by.

#include <CoDrive/core/task.h>
#include <CoDrive/threads/detail/waitqueue.h>

#include <QMetaObject>

#include <atomic>
#include <concepts>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace CoDrive::detail {

class StateCoreBase;

/// Someone on the thread of a QObject who is told of changes.
class StateObserver : public std::enable_shared_from_this<StateObserver>
{
public:
    StateObserver(std::shared_ptr<StateCoreBase> core, QObject *context);
    StateObserver(StateObserver &&) = delete;
    virtual ~StateObserver();

    /// Begins to observe; ends with the context.
    void connect();
    /// Any thread.
    void disconnect();
    bool isConnected() const;

protected:
    StateCoreBase &core() const noexcept { return *m_core; }
    /// On the context's thread.
    virtual void report() = 0;

private:
    friend class StateCoreBase;

    void notify();
    void arrived();

    const std::shared_ptr<StateCoreBase> m_core;
    // Guarded by the core's mutex:
    QObject *m_context; ///< null when disconnected
    QMetaObject::Connection m_contextDestroyed;
    bool m_isNotified = false; ///< a call is on its way
};

class StateCoreBase : public WaitQueue
{
public:
    StateCoreBase() noexcept;
    virtual ~StateCoreBase();

    // With the mutex held.

    quint64 version() const noexcept { return m_version; }
    /// Wakes and tells those who want to know.
    void noteChange(WokenTasks &woken);
    void addObserver(std::shared_ptr<StateObserver> observer);
    void removeObserver(const StateObserver &observer);

    /// The state is being destroyed. Notices on their way arrive.
    void destroy();

    /// Held while a value is computed and set: one change after the other.
    class Writing
    {
    public:
        /// \throws std::logic_error inside another one of this thread
        explicit Writing(StateCoreBase &core);
        Writing(Writing &&) = delete;
        ~Writing();

    private:
        StateCoreBase &m_core;
    };

private:
    quint64 m_version = 0;
    std::vector<std::shared_ptr<StateObserver>> m_observers;
    std::mutex m_writeMutex;
    std::atomic<std::thread::id> m_writer;
};

template<typename T>
class StateCore final : public StateCoreBase
{
public:
    explicit StateCore(T value)
        : m_value(std::move(value))
    {
    }

    /// A value and the number of the change that brought it.
    class Snapshot
    {
    public:
        Snapshot(const T &seen, quint64 change)
            : value(seen)
            , version(change)
        {
        }
        T value;
        quint64 version;
    };
    Snapshot snapshot()
    {
        const std::scoped_lock lock(m_mutex);
        return Snapshot(m_value, version());
    }
    T value()
    {
        const std::scoped_lock lock(m_mutex);
        return m_value;
    }
    quint64 currentVersion()
    {
        const std::scoped_lock lock(m_mutex);
        return version();
    }

    /// Within a Writing. What was there before is in \a value then: it may turn to the state when it
    /// dies, which must be after the Writing.
    void set(T &value)
    {
        // Only who writes changes it: the comparison, which may turn to the state, needs no mutex.
        if constexpr (std::equality_comparable<T>) {
            if (m_value == value)
                return;
        }
        WokenTasks woken;
        const std::scoped_lock lock(m_mutex);
        std::swap(m_value, value);
        noteChange(woken);
    }

private:
    T m_value;
};

/// Awaits a change after the one seen.
class StateChange final : public QueueOperationWith<WaitEntry>,
                          public AwaitableInAnyCoroutine<StateChange>
{
public:
    using Result = void;

    StateChange(std::shared_ptr<StateCoreBase> core, quint64 seen) noexcept
        : QueueOperationWith(core)
        , m_core(*core)
        , m_seen(seen)
    {
    }
    StateChange(StateChange &&) noexcept = default;
    ~StateChange() { finish(); }

    bool isReady() const;
    bool start();
    void takeResult();

private:
    StateCoreBase &m_core;
    quint64 m_seen;
};

/// Blocks until there is a change after the one seen. \throws ObjectDestroyed
void waitForChange(StateCoreBase &core, quint64 seen);

template<typename T, typename Function>
class StateObserverOf final : public StateObserver
{
public:
    StateObserverOf(std::shared_ptr<StateCore<T>> core, QObject *context, Function function)
        : StateObserver(std::move(core), context)
        , m_function(std::move(function))
    {
    }

private:
    void report() override
    {
        const T value = static_cast<StateCore<T> &>(core()).value();
        m_function(value);
    }

    Function m_function;
};

} // namespace CoDrive::detail
