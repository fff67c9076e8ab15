// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "patterns.h"

#include <CoDrive/core/sleep.h>
#include <CoDrive/tasks/timeout.h>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace Gallery {

Task<QString> fetchPatiently(MoodyServer &server, Say say)
{
    std::chrono::milliseconds pause = 100ms;
    for (int left = 3;; --left) {
        try {
            co_return co_await withTimeout(1s, server.fetch());
        } catch (const std::exception &error) {
            say(QString::fromUtf8(error.what()));
            if (left == 0)
                throw;
        }
        co_await sleepFor(pause);
        pause *= 2;
    }
}

} // namespace Gallery
