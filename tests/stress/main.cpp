// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// A random schedule of each room: trees of tasks out of every combinator that use what the room has, and everything
// that can be done to them from outside, from inside running tasks, from destructors and from nested event loops.
//
//     stress [--room NAME]... [--seed N] [--steps N | --minutes M] [--trace]
//
// Without --room: all rooms. Steps are for each room, minutes for all of them together. They are cut into runs of at
// most 100 000 steps, each with a seed of its own, the next number; the first broken promise is printed with the
// arguments that show it again, and ends the program. Time is virtual and there is one thread, so that a seed gives the
// same run again; in the rooms that have threads it gives the same schedule of what is done from outside.

#include "world.h"

#include <QCoreApplication>
#include <QStringList>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace Stress;

namespace Stress {

Run s_run;

static const RoomEntry *s_firstEntry = nullptr;

RoomEntry::RoomEntry(const char *roomName, Make makeRoom)
    : name(roomName)
    , make(makeRoom)
    , next(std::exchange(s_firstEntry, this))
{
}

const RoomEntry *RoomEntry::first()
{
    return s_firstEntry;
}

void fail(const char *what, const QString &more)
{
    std::fprintf(stderr, "FAIL: %s %s\n  stress --room %s --seed %llu --steps %lld\n", what, qPrintable(more),
                 s_run.room, static_cast<unsigned long long>(s_run.seed), static_cast<long long>(s_run.step + 1));
    std::fflush(stderr);
    std::abort();
}

void printTrace(const char *what, quint64 id)
{
    std::fprintf(stderr, "%lld %s %llu\n", static_cast<long long>(s_run.step), what,
                 static_cast<unsigned long long>(id));
}

} // namespace Stress

namespace {

constexpr qint64 StepsOfARun = 100000;

[[noreturn]] void explain()
{
    std::fprintf(stderr, "usage: stress [--room NAME]... [--seed N] [--steps N | --minutes M] [--trace]\nrooms:");
    for (const RoomEntry *entry = RoomEntry::first(); entry; entry = entry->next)
        std::fprintf(stderr, " %s", entry->name);
    std::fprintf(stderr, "\n");
    std::exit(2);
}

void runRoom(const RoomEntry &room, quint64 seed, qint64 steps, qint64 milliseconds)
{
    std::printf("stress --room %s --seed %llu --steps %lld\n", room.name, static_cast<unsigned long long>(seed),
                static_cast<long long>(steps));
    std::fflush(stdout);
    QElapsedTimer time;
    time.start();
    s_run.room = room.name;
    s_run.time = time;
    s_run.milliseconds = milliseconds;
    qint64 done = 0;
    do {
        s_run.seed = seed++;
        s_run.step = 0;
        s_run.steps = qMin(steps - done, StepsOfARun);
        World::runOne(room);
        done += s_run.step;
    } while (done < steps && (milliseconds <= 0 || time.elapsed() < milliseconds));
    const qint64 taken = qMax<qint64>(time.elapsed(), 1);
    std::printf("%s: %lld steps, %lld ms, %lld steps/s\n", room.name, static_cast<long long>(done),
                static_cast<long long>(taken), static_cast<long long>(done * 1000 / taken));
    std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    quint64 seed = 1;
    qint64 steps = StepsOfARun;
    double minutes = 0;
    std::vector<const RoomEntry *> rooms;
    const QStringList arguments = app.arguments();
    for (qsizetype i = 1; i < arguments.size(); ++i) {
        const QString &argument = arguments[i];
        bool isNumber = true;
        if (argument == QStringLiteral("--trace")) {
            s_run.isTraced = true;
        } else if (i + 1 == arguments.size()) {
            explain();
        } else if (argument == QStringLiteral("--seed")) {
            seed = arguments[++i].toULongLong(&isNumber);
        } else if (argument == QStringLiteral("--steps")) {
            steps = arguments[++i].toLongLong(&isNumber);
        } else if (argument == QStringLiteral("--minutes")) {
            minutes = arguments[++i].toDouble(&isNumber);
            steps = std::numeric_limits<qint64>::max();
        } else if (argument == QStringLiteral("--room")) {
            const QString name = arguments[++i];
            const RoomEntry *entry = RoomEntry::first();
            while (entry && name != QLatin1String(entry->name))
                entry = entry->next;
            if (!entry)
                explain();
            rooms.push_back(entry);
        } else {
            explain();
        }
        if (!isNumber)
            explain();
    }
    if (rooms.empty()) {
        for (const RoomEntry *entry = RoomEntry::first(); entry; entry = entry->next)
            rooms.push_back(entry);
    }
    const auto milliseconds = static_cast<qint64>(minutes * 60000 / static_cast<double>(rooms.size()));
    for (const RoomEntry *const room : rooms)
        runRoom(*room, seed, steps, milliseconds);
    return 0;
}
