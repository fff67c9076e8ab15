// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The world outside, pretended: hosts, a server and a database that take their time.

#include <CoDrive/core/task.h>

#include <QString>

#include <chrono>
#include <functional>
#include <stdexcept>

namespace Gallery {

/// Prints a line.
using Say = std::function<void(const QString &)>;

class ConnectionError : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// Where one can connect to.
class Host
{
public:
    Host(QString hostAddress, std::chrono::milliseconds hostLatency, bool accepts)
        : address(std::move(hostAddress))
        , latency(hostLatency)
        , isUp(accepts)
    {
    }
    QString address;
    std::chrono::milliseconds latency;
    bool isUp;
};

/// Gives the address when connected. \throws ConnectionError
CoDrive::Task<QString> connectTo(Host host);

CoDrive::Task<> downloadPage(QString page);

/// Does not answer the first time, refuses the second time, and is well then.
class MoodyServer
{
public:
    /// \throws ConnectionError
    CoDrive::Task<QString> fetch();

private:
    int m_requests = 0;
};

class Database
{
public:
    explicit Database(Say say)
        : m_say(std::move(say))
    {
    }
    CoDrive::Task<> writeAll();
    CoDrive::Task<> commit();
    CoDrive::Task<> rollBack();

private:
    Say m_say;
};

} // namespace Gallery
