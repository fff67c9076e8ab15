// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Waiting for a QTimer; with this header `co_await` takes one.
//
//     QTimer tick;
//     tick.start(1s);
//     for (;;) {
//         co_await tick;
//         refresh();
//     }

#include <CoDrive/core/task.h>
#include <CoDrive/qt/signal.h>

#include <QTimer>

#include <memory>
#include <stdexcept>

namespace CoDrive {

/// The QTimer that was awaited does not run, or was stopped meanwhile; what() names it.
class TimerStopped : public std::runtime_error
{
public:
    /// \param what the class and name of the timer
    explicit TimerStopped(const QString &what);
    TimerStopped(const TimerStopped &) noexcept = default;
    TimerStopped &operator=(const TimerStopped &) noexcept = default;
    ~TimerStopped() override;
};

namespace detail {

/// What `co_await timer` and `co_await &timer` do: wait for the next timeout, of a single-shot
/// timer or of a repeating one. Whether it was stopped is decided from the loop, so that stopping
/// and starting it in one go just moves the timeout. On cancellation the wait is withdrawn at once;
/// the timer is left alone.
/// \throws TimerStopped when it does not run, at once, or is stopped; SenderDestroyed when it is
/// destroyed; std::invalid_argument when it is null; std::logic_error when it belongs to another
/// thread (nextSignal() works for it)
class TimerOperation final : public AwaitableOperation<TimerOperation, void>
{
public:
    explicit TimerOperation(QTimer *timer) noexcept;
    TimerOperation(TimerOperation &&) noexcept;
    ~TimerOperation();

    bool isReady() const;
    bool start();
    void takeResult();
    bool request() noexcept override;

private:
    class Watch;

    QTimer *m_timer;
    std::unique_ptr<Watch> m_watch;
};

template<>
struct AwaitAdapter<QTimer *>
{
    static TimerOperation adapt(QTimer *timer) noexcept { return TimerOperation(timer); }
};

} // namespace detail

} // namespace CoDrive
