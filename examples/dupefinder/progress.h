// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <CoDrive/core/task.h>
#include <CoDrive/threads/threadsafestate.h>

#include <QObject>
#include <QString>

#include <chrono>
#include <string>

/// How far the work is.
class Progress
{
    Q_GADGET
    Q_PROPERTY(QString phase MEMBER phase)
    Q_PROPERTY(QString file MEMBER file)
    Q_PROPERTY(double files READ fileCount)
    Q_PROPERTY(double fileTotal READ fileTotalCount)
    Q_PROPERTY(double bytes READ byteCount)
    Q_PROPERTY(double bytesPerSecond READ bytesPerSecond)
    Q_PROPERTY(double filesPerSecond READ filesPerSecond)
    Q_PROPERTY(double fraction READ fraction)

public:
    Progress() = default;
    /// At the beginning of a phase; the totals are 0 when they are not known.
    explicit Progress(const QString &newPhase, qint64 newFileTotal = 0, qint64 newByteTotal = 0);

    double bytesPerSecond() const;
    double filesPerSecond() const;
    /// 0 to 1; -1 when it is not known.
    double fraction() const;

    bool operator==(const Progress &) const = default;

    QString phase;
    QString file; ///< read last
    qint64 files = 0;
    qint64 bytes = 0;
    qint64 fileTotal = 0;
    qint64 byteTotal = 0;
    std::chrono::steady_clock::time_point start;

private:
    // JavaScript's numbers.
    double fileCount() const { return static_cast<double>(files); }
    double fileTotalCount() const { return static_cast<double>(fileTotal); }
    double byteCount() const { return static_cast<double>(bytes); }
    double seconds() const;
};

/// Written by all threads that read files.
using SharedProgress = CoDrive::ThreadsafeState<Progress>;

/// Tells of one file that is read, some twenty times a second: nobody sees more.
class ProgressReporter
{
public:
    ProgressReporter(SharedProgress &progress, const std::string &path);
    ProgressReporter(ProgressReporter &&) = delete;
    ~ProgressReporter() { tell(); }

    void add(qint64 bytes);
    /// To be told at the end.
    void setDone() { m_files = 1; }

private:
    void tell();

    SharedProgress &m_progress;
    const QString m_file;
    qint64 m_files = 0;
    qint64 m_bytes = 0;
    std::chrono::steady_clock::time_point m_lastTime;
};

/// Whether somebody sees a bar on standard error.
bool hasTerminal();

/// Wipes the bar away.
void wipeBar();

/// Keeps a bar on standard error up to date until it is cancelled, if that is a terminal.
CoDrive::Task<> showProgress(const SharedProgress &progress);

/// "1.5 GiB"
QString byteText(double bytes);
