// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/awaitables.h>

namespace CoDrive {

DaemonReturnError::DaemonReturnError()
    : std::logic_error("CoDrive::ensureDaemon: the daemon has returned")
{
}

DaemonReturnError::~DaemonReturnError() = default;

} // namespace CoDrive
