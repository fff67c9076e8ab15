// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// The speed of the kernel, with QCoro beside it. What counts is the ratio within one run.

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/run.h>
#include <CoDrive/core/sleep.h>
#include <CoDrive/sync/event.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/taskscope.h>

#include <QCoroTask>
#include <QCoroTimer>
#include <QEventLoop>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace {

constexpr int Awaits = 100'000;

Task<int> ready(int value)
{
    co_return value;
}

Task<int> awaitReady(int count)
{
    int sum = 0;
    for (int i = 0; i < count; ++i)
        sum += co_await ready(i);
    co_return sum;
}

QCoro::Task<int> qcoroReady(int value)
{
    co_return value;
}

QCoro::Task<int> qcoroAwaitReady(int count)
{
    int sum = 0;
    for (int i = 0; i < count; ++i)
        sum += co_await qcoroReady(i);
    co_return sum;
}

void awaitReadyCoDrive(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(run(awaitReady(Awaits)));
    state.SetItemsProcessed(state.iterations() * Awaits);
}
BENCHMARK(awaitReadyCoDrive);

void awaitReadyQCoro(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(QCoro::waitFor(qcoroAwaitReady(Awaits)));
    state.SetItemsProcessed(state.iterations() * Awaits);
}
BENCHMARK(awaitReadyQCoro);

constexpr int Tasks = 10'000;

Task<> waitDeep(Event &gate, int depth)
{
    if (depth > 1)
        co_await waitDeep(gate, depth - 1);
    else
        co_await gate.wait();
}

void startAndCancelCoDrive(benchmark::State &state)
{
    Event gate;
    TaskScope scope;
    for (auto _ : state) {
        for (int i = 0; i < Tasks; ++i)
            scope.spawn(waitDeep(gate, 4));
        scope.cancel();
        run(scope.join());
    }
    state.SetItemsProcessed(state.iterations() * Tasks);
}
BENCHMARK(startAndCancelCoDrive);

// QCoro has no cancellation: what a program does there is to throw through the frames.
class Stop
{
};

QCoro::Task<> qcoroThrowDeep(int depth)
{
    if (depth > 1)
        co_await qcoroThrowDeep(depth - 1);
    else
        throw Stop();
}

QCoro::Task<> qcoroStop(int depth)
{
    try {
        co_await qcoroThrowDeep(depth);
    } catch (const Stop &) {
    }
}

void startAndThrowQCoro(benchmark::State &state)
{
    for (auto _ : state) {
        for (int i = 0; i < Tasks; ++i)
            qcoroStop(4);
    }
    state.SetItemsProcessed(state.iterations() * Tasks);
}
BENCHMARK(startAndThrowQCoro);

constexpr int Children = 100'000;

void gatherReadyCoDrive(benchmark::State &state)
{
    for (auto _ : state) {
        std::vector<Task<int>> tasks;
        tasks.reserve(Children);
        for (int i = 0; i < Children; ++i)
            tasks.push_back(ready(i));
        benchmark::DoNotOptimize(run(gather(std::move(tasks))));
    }
    state.SetItemsProcessed(state.iterations() * Children);
}
BENCHMARK(gatherReadyCoDrive);

QCoro::Task<int> qcoroGather(int count)
{
    std::vector<QCoro::Task<int>> tasks;
    tasks.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        tasks.push_back(qcoroReady(i));
    int sum = 0;
    for (QCoro::Task<int> &task : tasks)
        sum += co_await task;
    co_return sum;
}

void gatherReadyQCoro(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(QCoro::waitFor(qcoroGather(Children)));
    state.SetItemsProcessed(state.iterations() * Children);
}
BENCHMARK(gatherReadyQCoro);

constexpr int HandOvers = 100'000;

Task<> play(Event &mine, Event &other, int count)
{
    for (int i = 0; i < count; ++i) {
        co_await mine.wait();
        mine.clear();
        other.set();
    }
}

void handOverCoDrive(benchmark::State &state)
{
    for (auto _ : state) {
        Event a;
        Event b;
        a.set();
        run(gather(play(a, b, HandOvers), play(b, a, HandOvers)));
    }
    state.SetItemsProcessed(state.iterations() * 2 * HandOvers);
}
BENCHMARK(handOverCoDrive);

Task<> sleepAll(int count)
{
    std::vector<Task<>> sleeps;
    sleeps.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        sleeps.push_back(toTask(sleepFor(100ms + 900ms * i / count)));
    co_await gather(std::move(sleeps));
}

void sleepsCoDrive(benchmark::State &state)
{
    for (auto _ : state)
        run(sleepAll(static_cast<int>(state.range(0))));
}
BENCHMARK(sleepsCoDrive)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

QCoro::Task<> qcoroSleep(std::chrono::milliseconds duration)
{
    co_await QCoro::sleepFor(duration);
}

QCoro::Task<> qcoroSleepAll(int count)
{
    std::vector<QCoro::Task<>> sleeps;
    sleeps.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        sleeps.push_back(qcoroSleep(100ms + 900ms * i / count));
    for (QCoro::Task<> &sleep : sleeps)
        co_await sleep;
}

// 100 000 take it most of a minute: run that with --benchmark_filter when it is wanted.
void sleepsQCoro(benchmark::State &state)
{
    for (auto _ : state)
        QCoro::waitFor(qcoroSleepAll(static_cast<int>(state.range(0))));
}
BENCHMARK(sleepsQCoro)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
