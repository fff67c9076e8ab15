// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>
#include <QFile>

#include <CoDrive/core/task.h>

#include <memory>
#include <optional>

#include <sys/stat.h>

/// What bears the name \a path now, if anything.
std::optional<struct stat> statusOf(const QByteArray &path);
bool isSameFile(const struct stat &a, const struct stat &b);

/// An open file that others write to, as lines. Not more of it is held than a line, or a block.
class LogFile
{
public:
    /// \param path as the file system has it, which need not be UTF-8
    /// \throws std::runtime_error that names it, when there is no regular file to be read
    explicit LogFile(const QByteArray &path);

    const QByteArray &path() const { return m_path; }

    /// Goes to where the last \a count complete lines begin.
    CoDrive::Task<> seekToLastLines(qint64 count);
    /// Reads on, a block at most. False: that was the end. \throws std::runtime_error
    bool readMore();
    /// A complete line out of what was read, without its newline. One that is longer than a MiB comes in
    /// parts.
    std::optional<QByteArray> takeLine();

    /// Whether \a status is that of this file.
    bool is(const struct stat &status) const;
    /// Whether somebody has cut off what was read already.
    bool isTruncated() const;
    /// Goes to the beginning. What is held of an incomplete line counts as a line.
    void startOver();
    /// As startOver(), in the file that bears the name now. \throws std::runtime_error as the constructor
    void reopen();

private:
    struct stat status() const;

    QByteArray m_path;
    std::unique_ptr<QFile> m_file;
    QByteArray m_text;         ///< what was read last
    qsizetype m_lineBegin = 0; ///< what is before it has been taken
    qsizetype m_searched = 0;  ///< no newline from m_lineBegin up to here
    bool m_isInParts = false;  ///< a part of the line has been taken
};
