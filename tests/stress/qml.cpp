// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Commands of every policy: started, cancelled, repeated, set back and destroyed at random, also by their own runs and
// in handlers of their signals.

#include "world.h"

#include <CoDrive/core/yield.h>
#include <CoDrive/qml/asynccommand.h>
#include <CoDrive/qt/signal.h>

#include <QSet>

namespace Stress {

namespace {

/// A command, and what is known of its runs.
class Commander
{
public:
    Commander(World &world, CommandPolicy policy)
        : m_world(world)
        , m_policy(policy)
    {
        const auto function = [&world, frames = m_frames, runs = m_runs](int value) {
            return run(world, frames, runs, value);
        };
        m_command = std::make_unique<AsyncCommand>(function, CommandOptions{.policy = policy});
        QObject::connect(m_command.get(), &AsyncCommand::runningChanged, [this] { m_world.maybeAct(10); });
        QObject::connect(m_command.get(), &AsyncCommand::valueChanged, [this](const QVariant &value) {
            check(!value.isValid() || m_runs->values.contains(value.toInt()), "a command shows what no run has given");
            m_world.maybeAct(10);
        });
    }
    Commander(const Commander &) = delete;
    ~Commander()
    {
        m_frames->isOwnerGone = true;
        m_command.reset();
    }

    AsyncCommand &command() { return *m_command; }
    const FramesPointer &frames() const { return m_frames; }
    /// With nothing up the stack.
    void checkStill() const
    {
        // What was set back counts from there, as soon as what ran has ended.
        const int count = m_command->runCount();
        check(m_wasReset ? count <= m_runs->begun : count == m_runs->begun, "a command has not counted its runs");
        const bool isSingle = m_policy != CommandPolicy::Parallel;
        // One that was cancelled may still be on its way out when the next one begins, but not of these.
        check(!isSingle || m_policy == CommandPolicy::Restart || m_runs->live <= 1, "two runs at the same time");
        check(m_runs->live == 0 || m_command->isRunning(), "a command runs and does not say so");
    }
    void checkEmpty() const { check(!m_command->isRunning() && m_runs->live == 0, "a command still runs"); }
    void reset()
    {
        m_wasReset = true;
        m_command->reset();
    }

private:
    /// May outlive the command by a moment (law L14).
    struct Runs
    {
        int begun = 0;
        int live = 0;
        QSet<int> values;
    };

    class Live
    {
    public:
        explicit Live(std::shared_ptr<Runs> ownRuns)
            : m_runs(std::move(ownRuns))
        {
            ++m_runs->begun;
            ++m_runs->live;
        }
        Live(Live &&) = delete;
        ~Live() { --m_runs->live; }

    private:
        const std::shared_ptr<Runs> m_runs;
    };

    static Task<int> run(World &world, FramesPointer frames, std::shared_ptr<Runs> runs, int value)
    {
        const Live live(runs);
        Place place = apart(world, 1 + world.random.below(3));
        place.frames = frames;
        const Alive alive(world, place);
        reportProgress(0.5, QStringLiteral("half"));
        const int result = co_await node(world, inside(place), value);
        runs->values.insert(result);
        co_return result;
    }

    World &m_world;
    const CommandPolicy m_policy;
    const FramesPointer m_frames = std::make_shared<Frames>();
    bool m_wasReset = false;
    const std::shared_ptr<Runs> m_runs = std::make_shared<Runs>();
    std::unique_ptr<AsyncCommand> m_command; // last: its runs go first
};

class Qml final : public Room
{
public:
    explicit Qml(World &ownWorld)
        : Room(ownWorld)
    {
        for (std::size_t i = 0; i < m_commanders.size(); ++i)
            m_commanders[i] = make(i);
    }

    Task<> work(Place place) override;
    void poke() override;
    void release() override;
    void checkStill() override;
    void checkEmpty() override;

private:
    std::unique_ptr<Commander> make(std::size_t index)
    {
        constexpr CommandPolicy policies[] = {CommandPolicy::Drop, CommandPolicy::Restart, CommandPolicy::Enqueue,
                                              CommandPolicy::KeepLatest, CommandPolicy::Parallel};
        return std::make_unique<Commander>(world, policies[index]);
    }
    void renew(std::size_t index)
    {
        const std::unique_ptr<Commander> old = std::exchange(m_commanders[index], make(index));
        m_destroyed.push_back(old->frames());
    }

    std::array<std::unique_ptr<Commander>, 5> m_commanders;
    std::vector<FramesPointer> m_destroyed;
};

/// Waits until a command has ended.
Task<> Qml::work(Place place)
{
    const Alive alive(world, place);
    if (world.isQuiet) {
        co_await yieldNow();
        co_return;
    }
    AsyncCommand &command = world.random.oneOf(m_commanders)->command();
    if (!command.isRunning())
        command.start(world.value());
    else if (!place.mustEnd) // it may be a run of that command, which nobody can end
        co_await nextSignal(&command, &AsyncCommand::runningChanged);
    ++world.segments;
}

void Qml::poke()
{
    const auto index = static_cast<std::size_t>(world.random.below(static_cast<int>(m_commanders.size())));
    Commander &commander = *m_commanders[index];
    switch (world.random.below(12)) {
    case 0:
    case 1:
        world.quietly([&] { commander.command().cancel(); });
        break;
    case 2:
        if (!world.isFull())
            commander.command().retry();
        break;
    case 3:
        if (world.random.oneIn(2))
            commander.reset();
        break;
    case 4:
        renew(index);
        break;
    default:
        if (!world.isFull())
            commander.command().start(world.value());
    }
}

void Qml::release()
{
    for (auto &commander : m_commanders)
        commander->command().cancel();
}

void Qml::checkStill()
{
    for (const auto &commander : m_commanders)
        commander->checkStill();
    for (const FramesPointer &frames : m_destroyed)
        check(frames->count == 0, "frames have outlived their command");
    m_destroyed.clear();
}

void Qml::checkEmpty()
{
    for (const auto &commander : m_commanders)
        commander->checkEmpty();
    for (std::size_t i = 0; i < m_commanders.size(); ++i)
        renew(i);
    m_destroyed.clear();
}

const RoomEntry s_entry("qml", [](World &world) -> std::unique_ptr<Room> { return std::make_unique<Qml>(world); });

} // namespace

} // namespace Stress
