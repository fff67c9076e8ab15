// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "gallery.h"

#include "patterns.h"

#include <CoDrive/tasks/timeout.h>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace Gallery {

static Task<> happyEyeballs(Say say)
{
    std::vector<Host> hosts;
    hosts.emplace_back(QStringLiteral("2001:db8::1"), 10s, true);
    hosts.emplace_back(QStringLiteral("192.0.2.1"), 100ms, false);
    hosts.emplace_back(QStringLiteral("192.0.2.2"), 50ms, true);
    const QString address = co_await connectToFirst(std::move(hosts), say);
    say(QStringLiteral("connected to %1").arg(address));
}

static Task<> retry(Say say)
{
    MoodyServer server;
    const QString answer = co_await fetchPatiently(server, say);
    say(QStringLiteral("answer: %1").arg(answer));
}

static Task<> fanOut(Say say)
{
    const QStringList pages = QStringLiteral("one two three four five").split(QLatin1Char(' '));
    co_await fetchAll(pages, 2, say);
}

static Task<> asyncCleanup(Say say)
{
    Database database(say);
    const bool isWritten = co_await moveOnAfter(1s, writeInTransaction(database));
    say(isWritten ? QStringLiteral("written") : QStringLiteral("given up"));
}

std::vector<Demo> demos()
{
    return {Demo("happy-eyeballs", happyEyeballs), Demo("retry", retry), Demo("fan-out", fanOut),
            Demo("cleanup", asyncCleanup), Demo("ctrl-c", serveUntilInterrupted)};
}

} // namespace Gallery
