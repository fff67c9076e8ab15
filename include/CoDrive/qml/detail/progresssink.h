// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Where reportProgress() of one run arrives, from any thread.

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/task.h>

#include <QString>
#include <QVariant>

#include <memory>
#include <mutex>
#include <optional>

namespace CoDrive::detail {

struct ProgressReport
{
    double progress = -1;
    QString statusText; ///< null: as before
};

class ProgressSink final : public RemoteWaker
{
public:
    /// Any thread.
    void add(double progress, const QString &statusText);
    /// What has been told since the last call.
    std::optional<ProgressReport> take();

private:
    std::mutex m_mutex;
    std::optional<ProgressReport> m_report;
};

/// Runs \a task so that reportProgress() in it and below reaches \a sink.
Task<QVariant> reportingTo(std::shared_ptr<ProgressSink> sink, Task<QVariant> task);

} // namespace CoDrive::detail
