// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "world.h"

#include <CoDrive/core/sleep.h>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace Gallery {

Task<QString> connectTo(Host host)
{
    co_await sleepFor(host.latency);
    if (!host.isUp)
        throw ConnectionError("connection refused");
    co_return host.address;
}

Task<> downloadPage(QString)
{
    co_await sleepFor(100ms);
}

Task<QString> MoodyServer::fetch()
{
    ++m_requests;
    if (m_requests == 1)
        co_await waitForever();
    co_await sleepFor(200ms);
    if (m_requests == 2)
        throw ConnectionError("connection refused");
    co_return QStringLiteral("hello");
}

Task<> Database::writeAll()
{
    m_say(QStringLiteral("writing"));
    co_await sleepFor(5s);
}

Task<> Database::commit()
{
    co_await sleepFor(200ms);
    m_say(QStringLiteral("committed"));
}

Task<> Database::rollBack()
{
    co_await sleepFor(200ms);
    m_say(QStringLiteral("rolled back"));
}

} // namespace Gallery
