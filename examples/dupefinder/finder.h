// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include "filelist.h"
#include "progress.h"

#include <CoDrive/core/task.h>

#include <QThreadPool>

#include <span>
#include <string>
#include <vector>

/// Finds files with the same content below a folder: of the same size, then with the same first
/// 64 KiB, then with the same hash of all their content.
class Finder
{
public:
    /// \param jobs how many files are read at once
    Finder(std::string folder, int jobs);

    /// Does the work. When it is cancelled, groups() tells what has been found so far.
    CoDrive::Task<> find();

    /// Files with the same content, sorted by path.
    using Group = std::vector<const File *>;
    /// Those with large files first.
    std::vector<Group> groups() const;

    /// How many files and folders could not be read.
    int problemCount() const { return m_problemCount; }
    const Progress &progress() const { return m_progress; }

private:
    using Files = std::vector<File *>;

    CoDrive::Task<> hashAll(QString phase, Files files, qint64 limit);
    CoDrive::Task<> hashWhileAnyLeft(std::span<File *const> &left, qint64 limit);
    void reportProblem(const std::string &problem);

    const std::string m_folder;
    const int m_jobs;
    QThreadPool m_pool;
    Progress m_progress;
    std::vector<File> m_files;
    int m_problemCount = 0;
};
