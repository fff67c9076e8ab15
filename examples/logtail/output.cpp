// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "output.h"

#include <CoDrive/qt/signal.h>

#include <QByteArrayView>
#include <QSocketNotifier>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

#include <poll.h>
#include <unistd.h>

using namespace CoDrive;

namespace {

bool isReadyForWriting(int descriptor)
{
    struct pollfd asked = {descriptor, POLLOUT, 0};
    return ::poll(&asked, 1, 0) > 0;
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
            throw std::system_error(errno, std::generic_category(), "standard output");
    }
}
