// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// The speed between threads, with Qt's queued calls beside it. What counts is the ratio within one run.

#include <CoDrive/core/run.h>
#include <CoDrive/tasks/taskscope.h>
#include <CoDrive/threads/threadloop.h>
#include <CoDrive/threads/threadsafeevent.h>
#include <CoDrive/threads/threadsafestate.h>

#include <QCoreApplication>
#include <QEventLoop>
#include <QObject>
#include <QThread>
#include <QTimer>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace {

constexpr int RoundTrips = 10'000;

Task<> echo(ThreadsafeState<int> &there, ThreadsafeState<int> &back)
{
    for (int i = 1; i <= RoundTrips; ++i) {
        co_await there.waitUntil([i](int value) { return value == i; });
        back.set(i);
    }
}

Task<> callAndListen(ThreadsafeState<int> &there, ThreadsafeState<int> &back)
{
    for (int i = 1; i <= RoundTrips; ++i) {
        there.set(i);
        co_await back.waitUntil([i](int value) { return value == i; });
    }
}

/// A task sets a state that a task of another thread waits for, which answers in the same way.
void roundTripState(benchmark::State &state)
{
    ThreadLoop loop;
    for (auto _ : state) {
        ThreadsafeState<int> there(0);
        ThreadsafeState<int> back(0);
        ThreadTask<> other = loop.spawn(echo(there, back));
        run(callAndListen(there, back));
        run(std::move(other));
    }
    state.SetItemsProcessed(state.iterations() * RoundTrips);
}
BENCHMARK(roundTripState)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The same with observers: no task is involved.
void roundTripObserve(benchmark::State &state)
{
    ThreadLoop loop;
    std::optional<QObject> remote;
    for (auto _ : state) {
        ThreadsafeState<int> there(0);
        ThreadsafeState<int> back(0);
        QEventLoop eventLoop;
        QObject home;
        loop.runSync([&]() -> Task<> {
            remote.emplace();
            there.observe(&*remote, [&](int value) { back.set(value); });
            co_return;
        });
        back.observe(&home, [&](int value) {
            if (value == RoundTrips)
                eventLoop.quit();
            else
                there.set(value + 1);
        });
        there.set(1);
        eventLoop.exec();
        loop.runSync([&]() -> Task<> {
            remote.reset();
            co_return;
        });
    }
    state.SetItemsProcessed(state.iterations() * RoundTrips);
}
BENCHMARK(roundTripObserve)->UseRealTime()->Unit(benchmark::kMillisecond);

void call(QObject &home, QObject &remote, QEventLoop &eventLoop, int round)
{
    QMetaObject::invokeMethod(
        &remote,
        [&home, &remote, &eventLoop, round] {
            QMetaObject::invokeMethod(
                &home,
                [&home, &remote, &eventLoop, round] {
                    if (round == RoundTrips)
                        eventLoop.quit();
                    else
                        call(home, remote, eventLoop, round + 1);
                },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

void roundTripInvokeMethod(benchmark::State &state)
{
    QThread thread;
    QObject remote;
    QObject home;
    remote.moveToThread(&thread);
    thread.start();
    for (auto _ : state) {
        QEventLoop eventLoop;
        call(home, remote, eventLoop, 1);
        eventLoop.exec();
    }
    state.SetItemsProcessed(state.iterations() * RoundTrips);
    thread.quit();
    thread.wait();
}
BENCHMARK(roundTripInvokeMethod)->UseRealTime()->Unit(benchmark::kMillisecond);

constexpr int Updates = 1'000'000;

/// A million updates by another thread: how many notices this thread gets a turn of its loop.
void burstOfUpdates(benchmark::State &state)
{
    qint64 notices = 0;
    qint64 turns = 0;
    qint64 most = 0;
    for (auto _ : state) {
        ThreadsafeState<int> watched(0);
        QObject context;
        int inThisTurn = 0;
        watched.observe(&context, [&](int) {
            ++notices;
            ++inThisTurn;
        });
        std::atomic<bool> isOver = false;
        std::jthread writer([&] {
            for (int i = 1; i <= Updates; ++i)
                watched.set(i);
            isOver = true;
        });
        while (!isOver) {
            inThisTurn = 0;
            ++turns;
            QCoreApplication::processEvents();
            most = std::max<qint64>(most, inThisTurn);
        }
    }
    state.counters["notices"] = static_cast<double>(notices);
    state.counters["turns"] = static_cast<double>(turns);
    state.counters["mostInATurn"] = static_cast<double>(most);
    state.SetItemsProcessed(state.iterations() * Updates);
}
BENCHMARK(burstOfUpdates)->UseRealTime()->Unit(benchmark::kMillisecond);

constexpr int ReadyTasks = 100'000;

void spinFor(std::chrono::microseconds time)
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) { }
}

Task<> busyTask(ThreadsafeEvent &go)
{
    co_await go.wait();
    spinFor(10us);
}

/// The most that a timer of 16 ms is late while so many tasks are ready that each take 10 us.
void timerBesideReadyTasks(benchmark::State &state)
{
    using Clock = std::chrono::steady_clock;
    double latest = 0;
    for (auto _ : state) {
        ThreadsafeEvent go;
        TaskScope scope;
        for (int i = 0; i < ReadyTasks; ++i)
            scope.spawn(busyTask(go));
        QTimer timer;
        timer.setTimerType(Qt::PreciseTimer);
        Clock::time_point due;
        QObject::connect(&timer, &QTimer::timeout, [&] {
            const auto now = Clock::now();
            const std::chrono::duration<double, std::milli> late = now - due;
            latest = std::max(latest, late.count());
            due = std::max(due + 16ms, now);
        });
        due = Clock::now() + 16ms;
        timer.start(16);
        std::jthread opener([&] { go.set(); });
        run(scope.join());
    }
    state.counters["maxLatenessMs"] = latest;
    state.SetItemsProcessed(state.iterations() * ReadyTasks);
}
BENCHMARK(timerBesideReadyTasks)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(3);

} // namespace
