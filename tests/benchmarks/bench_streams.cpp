// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// The speed of streams, with QCoro beside it. What counts is the ratio within one run.

#include <CoDrive/core/run.h>
#include <CoDrive/streams/amass.h>
#include <CoDrive/streams/buffered.h>
#include <CoDrive/streams/collect.h>
#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/stream.h>

#include <QCoroAsyncGenerator>
#include <QCoroTask>

#include <benchmark/benchmark.h>

#include <ranges>

using namespace CoDrive;

namespace {

constexpr int Items = 100'000;

Stream<int> numbers(int count)
{
    for (int i = 0; i < count; ++i)
        co_yield i;
}

Task<int> sum(Stream<int> stream)
{
    int result = 0;
    for (;;) {
        const std::optional<int> item = co_await stream.next();
        if (!item)
            break;
        result += *item;
    }
    co_return result;
}

Task<int> sumForeach(Stream<int> stream)
{
    int result = 0;
    QCORO_FOREACH(const int item, stream)
        result += item;
    co_return result;
}

QCoro::AsyncGenerator<int> qcoroNumbers(int count)
{
    for (int i = 0; i < count; ++i)
        co_yield i;
}

QCoro::Task<int> qcoroSum(QCoro::AsyncGenerator<int> generator)
{
    int result = 0;
    QCORO_FOREACH(const int item, generator)
        result += item;
    co_return result;
}

void nextCoDrive(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(run(sum(numbers(Items))));
    state.SetItemsProcessed(state.iterations() * Items);
}
BENCHMARK(nextCoDrive);

void foreachCoDrive(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(run(sumForeach(numbers(Items))));
    state.SetItemsProcessed(state.iterations() * Items);
}
BENCHMARK(foreachCoDrive);

void foreachQCoro(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(QCoro::waitFor(qcoroSum(qcoroNumbers(Items))));
    state.SetItemsProcessed(state.iterations() * Items);
}
BENCHMARK(foreachQCoro);

Task<int> doubled(int value)
{
    co_return 2 * value;
}

void mapReady(benchmark::State &state, MapOptions options)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(run(sum(mapConcurrently(doubled, std::views::iota(0, Items), options))));
    state.SetItemsProcessed(state.iterations() * Items);
}
BENCHMARK_CAPTURE(mapReady, ordered, MapOptions());
BENCHMARK_CAPTURE(mapReady, unordered, MapOptions{.ordered = false});
BENCHMARK_CAPTURE(mapReady, limit4, MapOptions{.maxConcurrent = 4});

void amassReady(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(run(sum(amass(std::views::iota(0, Items) | std::views::transform(doubled)))));
    state.SetItemsProcessed(state.iterations() * Items);
}
BENCHMARK(amassReady);

void bufferedReady(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(run(sum(buffered(numbers(Items), 10))));
    state.SetItemsProcessed(state.iterations() * Items);
}
BENCHMARK(bufferedReady);

} // namespace
