// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// EventLog: what happened, in order.
//
//     EventLog log;
//     scope.spawn(worker(log));
//     settle();
//     QCOMPARE(log.take(), QStringList({"begin", "end"}));

#include <QString>
#include <QStringList>

#include <utility>

namespace CoDrive {

/// A list of strings that the tasks of one thread append to.
class EventLog
{
public:
    /// Appends \a event.
    void add(const QString &event) { m_events << event; }
    /// Appends \a event.
    EventLog &operator<<(const QString &event)
    {
        add(event);
        return *this;
    }
    /// The events so far.
    const QStringList &events() const noexcept { return m_events; }
    /// The events so far; the log is empty afterwards.
    QStringList take() { return std::exchange(m_events, {}); }

private:
    QStringList m_events;
};

} // namespace CoDrive
