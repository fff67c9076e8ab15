// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What every file of the stress has: the run that goes on, and what becomes of a broken promise.

#include <QElapsedTimer>
#include <QString>

#include <memory>

namespace Stress {

class Room;
class World;

/// A random schedule of one room, from one seed.
struct Run
{
    const char *room = "";
    quint64 seed = 1;
    qint64 step = 0;
    qint64 steps = 0; ///< so many are wanted
    qint64 milliseconds = 0; ///< it ends after so long; 0: never
    QElapsedTimer time;
    bool isTraced = false;

    bool isOver() const { return step >= steps || (milliseconds > 0 && time.elapsed() >= milliseconds); }
};

extern Run s_run;

/// Prints what must not be, with the seed and the step, and ends the program.
[[noreturn]] void fail(const char *what, const QString &more = {});

inline void check(bool condition, const char *what)
{
    if (Q_UNLIKELY(!condition))
        fail(what);
}

void printTrace(const char *what, quint64 id);

inline void trace(const char *what, quint64 id = 0)
{
    if (Q_UNLIKELY(s_run.isTraced))
        printTrace(what, id);
}

/// splitmix64: the same numbers everywhere.
class Random
{
public:
    explicit Random(quint64 seed)
        : m_state(seed)
    {
    }
    quint64 next()
    {
        quint64 z = (m_state += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    /// From 0 to \a end - 1.
    int below(int end) { return static_cast<int>(next() % static_cast<quint64>(end)); }
    bool oneIn(int n) { return below(n) == 0; }
    template<typename Container>
    auto &oneOf(Container &container)
    {
        return container[static_cast<std::size_t>(below(static_cast<int>(container.size())))];
    }

private:
    quint64 m_state;
};

/// Makes a room known under its name:
///
///     const RoomEntry entry("sync",
///                           [](World &world) -> std::unique_ptr<Room> { return std::make_unique<Sync>(world); });
class RoomEntry
{
public:
    using Make = std::unique_ptr<Room> (*)(World &);

    RoomEntry(const char *roomName, Make makeRoom);

    const char *name;
    Make make;
    const RoomEntry *next; ///< the one made known before

    static const RoomEntry *first();
};

} // namespace Stress
