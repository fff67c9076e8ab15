// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Giving others a turn.
//
//     for (const QString &line : lines) {
//         append(line);
//         co_await yieldNow(); // the window repaints and answers in between
//     }

#include <CoDrive/core/sleep.h>

namespace CoDrive {

/// Goes on after the Qt event queue had its turn and every task that is ready now has run. A
/// pending request unwinds the task here. Like aiodrive's suspend(), asyncio.sleep(0).
[[nodiscard]] inline auto yieldNow()
{
    return detail::SleepOperation(std::chrono::nanoseconds::zero());
}

} // namespace CoDrive
