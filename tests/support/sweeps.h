// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Sweeps: a scenario is run once to count the places where it waits, and then once for each place and each thing that
// may happen there: cancelled, cancelled twice, destroyed, completed and cancelled in the same turn, in both orders.
//
//     sweep([](Stage &stage) -> Task<> { co_await gather(stage.point(), stage.point()); },
//           [](const SweepStep &step) { QVERIFY(step.handle.isFinished()); });
//
// The places are the points of the stage, which the sweep opens one after the other, in the order in which they were
// reached. After each run nothing may be left: no frame, no ready task, no deadline, nobody at a point.

#include "words.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace Words {

/// Where the tasks of a scenario wait.
class Stage
{
public:
    /// Waits until the sweep opens it.
    Task<> point()
    {
        const InstanceCounter alive;
        Event gate;
        const Place place(*this, gate);
        co_await gate.wait();
    }

    /// How many points were reached so far.
    int reached() const { return m_reached; }
    bool isEmpty() const { return m_waiting.empty(); }
    /// Opens the point that was reached first.
    void openFirst() { m_waiting.front()->set(); }
    /// Whether a point is left that has not been opened.
    bool hasShut() const { return !m_waiting.empty() && !m_waiting.front()->isSet(); }

private:
    class Place
    {
    public:
        Place(Stage &stage, Event &gate)
            : m_stage(stage)
            , m_gate(gate)
        {
            m_stage.m_waiting.push_back(&m_gate);
            ++m_stage.m_reached;
        }
        Place(Place &&) = delete;
        ~Place() { std::erase(m_stage.m_waiting, &m_gate); }

    private:
        Stage &m_stage;
        Event &m_gate;
    };

    std::vector<Event *> m_waiting;
    int m_reached = 0;
};

enum class SweepAction { None, Cancel, CancelTwice, Destroy, CompleteThenCancel, CancelThenComplete };

/// One run of a sweep, when it is over.
struct SweepStep
{
    SweepAction action;
    int at; ///< the point where it happened, counted from 0; -1: nowhere
    TaskHandle<> handle; ///< of the scenario's task
};

/// The name of an action, for messages.
inline const char *nameOf(SweepAction action)
{
    static constexpr const char *Names[] = {"nothing",  "cancel", "cancel twice",
                                            "destroy", "complete, then cancel", "cancel, then complete"};
    return Names[static_cast<int>(action)];
}

namespace detail {

inline int runSweepStep(const std::function<Task<>(Stage &)> &scenario, SweepStep &step)
{
    Stage stage;
    auto owner = std::make_unique<TaskScope>();
    owner->onError([](std::exception_ptr, const TaskInfo &) { });
    step.handle = owner->spawn(scenario(stage), QStringLiteral("scenario"));
    settle();
    int opened = 0;
    // A scenario that goes on for ever is a mistake of the test.
    while (!stage.isEmpty() && opened < 10'000) {
        if (opened == step.at) {
            switch (step.action) {
            case SweepAction::None:
                break;
            case SweepAction::CancelTwice:
                step.handle.cancel();
                settle();
                [[fallthrough]];
            case SweepAction::Cancel:
                step.handle.cancel();
                settle();
                break;
            case SweepAction::Destroy:
                owner.reset();
                break;
            case SweepAction::CompleteThenCancel:
                stage.openFirst();
                step.handle.cancel();
                settle();
                break;
            case SweepAction::CancelThenComplete:
                step.handle.cancel();
                stage.openFirst();
                settle();
                break;
            }
        }
        ++opened;
        if (stage.hasShut()) {
            stage.openFirst();
            settle();
        }
    }
    return opened;
}

} // namespace detail

/// Runs \a scenario in all ways; \a check is called after each. Returns the number of runs; 0 when something was left
/// behind, which fails the test.
inline int sweep(const std::function<Task<>(Stage &)> &scenario, const std::function<void(const SweepStep &)> &check)
{
    int runs = 0;
    const auto once = [&](SweepAction action, int at) {
        SweepStep step{action, at, {}};
        const int points = detail::runSweepStep(scenario, step);
        const QString left = leftBehind();
        const QByteArray where = QStringLiteral("%1 at point %2: %3 left, %4")
                                     .arg(QLatin1String(nameOf(action)))
                                     .arg(at)
                                     .arg(left, text(step.handle))
                                     .toUtf8();
        ++runs;
        if (!QTest::qVerify(left.isEmpty() && step.handle.isFinished(), "nothing is left", where, __FILE__, __LINE__))
            return -1;
        check(step);
        if (QTest::currentTestFailed()) {
            qWarning("the sweep failed at: %s", where.constData());
            return -1;
        }
        return points;
    };
    const int points = once(SweepAction::None, -1);
    if (points < 0)
        return 0;
    for (const SweepAction action : {SweepAction::Cancel, SweepAction::CancelTwice, SweepAction::Destroy,
                                     SweepAction::CompleteThenCancel, SweepAction::CancelThenComplete}) {
        for (int at = 0; at < points; ++at) {
            if (once(action, at) < 0)
                return 0;
        }
    }
    return runs;
}

} // namespace Words
