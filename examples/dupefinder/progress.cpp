// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "progress.h"

#include <CoDrive/core/sleep.h>

#include <QLocale>
#include <QScopeGuard>

#include <algorithm>
#include <cstdio>

#include <unistd.h>

using namespace std::chrono_literals;

namespace {

constexpr int BarWidth = 30;

void draw(const Progress &progress)
{
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - progress.start;
    const double seconds = std::max(elapsed.count(), 0.001);
    const auto files = static_cast<double>(progress.files);
    const auto bytes = static_cast<double>(progress.bytes);

    QString line = QStringLiteral("\r\033[K%1").arg(progress.phase);
    if (progress.fileTotal > 0) {
        // A small file costs about as much as reading 64 KiB does.
        const double done = bytes + files * 65536;
        const double total
            = static_cast<double>(progress.byteTotal) + static_cast<double>(progress.fileTotal) * 65536;
        const int filled = std::min(static_cast<int>(BarWidth * done / total), BarWidth);
        line += QStringLiteral(" [%1%2] %3 %")
                    .arg(QString(filled, u'#'), QString(BarWidth - filled, u'.'))
                    .arg(std::min(static_cast<int>(100 * done / total), 100));
    }
    line += QStringLiteral("  %1 files  %2 files/s  %3/s")
                .arg(progress.files)
                .arg(files / seconds, 0, 'f', 0)
                .arg(byteText(bytes / seconds));
    std::fputs(qPrintable(line), stderr);
}

} // namespace

void Progress::begin(const QString &newPhase, qint64 newFileTotal, qint64 newByteTotal)
{
    phase = newPhase;
    fileTotal = newFileTotal;
    byteTotal = newByteTotal;
    files = 0;
    bytes = 0;
    start = std::chrono::steady_clock::now();
}

bool hasTerminal()
{
    static const bool isTerminal = ::isatty(STDERR_FILENO);
    return isTerminal;
}

void wipeBar()
{
    if (hasTerminal())
        std::fputs("\r\033[K", stderr);
}

CoDrive::Task<> showProgress(const Progress &progress)
{
    if (!hasTerminal())
        co_await CoDrive::waitForever();
    const auto wiped = qScopeGuard(&wipeBar);
    for (;;) {
        draw(progress);
        co_await CoDrive::sleepFor(100ms);
    }
}

QString byteText(double bytes)
{
    return QLocale::c().formattedDataSize(static_cast<qint64>(bytes), 1);
}
