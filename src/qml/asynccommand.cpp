// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qml/asynccommand.h>

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/detail/sharedtask.h>
#include <CoDrive/core/detail/taskowner.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/qml/detail/plainvalue.h>
#include <CoDrive/qml/detail/progresssink.h>
#include <CoDrive/qml/detail/registration.h>

#include <QLoggingCategory>
#include <QPointer>
#include <QThread>

#include <algorithm>
#include <deque>
#include <list>
#include <optional>

namespace CoDrive {

Q_LOGGING_CATEGORY(lcCommand, "codrive.command")

class AsyncCommand::Private final : public detail::TaskOwner, private detail::ReadyItem
{
public:
    Private(AsyncCommand *command, detail::CommandFunction function, CommandPolicy policy)
        : TaskOwner("AsyncCommand")
        , m_command(command)
        , m_function(std::move(function))
        , m_policy(policy)
    {
        detail::Loop::current().registerOwner(*this);
    }
    ~Private();

    void start(QVariantList arguments);
    void cancel();
    void retry();
    void reset();

private:
    struct Run
    {
        detail::SharedTaskPointer<QVariant> task;
        bool isRequested = false;
        bool isSilenced = false; ///< what becomes of it is not shown
    };

    /// What the properties are, or will be as soon as they are published.
    struct State
    {
        QVariant value;
        QString error;
        bool failed = false;
        QString statusText;
        double progress = -1;
        int runCount = 0;
        bool running = false;
    };

    enum Property {
        Value = 1,
        Error = 2,
        Failed = 4,
        StatusText = 8,
        Progress = 16,
        RunCount = 32,
        Running = 64,
    };

    /// Whose turn the ready item waits for.
    enum class Turn { Idle, Ready, Over };

    bool isBusy() const { return !m_active.empty() || !m_ended.empty() || !m_waiting.empty(); }
    bool convert(QVariantList &arguments) const;
    void begin(QVariantList arguments);
    void request(Run &run);
    void silence();
    void becomeNew();
    void showEndOf(const Run &run);
    void dropReport(const Run &run);
    void takeProgress();
    void listenTo(std::shared_ptr<detail::ProgressSink> sink);

    bool hasWork() const;
    void schedule() noexcept;
    void run() override;
    detail::StartedTask *childEnded(detail::StartedTask &child) noexcept override;

    template<typename P, typename T>
    void assign(P &property, const T &value, Property bit)
    {
        if (property.valueBypassingBindings() == value)
            return;
        property.setValueBypassingBindings(value);
        m_unnotified |= bit;
    }
    bool publish();

    AsyncCommand *const m_command;
    const detail::CommandFunction m_function;
    const CommandPolicy m_policy;

