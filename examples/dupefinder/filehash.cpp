// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "filehash.h"

#include <QCryptographicHash>
#include <QFile>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>

namespace {

// Read and hashed in about a millisecond, so that a stop is noticed soon.
constexpr qint64 BlockSize = 256 * 1024;

[[noreturn]] void throwErrno(const std::string &path)
{
    throw std::system_error(errno, std::generic_category(), path);
}

} // namespace

QByteArray hashFile(std::stop_token stop, const std::string &path, qint64 size, SharedProgress *progress)
{
    // The name goes to the system as it is, and what has become a pipe meanwhile must not block.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        throwErrno(path);
    QFile file;
    file.open(descriptor, QIODevice::ReadOnly | QIODevice::Unbuffered, QFile::AutoCloseHandle);

    ProgressReporter reporter(*progress, path);
    QCryptographicHash hash(QCryptographicHash::Blake2b_256);
    QByteArray block(std::min(size, BlockSize), Qt::Uninitialized);
    while (size > 0) {
        if (stop.stop_requested())
            return {};
        errno = 0;
        const qint64 count = file.read(block.data(), std::min(size, BlockSize));
        if (count < 0)
            throwErrno(path);
        if (count == 0) // it has become shorter
            break;
        hash.addData(QByteArrayView(block).first(count));
        reporter.add(count);
        size -= count;
    }
    reporter.setDone();
    return hash.result();
}
