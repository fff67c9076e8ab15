// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/sleep.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/streams/reduce.h>
#include <CoDrive/streams/repeatperiodically.h>

#include <stdexcept>

namespace CoDrive::detail {

static Stream<std::monostate> ticks(std::chrono::nanoseconds interval)
{
    TimePoint due = Loop::current().now();
    for (;;) {
        co_yield std::monostate();
        due = deadlineAfter(due, interval);
        if (Loop::current().now() <= due) {
            co_await sleepUntil(due);
        } else {
            co_await yieldNow();
            due = Loop::current().now();
        }
    }
}

Stream<std::monostate> repeatEvery(std::chrono::nanoseconds interval)
{
    if (interval <= std::chrono::nanoseconds::zero())
        throw std::invalid_argument("CoDrive::repeatPeriodically: the interval is not positive");
    return ticks(interval);
}

void throwReduceEmpty()
{
    throw std::invalid_argument("CoDrive::reduce: the stream is empty, and there is no initial value");
}

} // namespace CoDrive::detail
