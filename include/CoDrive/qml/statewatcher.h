// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// StateWatcher: a ThreadsafeState as a property that QML can bind to.
//
//     ThreadsafeState<Progress> progress; // Progress is a Q_GADGET; threads set it
//     backend->setProgress(watch(progress, backend));
//
//     ProgressBar { value: backend.progress.value.percent } // QML

#include <CoDrive/threads/threadsafestate.h>

#include <QMetaType>
#include <QObject>
#include <QProperty>
#include <QVariant>
#include <QtQml/qqmlregistration.h>

#include <functional>
#include <utility>

namespace CoDrive {

/// How watch() shows a state.
struct WatchOptions
{
    bool writable = false; ///< whether QML may set the value
};

/// Shows the value of a ThreadsafeState as a bindable property, on the thread it was made in. The
/// property changes together with its notification, from the event loop, at most once a turn,
/// whatever the threads do; values that were replaced before are not shown. When the state has been
/// destroyed the last value stays. Made by watch().
class StateWatcher : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("A StateWatcher is made in C++, by watch().")
    Q_PROPERTY(QVariant value READ value WRITE setValue NOTIFY valueChanged BINDABLE bindableValue)
    Q_PROPERTY(bool writable READ isWritable CONSTANT)

public:
    ~StateWatcher() override;

    /// The value of the state; QML can read the properties of a gadget in it.
    QVariant value() const { return m_value.value(); }
    QBindable<QVariant> bindableValue() const { return &m_value; }
    /// Sets the state. The property follows from the loop. When the watcher is not writable, or the
    /// value does not convert to the type of the state, nothing changes and a message of category
    /// `codrive.state` is written.
    void setValue(const QVariant &value);
    /// Whether setValue() is allowed.
    bool isWritable() const { return m_write != nullptr; }

    /// \cond internal
    using Write = std::function<void(const QVariant &)>;
    /// \param write takes values of \a type; empty: not writable
    StateWatcher(QMetaType type, Write write, QObject *parent);
    /// Gives the property a value that nobody is told of.
    void initialize(const QVariant &value) { m_value.setValueBypassingBindings(value); }
    void show(const QVariant &value);
    /// \endcond

Q_SIGNALS:
    void valueChanged(const QVariant &);

private:
    // Without its signal, which would be emitted also when a binding has destroyed the watcher.
    Q_OBJECT_BINDABLE_PROPERTY(StateWatcher, QVariant, m_value)
    const QMetaType m_type;
    const Write m_write;
};

/// Makes a watcher of \a state for the running thread. Either may be destroyed first.
/// \param parent the owner; null: the caller owns the watcher
template<typename T>
StateWatcher *watch(ThreadsafeState<T> &state, QObject *parent, WatchOptions options = {})
{
    StateWatcher::Write write;
    if (options.writable) {
        // The state itself may be gone by then.
        write = [core = state.core()](const QVariant &value) {
            T next = value.value<T>();
            const detail::StateCoreBase::Writing writing(*core);
            core->set(next);
        };
    }
    auto *const watcher = new StateWatcher(QMetaType::fromType<T>(), std::move(write), parent);
    state.observe(watcher, [watcher](const T &value) { watcher->show(QVariant::fromValue(value)); });
    // Behind the observation: a change in between is not missed, and reported once more at worst.
    watcher->initialize(QVariant::fromValue(state.value()));
    return watcher;
}

} // namespace CoDrive
