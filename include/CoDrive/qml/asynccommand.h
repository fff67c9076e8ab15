// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// AsyncCommand: a button's coroutine, with all that a window wants to show of it.
//
//     AsyncCommand search{[this](QString folder) -> Task<int> { co_return co_await find(folder); },
//                         {.policy = CommandPolicy::Restart}};
//
//     Button { text: "Search"; enabled: !search.running; onClicked: search.start(field.text) } // QML
//     connect(button, &QPushButton::clicked, &search, [&] { search.start(field->text()); }); // widgets

#include <CoDrive/qml/reportprogress.h>
#include <CoDrive/qml/detail/commandfunction.h>

#include <QObject>
#include <QProperty>
#include <QString>
#include <QVariant>
#include <QtQml/qqmlregistration.h>

#include <memory>
#include <utility>

namespace CoDrive {

/// What AsyncCommand::start() does while the command runs.
enum class CommandPolicy {
    Drop, ///< nothing
    Restart, ///< cancels what runs, then begins with the arguments given last
    Enqueue, ///< begins when all starts before have ended
    KeepLatest, ///< begins when the run has ended, unless there was another start meanwhile
    Parallel, ///< begins at once
};

/// How an AsyncCommand behaves.
struct CommandOptions
{
    CommandPolicy policy = CommandPolicy::Drop; ///< what a start does while it runs
};

/// Runs a coroutine function on request and shows what becomes of it as bindable properties, in QML
/// and in widgets. It belongs to the thread it was made in, as do its notifications.
///
/// Each start sets failed, error, progress and statusText back, inside start(). How a run ended is
/// shown from the loop, never inside start(), one run a turn of the loop; all properties have their
/// new values when the first of them is notified, running comes last. A run that was cancelled
/// changes nothing but running. What becomes of a run that was restarted is not shown: its value is
/// dropped, its error goes to the unhandled-error handler.
///
/// The command may be destroyed at any time, also by its own run or in a handler of its signals: the
/// frames of its runs are destroyed, nothing is notified.
/// Like ReactiveUI's ReactiveCommand, Qt's QAction with a coroutine behind it.
class AsyncCommand : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("An AsyncCommand is made in C++, from a function.")
    Q_PROPERTY(bool running READ isRunning NOTIFY runningChanged BINDABLE bindableRunning)
    Q_PROPERTY(double progress READ progress NOTIFY progressChanged BINDABLE bindableProgress)
    Q_PROPERTY(QString statusText READ statusText NOTIFY statusTextChanged BINDABLE bindableStatusText)
    Q_PROPERTY(QString error READ error NOTIFY errorChanged BINDABLE bindableError)
    Q_PROPERTY(bool failed READ hasFailed NOTIFY failedChanged BINDABLE bindableFailed)
    Q_PROPERTY(QVariant value READ value NOTIFY valueChanged BINDABLE bindableValue)
    Q_PROPERTY(int runCount READ runCount NOTIFY runCountChanged BINDABLE bindableRunCount)

public:
    /// \a function is called by each start with its arguments; it is not overloaded and no template,
    /// and returns a Task, or something else that can be awaited, whose result a QVariant can hold. It
    /// lives, and so do the arguments, as long as the run: a lambda that is a coroutine may capture.
    template<detail::CommandCallable Function>
    explicit AsyncCommand(Function &&function, CommandOptions options = {}, QObject *parent = nullptr)
        : AsyncCommand(detail::makeCommandFunction(std::forward<Function>(function)), options, parent)
    {
    }
    /// As above, with the policy Drop.
    template<detail::CommandCallable Function>
    AsyncCommand(Function &&function, QObject *parent)
        : AsyncCommand(std::forward<Function>(function), CommandOptions(), parent)
    {
    }
    /// Destroys what runs; errors not shown yet go to the unhandled-error handler.
    ~AsyncCommand() override;

    /// Calls the function, or does what the policy says. A run begins inside start(), up to its
    /// first suspension; only when it is called while another start() has not returned, the run
    /// begins from the loop. Arguments are converted to what the function takes, those it does not
    /// take are ignored. With too few arguments, or one that does not convert, nothing begins, and a
    /// message of category `codrive.command` is written. An object among the arguments must outlive a
    /// start that waits, and what retry() repeats.
    Q_INVOKABLE void start(const QVariant &argument1 = {}, const QVariant &argument2 = {},
                           const QVariant &argument3 = {}, const QVariant &argument4 = {},
                           const QVariant &argument5 = {}, const QVariant &argument6 = {});

    /// Makes one request to each run, and drops the starts that wait. Another call makes another
    /// request.
    Q_INVOKABLE void cancel();

    /// start() with the arguments of the run that began last; nothing if there was none.
    Q_INVOKABLE void retry();

    /// Sets all properties to what they were at first, and forgets what retry() would repeat. What
    /// runs is cancelled before; neither its value nor its error is shown.
    Q_INVOKABLE void reset();

    /// Whether something runs or waits for its start.
    bool isRunning() const { return m_running.value(); }
    QBindable<bool> bindableRunning() const { return &m_running; }
    /// 0 to 1, as told with reportProgress() by the run that began last; -1: not known.
    double progress() const { return m_progress.value(); }
    QBindable<double> bindableProgress() const { return &m_progress; }
    /// As told with reportProgress().
    QString statusText() const { return m_statusText.value(); }
    QBindable<QString> bindableStatusText() const { return &m_statusText; }
    /// The what() of the error the last run ended with, or empty.
    QString error() const { return m_error.value(); }
    QBindable<QString> bindableError() const { return &m_error; }
    /// Whether the last run ended with an error.
    bool hasFailed() const { return m_failed.value(); }
    QBindable<bool> bindableFailed() const { return &m_failed; }
    /// The last result; kept while it runs again, fails or is cancelled. Invalid before the first one
    /// and for a function without a result.
    QVariant value() const { return m_value.value(); }
    QBindable<QVariant> bindableValue() const { return &m_value; }
    /// How many runs have begun.
    int runCount() const { return m_runCount.value(); }
    QBindable<int> bindableRunCount() const { return &m_runCount; }

Q_SIGNALS:
    void runningChanged(bool);
    void progressChanged(double);
    void statusTextChanged(const QString &);
    void errorChanged(const QString &);
    void failedChanged(bool);
    void valueChanged(const QVariant &);
    void runCountChanged(int);

private:
    class Private;

    AsyncCommand(detail::CommandFunction function, CommandOptions options, QObject *parent);

    // Without their signals, which would be emitted also when a binding has destroyed the command.
    Q_OBJECT_BINDABLE_PROPERTY(AsyncCommand, bool, m_running)
    Q_OBJECT_BINDABLE_PROPERTY_WITH_ARGS(AsyncCommand, double, m_progress, -1)
    Q_OBJECT_BINDABLE_PROPERTY(AsyncCommand, QString, m_statusText)
    Q_OBJECT_BINDABLE_PROPERTY(AsyncCommand, QString, m_error)
    Q_OBJECT_BINDABLE_PROPERTY(AsyncCommand, bool, m_failed)
    Q_OBJECT_BINDABLE_PROPERTY(AsyncCommand, QVariant, m_value)
    Q_OBJECT_BINDABLE_PROPERTY(AsyncCommand, int, m_runCount)

    std::unique_ptr<Private> d; // last: its runs go before all else
};

} // namespace CoDrive
