// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "logfile.h"

#include <CoDrive/core/yield.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

using namespace CoDrive;

namespace {

constexpr qint64 BlockSize = 64 * 1024;
constexpr qsizetype LongestLine = 1024 * 1024;

[[noreturn]] void fail(const QByteArray &path, const QString &reason)
{
    throw std::runtime_error((path + ": " + reason.toUtf8()).toStdString());
}

struct stat statusOf(int descriptor)
{
    struct stat status = {};
    ::fstat(descriptor, &status);
    return status;
}

std::unique_ptr<QFile> open(const QByteArray &path)
{
    errno = 0;
    const std::optional<struct stat> status = statusOf(path);
    if (!status)
        fail(path, qt_error_string(errno));
    if (S_ISDIR(status->st_mode))
        fail(path, QStringLiteral("Is a folder"));
    if (!S_ISREG(status->st_mode))
        fail(path, QStringLiteral("Is not a regular file"));
    // The name goes to the system as it is, and what has become a pipe meanwhile must not block.
    const int descriptor = ::open(path.constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        fail(path, qt_error_string(errno));
    auto file = std::make_unique<QFile>();
    if (!file->open(descriptor, QIODevice::ReadOnly | QIODevice::Unbuffered, QFile::AutoCloseHandle))
        fail(path, file->errorString());
    // Such as /proc/meminfo: it would always look as if it had been truncated.
    char first;
    if (status->st_size == 0 && ::pread(descriptor, &first, 1, 0) == 1 && statusOf(descriptor).st_size == 0)
        fail(path, QStringLiteral("Has no size, though it is not empty"));
    return file;
}

} // namespace

std::optional<struct stat> statusOf(const QByteArray &path)
{
    struct stat status;
    if (::stat(path.constData(), &status) != 0)
        return std::nullopt;
    return status;
}

bool isSameFile(const struct stat &a, const struct stat &b)
{
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

LogFile::LogFile(const QByteArray &path)
    : m_path(path)
    , m_file(open(path))
{}

Task<> LogFile::seekToLastLines(qint64 count)
{
    qint64 newlines = 0;
    for (qint64 end = status().st_size; end > 0;) {
        const qint64 begin = std::max(end - BlockSize, qint64(0));
        m_file->seek(begin);
        const QByteArray block = m_file->read(end - begin);
        for (qsizetype i = block.size(); i-- > 0;) {
            if (block[i] == '\n' && ++newlines > count) {
                m_file->seek(begin + i + 1);
                co_return;
            }
        }
        end = begin;
        co_await yieldNow();
    }
    m_file->seek(0);
}

bool LogFile::readMore()
{
    m_text.remove(0, m_lineBegin);
    m_searched -= m_lineBegin;
    m_lineBegin = 0;
    const QByteArray block = m_file->read(BlockSize);
    if (block.isEmpty() && m_file->error() != QFile::NoError)
        fail(m_path, m_file->errorString());
    m_text += block;
    return !block.isEmpty();
}

std::optional<QByteArray> LogFile::takeLine()
{
    qsizetype newline = m_text.indexOf('\n', m_searched);
    if (m_isInParts && newline == m_lineBegin) { // after the last part there is no line of its own
        m_isInParts = false;
        m_searched = ++m_lineBegin;
        newline = m_text.indexOf('\n', m_searched);
    }
    const qsizetype end = newline < 0 ? m_text.size() : newline;
    m_searched = end;
    if (newline < 0 && end - m_lineBegin < LongestLine)
        return std::nullopt;
    QByteArray line = m_text.mid(m_lineBegin, end - m_lineBegin);
    m_isInParts = newline < 0;
    m_searched = m_lineBegin = m_isInParts ? end : end + 1;
    return line;
}

bool LogFile::is(const struct stat &other) const
{
    return isSameFile(status(), other);
}

bool LogFile::isTruncated() const
{
    return status().st_size < m_file->pos();
}

void LogFile::startOver()
{
    if (m_lineBegin < m_text.size() && !m_text.endsWith('\n'))
        m_text += '\n';
    else
        m_isInParts = false;
    m_file->seek(0);
}

void LogFile::reopen()
{
    m_file = open(m_path);
    startOver();
}

struct stat LogFile::status() const
{
    return statusOf(m_file->handle());
}
