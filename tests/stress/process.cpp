// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Signals of the system, raised at random. When nobody listens any more, what they did before is restored.

#include "world.h"

#include <CoDrive/core/yield.h>
#include <CoDrive/process/signal.h>
#include <CoDrive/process/watchsignal.h>
#include <CoDrive/tasks/timeout.h>

#include <QtGlobal>

#ifdef Q_OS_UNIX

namespace Stress {

namespace {

class Process final : public Room
{
public:
    explicit Process(World &ownWorld)
        : Room(ownWorld)
    {
        for (const int code : Codes)
            std::signal(code, SIG_IGN);
    }
    ~Process() override
    {
        for (const int code : Codes)
            std::signal(code, SIG_DFL);
    }

    Task<> work(Place place) override;
    void poke() override { std::raise(world.random.oneOf(Codes)); }
    void release() override
    {
        for (const int code : Codes)
            std::raise(code);
    }
    bool knows(const std::exception &error) const override
    {
        // Handlers of one signal cannot be nested.
        return dynamic_cast<const SignalReceived *>(&error)
            || QByteArray(error.what()).contains("withSignalHandler");
    }
    void checkEmpty() override
    {
        for (const int code : Codes) {
            struct sigaction action = {};
            ::sigaction(code, nullptr, &action);
            check(action.sa_handler == SIG_IGN, "what a signal did before was not restored");
        }
    }
    bool hasThreads() const override { return true; } // one that hears the signals

private:
    static constexpr std::array<int, 2> Codes{SIGUSR1, SIGUSR2};

    Task<> await(Place place);
    Task<> watch(Place place);
    Task<> handle(Place place);
};

Task<> Process::await(Place place)
{
    const Alive alive(world, place);
    const int first = world.random.oneOf(Codes);
    const SignalSet set = world.random.oneIn(2) ? SignalSet(first) : SignalSet(SIGUSR1, SIGUSR2);
    const Suspension wait(place, true);
    const int code = co_await waitForSignal(set);
    wait.passed();
    check(set.contains(code), "a signal came that was not awaited");
}

Task<> Process::watch(Place place)
{
    const Alive alive(world, place);
    const int first = world.random.oneOf(Codes);
    const SignalSet set = world.random.oneIn(2) ? SignalSet(first) : SignalSet(SIGUSR1, SIGUSR2);
    Stream<int> raised = watchSignal(set);
    for (int i = world.random.below(4); i >= 0 && !world.isQuiet; --i) {
        ++s_run.step;
        std::optional<int> code;
        bool isInTime = true;
        if (world.random.oneIn(2)) {
            const std::optional<std::optional<int>> result = co_await moveOnAfter(2ms, raised.next());
            isInTime = result.has_value();
            if (isInTime)
                code = *result;
        } else {
            code = co_await raised.next();
        }
        ++world.segments;
        check(!isInTime || (code && set.contains(*code)), "a signal came that was not watched");
    }
    if (world.random.oneIn(3))
        co_await raised.close();
}

Task<> Process::handle(Place place)
{
    const Alive alive(world, place);
    const int code = world.random.oneOf(Codes);
    const int value = world.value();
    const Place child = below(world, place);
    child.record->request(MostRequests);
    const auto body = [&] { return node(world, child, value); };
    try {
        const int result = co_await withSignalHandler(SignalSet(code), body);
        ++world.segments;
        check(result == value, "withSignalHandler() has given another value");
    } catch (const SignalReceived &) {
        if (world.random.oneIn(2))
            throw;
    }
}

Task<> Process::work(Place place)
{
    const Alive alive(world, place);
    switch (world.isQuiet ? -1 : world.random.below(3)) {
    case -1:
        co_await yieldNow();
        break;
    case 0:
        co_await await(inside(place));
        break;
    case 1:
        co_await watch(inside(place));
        break;
    default:
        co_await handle(inside(place));
    }
}

const RoomEntry s_entry("process",
                        [](World &world) -> std::unique_ptr<Room> { return std::make_unique<Process>(world); });

} // namespace

} // namespace Stress

#endif
