// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include "logfile.h"

#include <CoDrive/streams/stream.h>

#include <QRegularExpression>

#include <chrono>
#include <functional>
#include <vector>

/// A line of a log file, without its newline: the bytes that stand there.
struct Line
{
    Line(const QByteArray &nameOfFile, const QByteArray &textOfLine)
        : name(nameOfFile)
        , text(textOfLine)
    {}

    QByteArray name; ///< of the file
    QByteArray text;
};

/// Is told what happens to a file: a sentence.
using Report = std::function<void(const QString &)>;

/// How follow() works.
struct FollowOptions
{
    qint64 lastLines = 10; ///< of what is there already
    /// How often it looks without being told: nobody tells of changes that another computer makes to a
    /// network drive, nor when a folder higher up is replaced.
    std::chrono::milliseconds lookInterval = std::chrono::seconds(1);
};

/// The lines of \a files, of which there must be one, as they are completed. A file that is truncated is read
/// from the beginning. When another one takes its name, that is followed as soon as it holds something: up to
/// then lines may still come to the old one. Reads no further than it is asked.
CoDrive::Stream<Line> follow(std::vector<LogFile> files, FollowOptions options, const Report &report);

/// Those that \a pattern is found in.
CoDrive::Stream<Line> matching(CoDrive::Stream<Line> lines, QRegularExpression pattern);

/// The same lines, with at least \a interval between one and the next.
CoDrive::Stream<Line> spaced(CoDrive::Stream<Line> lines, std::chrono::nanoseconds interval);
