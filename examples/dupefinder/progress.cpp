// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "progress.h"

#include <CoDrive/core/sleep.h>

#include <QFile>
#include <QLocale>
#include <QScopeGuard>

#include <algorithm>
#include <cstdio>
#include <utility>

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
    QString line = QStringLiteral("  %1 files  %2 files/s  %3/s")
                       .arg(progress.files)
                       .arg(progress.filesPerSecond(), 0, 'f', 0)
                       .arg(byteText(progress.bytesPerSecond()));
    // In the last column some terminals begin a new line.
    const int width = lineWidth() - 1;
    const double part = progress.fraction();
    if (part >= 0) {
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

Progress::Progress(const QString &newPhase, qint64 newFileTotal, qint64 newByteTotal)
    : phase(newPhase)
    , fileTotal(newFileTotal)
    , byteTotal(newByteTotal)
    , start(std::chrono::steady_clock::now())
{
}

double Progress::seconds() const
{
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return std::max(elapsed.count(), 0.001);
}

double Progress::bytesPerSecond() const
{
    return static_cast<double>(bytes) / seconds();
}

double Progress::filesPerSecond() const
{
    return static_cast<double>(files) / seconds();
}

double Progress::fraction() const
{
    if (fileTotal == 0)
        return -1;
    // A small file costs about as much as reading 64 KiB does.
    const auto work = [](qint64 fileCount, qint64 byteCount) {
        return static_cast<double>(byteCount) + static_cast<double>(fileCount) * 65536;
    };
    return std::min(work(files, bytes) / work(fileTotal, byteTotal), 1.);
}

ProgressReporter::ProgressReporter(SharedProgress &progress, const std::string &path)
    : m_progress(progress)
    , m_file(QFile::decodeName(path.c_str()))
    , m_lastTime(std::chrono::steady_clock::now())
{
}

void ProgressReporter::add(qint64 bytes)
{
    m_bytes += bytes;
    if (std::chrono::steady_clock::now() - m_lastTime >= 50ms)
        tell();
}

void ProgressReporter::tell()
{
    m_lastTime = std::chrono::steady_clock::now();
    m_progress.update([this](Progress &now) {
        now.file = m_file;
        now.files += m_files;
        now.bytes += std::exchange(m_bytes, 0);
    });
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

CoDrive::Task<> showProgress(const SharedProgress &progress)
{
    if (!hasTerminal())
        co_await CoDrive::waitForever();
    const auto wiped = qScopeGuard(&wipeBar);
    for (;;) {
        draw(progress.value());
        co_await CoDrive::sleepFor(100ms);
    }
}

QString byteText(double bytes)
{
    return QLocale::c().formattedDataSize(static_cast<qint64>(bytes), 1);
}
