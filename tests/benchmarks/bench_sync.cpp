// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// What it costs to hand something from task to task: each item is one hand-over, the wait for it included.

#include <CoDrive/core/run.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/sync/condition.h>
#include <CoDrive/sync/lock.h>
#include <CoDrive/sync/nestablelock.h>
#include <CoDrive/sync/pulse.h>
#include <CoDrive/sync/queue.h>
#include <CoDrive/sync/rwlock.h>
#include <CoDrive/sync/semaphore.h>
#include <CoDrive/tasks/gather.h>

#include <benchmark/benchmark.h>

using namespace CoDrive;

namespace {

constexpr int Rounds = 100'000;

Task<> answer(Pulse<> &mine, Pulse<> &theirs)
{
    for (int i = 0; i < Rounds; ++i) {
        co_await mine;
        theirs.fire();
    }
}

Task<> ask(Pulse<> &mine, Pulse<> &theirs)
{
    for (int i = 0; i < Rounds; ++i) {
        theirs.fire();
        co_await mine;
    }
}

void pulse(benchmark::State &state)
{
    for (auto _ : state) {
        Pulse<> there;
        Pulse<> back;
        run(gather(answer(there, back), ask(back, there)));
    }
    state.SetItemsProcessed(state.iterations() * 2 * Rounds);
}
BENCHMARK(pulse);

Task<> answerValue(Pulse<int> &mine, Pulse<int> &theirs)
{
    for (int i = 0; i < Rounds; ++i) {
        const int value = co_await mine;
        theirs.fire(value + 1);
    }
}

Task<> askValue(Pulse<int> &mine, Pulse<int> &theirs)
{
    int value = 0;
    for (int i = 0; i < Rounds; ++i) {
        theirs.fire(value);
        value = co_await mine;
    }
}

void pulseWithValue(benchmark::State &state)
{
    for (auto _ : state) {
        Pulse<int> there;
        Pulse<int> back;
        run(gather(answerValue(there, back), askValue(back, there)));
    }
    state.SetItemsProcessed(state.iterations() * 2 * Rounds);
}
BENCHMARK(pulseWithValue);

// Two tasks that both want it all the time: each release hands it to the other one.

Task<> contend(Lock &lock)
{
    for (int i = 0; i < Rounds; ++i)
        const Lock::Guard guard = co_await lock.lock();
}

Task<> contend(NestableLock &lock)
{
    for (int i = 0; i < Rounds; ++i)
        const NestableLock::Guard guard = co_await lock.lock();
}

Task<> contend(Semaphore &semaphore)
{
    for (int i = 0; i < Rounds; ++i)
        const Semaphore::Permit permit = co_await semaphore.acquire();
}

Task<> contend(RwLock &lock)
{
    for (int i = 0; i < Rounds; ++i)
        const RwLock::Guard guard = co_await lock.lockWrite();
}

Task<> contendFromAHold(auto &primitive, auto wait)
{
    {
        const auto held = co_await std::move(wait);
        co_await yieldNow();
    }
    co_await contend(primitive);
}

template<typename Primitive, typename MakeWait>
void contended(benchmark::State &state, Primitive &primitive, MakeWait makeWait)
{
    for (auto _ : state)
        run(gather(contendFromAHold(primitive, makeWait()), contend(primitive)));
    state.SetItemsProcessed(state.iterations() * 2 * Rounds);
}

void lockHandOver(benchmark::State &state)
{
    Lock lock;
    contended(state, lock, [&] { return lock.lock(); });
}
BENCHMARK(lockHandOver);

void nestableLockHandOver(benchmark::State &state)
{
    NestableLock lock;
    contended(state, lock, [&] { return lock.lock(); });
}
BENCHMARK(nestableLockHandOver);

void semaphoreHandOver(benchmark::State &state)
{
    Semaphore semaphore(1);
    contended(state, semaphore, [&] { return semaphore.acquire(); });
}
BENCHMARK(semaphoreHandOver);

void rwLockHandOver(benchmark::State &state)
{
    RwLock lock;
    contended(state, lock, [&] { return lock.lockWrite(); });
}
BENCHMARK(rwLockHandOver);

Task<> lockAlone(Lock &lock)
{
    co_await contend(lock);
}

void lockWithoutWaiting(benchmark::State &state)
{
    Lock lock;
    for (auto _ : state)
        run(lockAlone(lock));
    state.SetItemsProcessed(state.iterations() * Rounds);
}
BENCHMARK(lockWithoutWaiting);

Task<> echo(Queue<int> &mine, Queue<int> &theirs)
{
    for (int i = 0; i < Rounds; ++i) {
        const int value = co_await mine.get();
        co_await theirs.put(value);
    }
}

Task<> send(Queue<int> &mine, Queue<int> &theirs)
{
    for (int i = 0; i < Rounds; ++i) {
        co_await theirs.put(i);
        co_await mine.get();
    }
}

void queue(benchmark::State &state)
{
    for (auto _ : state) {
        Queue<int> there;
        Queue<int> back;
        run(gather(echo(there, back), send(back, there)));
    }
    state.SetItemsProcessed(state.iterations() * 2 * Rounds);
}
BENCHMARK(queue);

Task<> produce(Queue<int> &items)
{
    for (int i = 0; i < Rounds; ++i)
        co_await items.put(i);
}

Task<> consume(Queue<int> &items)
{
    for (int i = 0; i < Rounds; ++i)
        co_await items.get();
}

void queueWithCapacity(benchmark::State &state)
{
    for (auto _ : state) {
        Queue<int> items(state.range(0));
        run(gather(produce(items), consume(items)));
    }
    state.SetItemsProcessed(state.iterations() * Rounds);
}
BENCHMARK(queueWithCapacity)->Arg(1)->Arg(100);

Task<> notify(Lock &lock, Condition &changed)
{
    Lock::Guard guard = co_await lock.lock();
    for (int i = 0; i < Rounds; ++i) {
        changed.notifyOne();
        co_await changed.wait(guard);
    }
    changed.notifyOne();
}

void condition(benchmark::State &state)
{
    Lock lock;
    Condition changed(lock);
    for (auto _ : state)
        run(gather(notify(lock, changed), notify(lock, changed)));
    state.SetItemsProcessed(state.iterations() * 2 * Rounds);
}
BENCHMARK(condition);

} // namespace
