// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "patterns.h"

#include <CoDrive/core/sleep.h>
#include <CoDrive/sync/event.h>
#include <CoDrive/tasks/context.h>
#include <CoDrive/tasks/race.h>

#include <deque>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace Gallery {

static Task<> passOn(Event &turn)
{
    co_await sleepFor(250ms);
    turn.set();
}

static Task<QString> connectInTurn(Event &turn, Event &next, Host host, Say say)
{
    co_await turn.wait();
    say(QStringLiteral("trying %1").arg(host.address));
    try {
        co_return co_await contextualize(passOn(next), [&] { return connectTo(host); });
    } catch (...) {
        next.set();
        throw;
    }
}

Task<QString> connectToFirst(std::vector<Host> hosts, Say say)
{
    std::deque<Event> turns(hosts.size() + 1);
    turns.front().set();
    std::vector<Task<QString>> attempts;
    for (std::size_t i = 0; i < hosts.size(); ++i)
        attempts.push_back(connectInTurn(turns[i], turns[i + 1], hosts[i], say));
    FirstSuccess<QString> first = co_await firstSuccess(std::move(attempts));
    co_return std::move(first.value);
}

} // namespace Gallery
