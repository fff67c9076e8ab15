// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "lines.h"

#include <CoDrive/core/yield.h>
#include <CoDrive/streams/merge.h>
#include <CoDrive/streams/repeatperiodically.h>
#include <CoDrive/streams/signalstream.h>
#include <CoDrive/tasks/timeout.h>

#include <QFileInfo>
#include <QFileSystemWatcher>

#include <memory>
#include <span>

using namespace CoDrive;

namespace {

/// Knows when there may be news of a file or of its name.
class Watch
{
public:
    /// \param watcher that of all files: a process has not many, and a late one takes its time to go
    Watch(std::shared_ptr<QFileSystemWatcher> watcher, const QByteArray &name)
        : m_watcher(std::move(watcher))
        , m_name(name)
        , m_path(QFile::decodeName(name))
        , m_folder(QFileInfo(m_path).path())
    {
        if (isReadable(m_folder))
            m_watcher->addPath(m_folder);
    }

    /// What bears the name now; from here on that is what is watched.
    std::optional<struct stat> look()
    {
        const std::optional<struct stat> named = statusOf(m_name);
        // The watcher goes with a file that is renamed, or drops it.
        const bool isWatched = named && isSameFile(*named, m_watched)
            && (m_isRefused || m_watcher->files().contains(m_path));
        if (named && !isWatched && isReadable(m_path)) {
            m_watcher->removePath(m_path);
            m_isRefused = !m_watcher->addPath(m_path);
            m_watched = *named;
        }
        return named;
    }

    /// Waits until something has changed since look(), which must have been in the same turn of the event
    /// loop. Signals of a longer time would pile up.
    Task<> news()
    {
        auto changes = merge(signalStream(m_watcher.get(), &QFileSystemWatcher::fileChanged),
                             signalStream(m_watcher.get(), &QFileSystemWatcher::directoryChanged));
        QCORO_FOREACH(const QString &path, changes) {
            if (path == m_path || path == m_folder)
                co_return;
        }
    }

private:
    // Qt complains each time of what it cannot watch.
    static bool isReadable(const QString &path) { return QFileInfo(path).isReadable(); }

    std::shared_ptr<QFileSystemWatcher> m_watcher;
    QByteArray m_name;
    QString m_path; ///< finds nothing when the name is no text; there is the clock
    QString m_folder;
    struct stat m_watched = {};
    bool m_isRefused = false; ///< by the watcher: there may be too many
};

/// The lines of one file.
Stream<Line> followOne(std::shared_ptr<QFileSystemWatcher> watcher, LogFile file, FollowOptions options,
                       Report report)
{
    const QByteArray name = file.path();
    const QString path = QFile::decodeName(name);
    Watch watch(std::move(watcher), name);
    QString trouble;
    co_await file.seekToLastLines(options.lastLines);
    for (;;) {
        // Before it is read: when the new file holds something already, the old one is complete.
        const std::optional<struct stat> named = watch.look();
        if (file.isTruncated()) {
            report(QStringLiteral("%1: truncated; read from the beginning").arg(path));
            file.startOver();
        }
        const bool wasMore = file.readMore();
        while (std::optional<QByteArray> text = file.takeLine())
            co_yield Line(name, *text);
        if (wasMore) {
            co_await yieldNow(); // Ctrl-C is heard in the middle of a long file
            continue;
        }

        QString newTrouble;
        if (!named) {
            newTrouble = QStringLiteral("%1: has gone; waiting for a new one").arg(path);
        } else if (!file.is(*named) && (named->st_size > 0 || !S_ISREG(named->st_mode))) {
            try {
                file.reopen();
                report(QStringLiteral("%1: following the new file").arg(path));
                continue;
            } catch (const std::runtime_error &error) {
                newTrouble = QString::fromUtf8(error.what());
            }
        }
        if (newTrouble != trouble && !newTrouble.isEmpty())
            report(newTrouble);
        trouble = newTrouble;
        co_await moveOnAfter(options.lookInterval, watch.news());
    }
}

/// Half by half: a line passes few of them on its way.
Stream<Line> mergeAll(std::span<Stream<Line>> streams)
{
    if (streams.size() == 1)
        return std::move(streams.front());
    const std::size_t half = streams.size() / 2;
    return merge(mergeAll(streams.first(half)), mergeAll(streams.subspan(half)));
}

} // namespace

Stream<Line> follow(std::vector<LogFile> files, FollowOptions options, const Report &report)
{
    const auto watcher = std::make_shared<QFileSystemWatcher>();
    std::vector<Stream<Line>> streams;
    for (LogFile &file : files)
        streams.push_back(followOne(watcher, std::move(file), options, report));
    return mergeAll(streams);
}

Stream<Line> matching(Stream<Line> lines, QRegularExpression pattern)
{
    QCORO_FOREACH(const Line &line, lines) {
        if (pattern.match(QString::fromUtf8(line.text)).hasMatch())
            co_yield line;
    }
}

Stream<Line> spaced(Stream<Line> lines, std::chrono::nanoseconds interval)
{
    auto ticks = repeatPeriodically(interval);
    QCORO_FOREACH(const Line &line, lines) {
        co_await ticks.next();
        co_yield line;
    }
}