    State m_state;
    unsigned m_unnotified = 0; ///< of Property
    std::list<Run> m_active; ///< in the order of their beginning
    std::list<Run> m_ended; ///< not shown yet, in the order of their end
    std::deque<QVariantList> m_waiting;
    std::optional<QVariantList> m_lastArguments;
    std::shared_ptr<detail::ProgressSink> m_sink; ///< of the run that began last
    Turn m_turn = Turn::Idle;
    bool m_isBeginning = false;
    bool m_isResetting = false; ///< as soon as nothing runs
    bool m_isProgressTold = false;
    bool m_isValueNew = false; ///< values of some types equal nothing, not even themselves
    bool m_isClosed = false;
};

AsyncCommand::Private::~Private()
{
    m_isClosed = true;
    m_waiting.clear();
    listenTo({});
    destroyChildren();
    for (const Run &run : m_ended)
        dropReport(run);
}

void AsyncCommand::Private::start(QVariantList arguments)
{
    Q_ASSERT_X(m_command->thread() == QThread::currentThread(), "AsyncCommand", "used in another thread");
    if (m_isClosed || !convert(arguments))
        return;
    const bool mustWait = m_policy == CommandPolicy::Parallel ? m_isBeginning : isBusy();
    if (!mustWait) {
        begin(std::move(arguments));
        return;
    }
    switch (m_policy) {
    case CommandPolicy::Drop:
        return;
    case CommandPolicy::Restart:
        for (Run &run : m_active) {
            run.isSilenced = true;
            if (!run.isRequested)
                request(run);
        }
        m_waiting.clear();
        break;
    case CommandPolicy::KeepLatest:
        m_waiting.clear();
        break;
    case CommandPolicy::Enqueue:
    case CommandPolicy::Parallel:
        break;
    }
    m_waiting.push_back(std::move(arguments));
    schedule();
}

bool AsyncCommand::Private::convert(QVariantList &arguments) const
{
    for (qsizetype i = 0; i < m_function.parameters.size(); ++i) {
        const QMetaType type = m_function.parameters[i];
        if (type == QMetaType::fromType<QVariant>())
            continue;
        if (!arguments[i].isValid()) {
            qCWarning(lcCommand, "AsyncCommand: start() needs %d arguments, argument %d is missing",
                      static_cast<int>(m_function.parameters.size()), static_cast<int>(i + 1));
            return false;
        }
        const char *const given = arguments[i].typeName();
        if (!arguments[i].convert(type)) {
            qCWarning(lcCommand, "AsyncCommand: argument %d of start() is a %s, which does not convert to %s",
                      static_cast<int>(i + 1), given, type.name());
            return false;
        }
    }
    return true;
}

void AsyncCommand::Private::begin(QVariantList arguments)
{
    auto sink = std::make_shared<detail::ProgressSink>();
    const auto task = detail::SharedTask<QVariant>::create(
        detail::reportingTo(sink, m_function.call(arguments)), m_command->objectName());
    m_active.push_back(Run{task});
    listenTo(std::move(sink));
    m_lastArguments = std::move(arguments);

    if (m_isResetting)
        becomeNew();
    m_state.failed = false;
    m_state.error.clear();
    m_state.progress = -1;
    m_state.statusText.clear();
    ++m_state.runCount;

    const QPointer<AsyncCommand> alive(m_command);
    m_isBeginning = true;
    // Whatever a handler does, the run stays in its list, perhaps with a request.
    if (!publish())
        return;
    task->startIn(*this);
    if (!alive)
        return;
    m_isBeginning = false;
    schedule();
}

void AsyncCommand::Private::request(Run &run)
{
    run.isRequested = true;
    if (run.task->hasBegun())
        run.task->request();
    else
        run.task->keepRequest();
}

void AsyncCommand::Private::cancel()
{
    if (m_isClosed)
        return;
    m_waiting.clear();
    for (Run &run : m_active) {
        if (!m_isResetting)
            run.isSilenced = false;
        request(run);
    }
    schedule();
}

void AsyncCommand::Private::retry()
{
    if (m_lastArguments)
        start(*m_lastArguments);
}

void AsyncCommand::Private::reset()
{
    if (m_isClosed)
        return;
    cancel();
    silence();
    m_lastArguments.reset();
    m_isResetting = true;
    if (isBusy())
        return;
    becomeNew();
    publish();
}

void AsyncCommand::Private::becomeNew()
{
    m_isResetting = false;
    m_state = State();
    m_isValueNew = true;
}

void AsyncCommand::Private::silence()
{
    for (std::list<Run> *const runs : {&m_active, &m_ended}) {
        for (Run &run : *runs)
            run.isSilenced = true;
    }
    listenTo({});
}

void AsyncCommand::Private::showEndOf(const Run &run)
{
    if (run.isSilenced) {
        dropReport(run);
        return;
    }
    const Outcome<QVariant> &outcome = run.task->outcome();
    m_state.failed = outcome.isFailure();
    m_state.error = outcome.isFailure() ? detail::describe(outcome.error()) : QString();
    // What a function without a result gives.
    if (!outcome.isSuccess() || !outcome.value().isValid())
        return;
    m_state.value = outcome.value();
    m_isValueNew = true;
}

void AsyncCommand::Private::dropReport(const Run &run)
{
    if (run.task->outcome().isFailure())
        detail::reportUnhandled(run.task->outcome().error(), run.task->info());
}

void AsyncCommand::Private::listenTo(std::shared_ptr<detail::ProgressSink> sink)
{
    if (m_sink)
        m_sink->onNotified = nullptr;
    m_sink = std::move(sink);
    m_isProgressTold = false;
    if (m_sink) {
        m_sink->onNotified = [this] {
            m_isProgressTold = true;
            schedule();
        };
    }
}

void AsyncCommand::Private::takeProgress()
{
    m_isProgressTold = false;
    const auto report = m_sink ? m_sink->take() : std::nullopt;
    if (!report)
        return;
    m_state.progress = report->progress;
    if (!report->statusText.isNull())
        m_state.statusText = report->statusText;
}

detail::StartedTask *AsyncCommand::Private::childEnded(detail::StartedTask &child) noexcept
{
    const auto run = std::ranges::find_if(
        m_active, [&child](const Run &active) { return active.task.get() == &child; });
    m_ended.splice(m_ended.end(), m_active, run);
    schedule();
    return nullptr;
}

bool AsyncCommand::Private::hasWork() const
{
    const bool canBegin = !m_waiting.empty()
        && (m_policy == CommandPolicy::Parallel ? !m_isBeginning : m_active.empty());
    return !m_ended.empty() || canBegin || m_isProgressTold || m_state.running != isBusy();
}

void AsyncCommand::Private::schedule() noexcept
{
    if (m_turn != Turn::Idle || m_isClosed || !hasWork())
        return;
    m_turn = Turn::Ready;
    detail::Loop::current().makeReady(*this);
}

// Once a turn of the Qt event queue: each property is notified no more often than that.
void AsyncCommand::Private::run()
{
    if (m_turn == Turn::Over) {
        m_turn = Turn::Idle;
        schedule();
        return;
    }
    m_turn = Turn::Over;
    detail::Loop::current().makeReadyAfterTurn(*this);

    takeProgress();
    if (!m_ended.empty()) {
        const Run ended = std::move(m_ended.front());
        m_ended.pop_front();
        showEndOf(ended);
        if (m_active.empty() && m_ended.empty()) {
            listenTo({});
            if (m_isResetting)
                becomeNew();
        }
        publish();
    } else if (!m_waiting.empty() && (m_active.empty() || m_policy == CommandPolicy::Parallel)) {
        QVariantList arguments = std::move(m_waiting.front());
        m_waiting.pop_front();
        begin(std::move(arguments));
    } else {
        publish();
    }
}

/// Gives the properties their new values and notifies those that have changed. False: a handler has
/// destroyed the command.
bool AsyncCommand::Private::publish()
{
    m_state.running = isBusy();
    AsyncCommand &c = *m_command;
    if (std::exchange(m_isValueNew, false))
        assign(c.m_value, m_state.value, Value);
    assign(c.m_error, m_state.error, Error);
    assign(c.m_failed, m_state.failed, Failed);
    assign(c.m_statusText, m_state.statusText, StatusText);
    assign(c.m_progress, m_state.progress, Progress);
    assign(c.m_runCount, m_state.runCount, RunCount);
    assign(c.m_running, m_state.running, Running);

    const QPointer<AsyncCommand> alive(m_command);
    const auto notify = [&](auto &property, auto signal) {
        property.notify();
        if (alive)
            (c.*signal)(property.valueBypassingBindings());
    };
    while (alive && m_unnotified != 0) {
        // A handler that publishes further changes notifies what is left here as well.
        const unsigned bit = m_unnotified & -m_unnotified;
        m_unnotified &= ~bit;
        switch (static_cast<Property>(bit)) {
        case Value:
            notify(c.m_value, &AsyncCommand::valueChanged);
            break;
        case Error:
            notify(c.m_error, &AsyncCommand::errorChanged);
            break;
        case Failed:
            notify(c.m_failed, &AsyncCommand::failedChanged);
            break;
        case StatusText:
            notify(c.m_statusText, &AsyncCommand::statusTextChanged);
            break;
        case Progress:
            notify(c.m_progress, &AsyncCommand::progressChanged);
            break;
        case RunCount:
            notify(c.m_runCount, &AsyncCommand::runCountChanged);
            break;
        case Running:
            notify(c.m_running, &AsyncCommand::runningChanged);
            break;
        }
    }
    return !alive.isNull();
}

AsyncCommand::AsyncCommand(detail::CommandFunction function, CommandOptions options, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, std::move(function), options.policy))
{
    detail::keepQmlTypes();
}

AsyncCommand::~AsyncCommand() = default;

void AsyncCommand::start(const QVariant &argument1, const QVariant &argument2, const QVariant &argument3,
                         const QVariant &argument4, const QVariant &argument5, const QVariant &argument6)
{
    QVariantList arguments;
    for (const QVariant *const argument :
         {&argument1, &argument2, &argument3, &argument4, &argument5, &argument6})
        arguments.append(detail::plainValue(*argument));
    d->start(std::move(arguments));
}

void AsyncCommand::cancel()
{
    d->cancel();
}

void AsyncCommand::retry()
{
    d->retry();
}

void AsyncCommand::reset()
{
    d->reset();
}

} // namespace CoDrive
