// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What the tests of this room share: a scope, a log and gates that are fresh in every test, and tasks that
// hold something until their gate opens.
//
//     auto guard = run(lock.lock());
//     auto A = hold(lock.lock(), "A", a);
//     guard.release();
//     settle();
//     QCOMPARE(logged(), "A");
//     open(a);
//     QCOMPARE(logged(), "A left");

#include "words.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/shield.h>

#include <QCoreApplication>

#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace Words {

/// Awaits \a wait, whose result it holds until \a gate opens; logs its \a name when it has it and at its end.
template<typename Wait>
Task<> holder(EventLog &log, Wait wait, QString name, Event &gate)
{
    const InstanceCounter alive;
    try {
        const auto held = co_await std::move(wait);
        log << name;
        co_await gate.wait();
    } catch (const ObjectDestroyed &) {
        log << name + QStringLiteral(" destroyed");
        co_return;
    }
    log << name + QStringLiteral(" left");
}

/// Has it for a moment.
template<typename Wait>
Task<> dropper(Wait wait)
{
    const auto held = co_await std::move(wait);
}

/// Random numbers that are the same in every run.
class Dice
{
public:
    explicit Dice(quint32 seed)
        : m_engine(seed)
    {
    }
    /// From 0 to \a sides - 1.
    int roll(int sides) { return static_cast<int>(m_engine() % static_cast<quint32>(sides)); }
    std::size_t index(std::size_t size) { return m_engine() % size; }

private:
    std::mt19937 m_engine;
};

/// One turn of the event loop: what is ready runs, who yields there goes on in the next one.
inline void turn()
{
    QCoreApplication::sendPostedEvents();
}

/// Rows "seed 1" to \a count.
inline void addSeeds(int count)
{
    QTest::addColumn<quint32>("seed");
    for (int seed = 1; seed <= count; ++seed)
        QTest::addRow("seed %d", seed) << static_cast<quint32>(seed);
}

/// Base of the test classes; init() calls begin(), cleanup() verifies end().
class SyncTest
{
protected:
    void begin()
    {
        failOnWarnings();
        scope.emplace();
        other = std::make_unique<TaskScope>();
    }

    /// What the test left behind: nothing, one hopes.
    QString end()
    {
        other.reset();
        scope.reset();
        settle();
        for (Event *const gate : {&a, &b, &c, &d})
            gate->clear();
        log.take();
        return leftBehind();
    }

    template<typename Wait>
    TaskHandle<> hold(Wait wait, const char *name, Event &gate)
    {
        return scope->spawn(holder(log, std::move(wait), QString::fromLatin1(name), gate));
    }
    /// The same in the scope that a test destroys.
    template<typename Wait>
    TaskHandle<> holdInOther(Wait wait, const char *name, Event &gate)
    {
        return other->spawn(holder(log, std::move(wait), QString::fromLatin1(name), gate));
    }

    /// Whether a fresh task takes it without suspension.
    template<typename Wait>
    bool isFree(Wait wait)
    {
        TaskScope fresh;
        return fresh.spawn(dropper(std::move(wait))).isFinished();
    }

    /// What was logged since the last call.
    QString logged() { return log.take().join(QStringLiteral(", ")); }

    EventLog log;
    Event a, b, c, d;
    std::optional<TaskScope> scope;
    std::unique_ptr<TaskScope> other;
};

} // namespace Words
