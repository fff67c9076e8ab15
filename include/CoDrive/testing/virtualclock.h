// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// VirtualClock: a test that sleeps for a day ends at once.
//
//     VirtualClock clock;
//     run(sleepFor(24h));
//     QCOMPARE(clock.now(), 24h);

#include <chrono>
#include <memory>

namespace CoDrive {

/// While it lives, the time of this thread's loop is virtual: it jumps to the next deadline when
/// the event loop would block, and stands still while something is ready, inside settle(), and
/// while a function of toThread() or a thread's task of this loop runs. Deadlines fire in order,
/// equal ones in the order of arming. QTimers and other threads keep real time. Make it before the
/// first deadline is armed. Like trio's MockClock.
class VirtualClock
{
public:
    VirtualClock();
    VirtualClock(const VirtualClock &) = delete;
    VirtualClock &operator=(const VirtualClock &) = delete;
    ~VirtualClock();

    /// The time since the clock was made.
    std::chrono::nanoseconds now() const noexcept;
    /// Lets \a duration pass: what is due fires in order, and settles each time.
    void advance(std::chrono::nanoseconds duration);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace CoDrive
