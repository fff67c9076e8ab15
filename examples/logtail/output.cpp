// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "output.h"

#include <CoDrive/core/sleep.h>
#include <CoDrive/qt/signal.h>

#include <QByteArrayView>
#include <QSocketNotifier>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <system_error>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace CoDrive;

namespace {

bool isReadyForWriting(int descriptor)
{
    struct pollfd asked = {descriptor, POLLOUT, 0};
    return ::poll(&asked, 1, 0) > 0;
}

[[noreturn]] void fail(int error)
{
    throw std::system_error(error, std::generic_category(), "standard output");
}

} // namespace

Task<> writeOut(QByteArray text)
{
    QByteArrayView rest(text);
    while (!rest.isEmpty()) {
        if (!isReadyForWriting(STDOUT_FILENO)) {
            const QSocketNotifier notifier(STDOUT_FILENO, QSocketNotifier::Write);
            co_await nextSignal(&notifier, &QSocketNotifier::activated);
        }
        // That much a pipe takes at once when it takes anything.
        const auto size = std::min(rest.size(), qsizetype(PIPE_BUF));
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), static_cast<std::size_t>(size));
        if (written >= 0)
            rest = rest.sliced(written);
        else if (errno != EINTR && errno != EAGAIN)
            fail(errno);
    }
}

Task<> endWithReader()
{
    struct stat status;
    if (::fstat(STDOUT_FILENO, &status) != 0 || !S_ISFIFO(status.st_mode))
        co_await waitForever();
    const QSocketNotifier notifier(STDOUT_FILENO, QSocketNotifier::Exception);
    co_await nextSignal(&notifier, &QSocketNotifier::activated);
    ::raise(SIGPIPE);
    fail(EPIPE);
}
