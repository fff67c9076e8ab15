// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// What a waiting task takes. A program of its own, because the allocator is slower in one that has had a second thread.

#include <CoDrive/sync/event.h>
#include <CoDrive/tasks/taskscope.h>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <thread>

#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace CoDrive;

namespace {

#ifdef __GLIBC__
constexpr int Tasks = 10'000;

Task<> waitHere(Event &gate)
{
    co_await gate.wait();
}

void memoryOfWaitingTasks(benchmark::State &state)
{
    for (auto _ : state) {
        // A thread of its own has no frames in its free list.
        std::thread([&state] {
            Event gate;
            TaskScope scope;
            const std::size_t before = mallinfo2().uordblks;
            for (int i = 0; i < Tasks; ++i)
                scope.spawn(waitHere(gate));
            state.counters["bytesATask"] = static_cast<double>(mallinfo2().uordblks - before) / Tasks;
        }).join();
    }
}
BENCHMARK(memoryOfWaitingTasks)->Iterations(1);
#endif

} // namespace
