// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qml/reportprogress.h>

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/qml/detail/progresssink.h>

#include <algorithm>
#include <utility>

namespace CoDrive {

namespace detail {

namespace {

TaskLocal<std::shared_ptr<ProgressSink>> &currentSink()
{
    static TaskLocal<std::shared_ptr<ProgressSink>> sink;
    return sink;
}

} // namespace

void ProgressSink::add(double progress, const QString &statusText)
{
    {
        const std::scoped_lock lock(m_mutex);
        if (!m_report)
            m_report.emplace();
        m_report->progress = progress >= 0 ? std::min(progress, 1.0) : -1;
        if (!statusText.isNull())
            m_report->statusText = statusText;
    }
    notify();
}

std::optional<ProgressReport> ProgressSink::take()
{
    const std::scoped_lock lock(m_mutex);
    return std::exchange(m_report, std::nullopt);
}

Task<QVariant> reportingTo(std::shared_ptr<ProgressSink> sink, Task<QVariant> task)
{
    const auto body = [&task] { return std::move(task); };
    co_return co_await currentSink().with(std::move(sink), body);
}

} // namespace detail

void reportProgress(double progress, const QString &statusText)
{
    if (const std::shared_ptr<detail::ProgressSink> sink = detail::currentSink().get())
        sink->add(progress, statusText);
}

} // namespace CoDrive
