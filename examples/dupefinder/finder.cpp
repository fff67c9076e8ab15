// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "finder.h"

#include "filehash.h"

#include <CoDrive/core/cancellation.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/threads/tothread.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <stop_token>
#include <system_error>
#include <tuple>

using namespace CoDrive;

namespace {

constexpr qint64 HeadSize = 64 * 1024;

/// Whether two files may have the same content, by what is known of them.
bool looksSame(const File *a, const File *b)
{
    return a->size == b->size && a->hashedSize == b->hashedSize && a->hash == b->hash;
}

/// What ends a sort in the middle.
struct Stopped
{
};

/// Calls \a function with every run of two or more files that look the same, large ones first.
/// \throws Stopped
template<typename FilePointer, typename Function>
void forEachGroup(const std::stop_token &stop, std::vector<FilePointer> files, Function function)
{
    std::ranges::sort(files, [&stop](const File *a, const File *b) {
        if (stop.stop_requested())
            throw Stopped();
        return std::tie(b->size, a->hashedSize, a->hash, a->path)
            < std::tie(a->size, b->hashedSize, b->hash, b->path);
    });
    for (auto begin = files.begin(); begin != files.end();) {
        const auto end = std::find_if(
            begin, files.end(), [begin](const File *file) { return !looksSame(*begin, file); });
        if (end - begin > 1)
            function(std::span(begin, end));
        begin = end;
    }
}

/// Those that look the same as another one up to \a hashedSize, and go on behind it; blocks.
std::vector<File *> undecided(const std::stop_token &stop, std::vector<File> &files,
                              qint64 hashedSize)
{
    std::vector<File *> candidates;
    for (File &file : files) {
        if (file.hashedSize == hashedSize && !file.isHashed())
            candidates.push_back(&file);
    }
    std::vector<File *> result;
    try {
        forEachGroup(stop, std::move(candidates), [&result](std::span<File *> group) {
            result.insert(result.end(), group.begin(), group.end());
        });
    } catch (const Stopped &) {
        result.clear(); // nobody waits for it any more
    }
    return result;
}

} // namespace

Finder::Finder(std::string folder, int jobs, SharedProgress &progress)
    : m_folder(std::move(folder))
    , m_jobs(jobs)
    , m_progress(progress)
{
    m_pool.setMaxThreadCount(jobs);
}

Task<> Finder::find()
{
    m_progress.set(Progress(QStringLiteral("Listing")));
    FileList list = co_await toThread(&m_pool, &listFiles, std::cref(m_folder), &m_progress);
    m_files = std::move(list.files);
    for (const std::string &problem : list.problems)
        reportProblem(problem);

    Files files = co_await toThread(&m_pool, &undecided, std::ref(m_files), 0);
    co_await checkpoint();
    co_await hashAll(QStringLiteral("Comparing beginnings"), std::move(files), HeadSize);
    files = co_await toThread(&m_pool, &undecided, std::ref(m_files), HeadSize);
    co_await checkpoint();
    co_await hashAll(QStringLiteral("Comparing contents"), std::move(files),
                     std::numeric_limits<qint64>::max());
}

/// Hashes up to \a limit bytes of each, as many files at once as there are jobs.
Task<> Finder::hashAll(QString phase, Files files, qint64 limit)
{
    qint64 bytes = 0;
    for (const File *file : files)
        bytes += std::min(file->size, limit);
    m_progress.set(Progress(phase, static_cast<qint64>(files.size()), bytes));

    std::span<File *const> left(files);
    std::vector<Task<>> workers;
    for (std::size_t i = std::min(files.size(), static_cast<std::size_t>(m_jobs)); i > 0; --i)
        workers.push_back(hashWhileAnyLeft(left, limit));
    co_await gather(std::move(workers));
}

Task<> Finder::hashWhileAnyLeft(std::span<File *const> &left, qint64 limit)
{
    while (!left.empty()) {
        File &file = *left.front();
        left = left.subspan(1);
        const qint64 size = std::min(file.size, limit);
        try {
            QByteArray hash = co_await toThread(&m_pool, &hashFile, std::cref(file.path), size,
                                                &m_progress);
            if (hash.isEmpty()) // stopped
                co_await unwind();
            file.hash = std::move(hash);
            file.hashedSize = size;
            if (file.isHashed() && onHashed)
                onHashed(file);
        } catch (const std::system_error &error) {
            reportProblem(error.what());
        }
    }
}

std::vector<Finder::Group> Finder::groups() const
{
    std::vector<const File *> hashed;
    for (const File &file : m_files) {
        if (file.isHashed())
            hashed.push_back(&file);
    }
    std::vector<Group> groups;
    forEachGroup({}, std::move(hashed), [&groups](std::span<const File *> group) {
        groups.emplace_back(group.begin(), group.end());
    });
    return groups;
}

void Finder::reportProblem(const std::string &problem)
{
    ++m_problemCount;
    if (onProblem)
        onProblem(problem);
}
