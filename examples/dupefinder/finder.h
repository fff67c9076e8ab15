// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include "filelist.h"
#include "progress.h"

#include <CoDrive/core/task.h>

#include <QThreadPool>

#include <functional>
#include <span>
#include <string>
#include <vector>

/// Finds files with the same content below a folder: of the same size, then with the same first
/// 64 KiB, then with the same hash of all their content.
class Finder
{
public:
    /// \param jobs how many files are read at once
    /// \param progress is kept up to date from several threads
    Finder(std::string folder, int jobs, SharedProgress &progress);

    /// Called with a file or folder that could not be read, and why.
    std::function<void(const std::string &)> onProblem;
    /// Called with a file whose content is known: perhaps another one has the same.
    std::function<void(const File &)> onHashed;

    /// Does the work. When it is cancelled, groups() tells what has been found so far.
    CoDrive::Task<> find();

    /// Files with the same content, sorted by path.
    using Group = std::vector<const File *>;
    /// Those with large files first.
    std::vector<Group> groups() const;

    /// How many files and folders could not be read.
    int problemCount() const { return m_problemCount; }

private:
    using Files = std::vector<File *>;

    CoDrive::Task<> hashAll(QString phase, Files files, qint64 limit);
    CoDrive::Task<> hashWhileAnyLeft(std::span<File *const> &left, qint64 limit);
    void reportProblem(const std::string &problem);

    const std::string m_folder;
    const int m_jobs;
    QThreadPool m_pool;
    SharedProgress &m_progress;
    std::vector<File> m_files;
    int m_problemCount = 0;
};
