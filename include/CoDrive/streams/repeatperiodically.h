// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// repeatPeriodically(): something at regular intervals.
//
//     auto ticks = repeatPeriodically(1s);
//     QCORO_FOREACH([[maybe_unused]] auto tick, ticks)
//         co_await poll();

#include <CoDrive/streams/stream.h>

#include <chrono>
#include <variant>

namespace CoDrive {

namespace detail {

Stream<std::monostate> repeatEvery(std::chrono::nanoseconds interval);

} // namespace detail

/// Gives an item at once, whenever that is asked for, and then one each \a interval, without drift:
/// however long the consumer takes, items come at multiples of it. One that is asked for later than
/// it was due comes after the Qt event queue had its turn, and the following ones are counted from
/// there: there is no burst. Only the loop's clock counts. Like aiodrive's repeat_periodically.
/// \throws std::invalid_argument for an interval that is not positive
template<typename Rep, typename Period>
[[nodiscard]] Stream<std::monostate> repeatPeriodically(std::chrono::duration<Rep, Period> interval)
{
    return detail::repeatEvery(detail::toNanoseconds(interval));
}

} // namespace CoDrive
