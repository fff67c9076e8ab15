// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/runblocking.h>

#include <QThread>

namespace CoDrive::detail {

bool isLoopRunning()
{
    return QThread::currentThread()->loopLevel() > 0 || Loop::currentTask();
}

} // namespace CoDrive::detail
