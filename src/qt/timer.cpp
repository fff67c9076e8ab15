// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/timer.h>

#include <QPointer>
#include <QPropertyNotifier>
#include <QThread>
#include <QTimerEvent>

#include <utility>

namespace CoDrive {

TimerStopped::TimerStopped(const QString &what)
    : std::runtime_error(QStringLiteral("%1 does not run, so it was awaited in vain").arg(what).toStdString())
{
}

TimerStopped::~TimerStopped() = default;

namespace detail {

static QString describeTimer(const QTimer &timer)
{
    const QString className = QString::fromUtf8(timer.metaObject()->className());
    return timer.objectName().isEmpty()
        ? className
        : QStringLiteral("%1 \"%2\"").arg(className, timer.objectName());
}

/// Sees what becomes of the timer.
class TimerOperation::Watch final : public QObject, private ReadyItem
{
public:
    enum class End { None, Fired, Stopped, Destroyed, Withdrawn };

    Watch(TimerOperation &operation, QTimer &timer)
        : m_operation(operation)
        , m_timer(&timer)
        , m_name(describeTimer(timer))
        , m_activeNotifier(timer.bindableActive().addNotifier([this] { checkLater(); }))
    {
        // The filter sees the tick before all slots of timeout(), whatever they do.
        timer.installEventFilter(this);
        connect(&timer, &QTimer::timeout, this, [this] { finish(End::Fired); });
    }
    ~Watch() override
    {
        if (m_timer)
            m_timer->removeEventFilter(this);
    }

    bool withdraw() noexcept
    {
        if (m_end != End::None || m_isFiring)
            return false;
        m_end = End::Withdrawn;
        unlink();
        return true;
    }
    void throwUnlessFired() const
    {
        if (m_end == End::Stopped)
            throw TimerStopped(m_name);
        if (m_end == End::Destroyed)
            throw SenderDestroyed(m_name);
    }

    bool eventFilter(QObject *, QEvent *event) override
    {
        if (event->type() == QEvent::Timer
            && static_cast<QTimerEvent *>(event)->timerId() == m_timer->timerId()) {
            // The signal will end the wait, in the order of the waiters; a slot that comes before
            // and runs an event loop must not see a single-shot timer as stopped.
            m_isFiring = true;
            checkLater();
        }
        return false;
    }

private:
    void checkLater() noexcept
    {
        if (m_end == End::None && !isLinked())
            m_operation.task()->loop()->makeReady(*this);
    }
    // From the loop, because a timer that was stopped may be started again at once. One that is
    // destroyed stops first; timer.disconnect(), by whomever, must not hide that.
    void run() override
    {
        if (m_isFiring)
            finish(End::Fired);
        else if (!m_timer)
            finish(End::Destroyed);
        else if (!m_timer->isActive())
            finish(End::Stopped);
    }
    void finish(End end) noexcept
    {
        if (m_end != End::None)
            return;
        m_end = end;
        unlink();
        m_operation.complete();
    }

    TimerOperation &m_operation;
    const QPointer<QTimer> m_timer;
    const QString m_name;
    End m_end = End::None;
    bool m_isFiring = false;
    QPropertyNotifier m_activeNotifier;
};

TimerOperation::TimerOperation(QTimer *timer) noexcept
    : m_timer(timer)
{
}

TimerOperation::TimerOperation(TimerOperation &&) noexcept = default;

TimerOperation::~TimerOperation() = default;

bool TimerOperation::isReady() const
{
    if (!m_timer)
        throw std::invalid_argument("CoDrive: the timer to await is null");
    if (m_timer->thread() != QThread::currentThread())
        throw std::logic_error("CoDrive: a timer of another thread cannot be awaited; await "
                               "nextSignal(timer, &QTimer::timeout)");
    if (!m_timer->isActive())
        throw TimerStopped(describeTimer(*m_timer));
    return false;
}

bool TimerOperation::start()
{
    m_watch = std::make_unique<Watch>(*this, *m_timer);
    return true;
}

void TimerOperation::takeResult()
{
    const std::unique_ptr<Watch> watch = std::move(m_watch);
    watch->throwUnlessFired();
}

bool TimerOperation::request() noexcept
{
    return m_watch->withdraw();
}

} // namespace detail

} // namespace CoDrive
