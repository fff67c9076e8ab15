// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "patterns.h"

#include <CoDrive/core/sleep.h>
#include <CoDrive/process/signal.h>
#include <CoDrive/tasks/cleanup.h>

#include <csignal>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace Gallery {

Task<> serveUntilInterrupted(Say say)
{
    const auto serve = [&]() -> Task<> {
        say(QStringLiteral("serving until Ctrl-C"));
        co_await waitForever();
    };
    const auto save = [&]() -> Task<> {
        co_await sleepFor(200ms);
        say(QStringLiteral("state saved"));
    };
    try {
        co_await withSignalHandler(SignalSet(SIGINT), [&] { return withCleanup(serve, save); });
    } catch (const SignalReceived &received) {
        say(QString::fromUtf8(received.what()));
    }
}

} // namespace Gallery
