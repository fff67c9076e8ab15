// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include "progress.h"

#include <QByteArray>

#include <stop_token>
#include <string>
#include <vector>

/// A regular file that is not empty.
struct File
{
    std::string path; ///< as the file system has it, which need not be UTF-8
    qint64 size = 0; ///< in bytes
    QByteArray hash; ///< of the first hashedSize bytes
    qint64 hashedSize = 0;

    bool isHashed() const { return hashedSize == size; }
};

struct FileList
{
    std::vector<File> files; ///< one path an inode
    std::vector<std::string> problems; ///< what could not be read, and why
};

/// Lists the files below \a folder; blocks. Symbolic links are not followed.
FileList listFiles(std::stop_token stop, const std::string &folder, SharedProgress *progress);
