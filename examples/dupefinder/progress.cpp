// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "progress.h"

#include <CoDrive/core/sleep.h>

#include <QLocale>
#include <QScopeGuard>

#include <algorithm>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

constexpr int MaxBarWidth = 30;

/// How many characters a line of the terminal has.
int lineWidth()
{
    struct winsize size = {};
    ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    return size.ws_col > 0 ? size.ws_col : 80;
}

void draw(const Progress &progress)
{
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - progress.start;
    const double seconds = std::max(elapsed.count(), 0.001);
    const auto files = static_cast<double>(progress.files);
    const auto bytes = static_cast<double>(progress.bytes);

    QString line = QStringLiteral("  %1 files  %2 files/s  %3/s")
                       .arg(progress.files)
                       .arg(files / seconds, 0, 'f', 0)
                       .arg(byteText(bytes / seconds));
    // In the last column some terminals begin a new line.
    const int width = lineWidth() - 1;
    if (progress.fileTotal > 0) {
        // A small file costs about as much as reading 64 KiB does.
        const double done = bytes + files * 65536;
        const double total
            = static_cast<double>(progress.byteTotal) + static_cast<double>(progress.fileTotal) * 65536;
        const double part = std::min(done / total, 1.0);
        line.prepend(QStringLiteral(" %1 %").arg(static_cast<int>(100 * part)));
        const int room = width - static_cast<int>(progress.phase.size() + line.size() + 3);
        const int barWidth = std::clamp(room, 0, MaxBarWidth);
        const int filled = static_cast<int>(barWidth * part);
        line.prepend(QStringLiteral(" [%1%2]").arg(QString(filled, u'#'), QString(barWidth - filled, u'.')));
    }
    line.prepend(progress.phase);
    // One that goes on in the next line could not be wiped.
    std::fprintf(stderr, "\r\033[K%s", qPrintable(line.left(width)));
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
