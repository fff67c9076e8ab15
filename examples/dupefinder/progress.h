// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <CoDrive/core/task.h>

#include <QString>

#include <atomic>
#include <chrono>

/// How far the work is. Its threads count files and bytes.
struct Progress
{
    /// Begins a new phase; the totals are 0 when they are not known.
    void begin(const QString &newPhase, qint64 newFileTotal = 0, qint64 newByteTotal = 0);

    std::atomic<qint64> files = 0;
    std::atomic<qint64> bytes = 0;

    QString phase;
    qint64 fileTotal = 0;
    qint64 byteTotal = 0;
    std::chrono::steady_clock::time_point start;
};

/// Whether somebody sees a bar on standard error.
bool hasTerminal();

/// Wipes the bar away.
void wipeBar();

/// Keeps a bar on standard error up to date until it is cancelled, if that is a terminal.
CoDrive::Task<> showProgress(const Progress &progress);

/// "1.5 GiB"
QString byteText(double bytes);
