// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// InstanceCounter: proves that every frame died.
//
//     Task<> waiting(Event &gate)
//     {
//         const InstanceCounter alive;
//         co_await gate.wait();
//     }
//
//     scope.reset();
//     QCOMPARE(InstanceCounter::count(), 0);

#include <atomic>

namespace CoDrive {

/// Counts its living instances, copies and moved-from ones included. Any thread.
class InstanceCounter
{
public:
    /// One more.
    InstanceCounter() noexcept { ++s_count; }
    /// One more.
    InstanceCounter(const InstanceCounter &) noexcept { ++s_count; }
    InstanceCounter &operator=(const InstanceCounter &) noexcept = default;
    ~InstanceCounter() { --s_count; }

    /// How many live now.
    static int count() noexcept { return s_count.load(); }

private:
    static inline std::atomic<int> s_count = 0;
};

} // namespace CoDrive
