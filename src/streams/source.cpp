// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/errors.h>
#include <CoDrive/core/taskinfo.h>
#include <CoDrive/streams/detail/source.h>
#include <CoDrive/tasks/shield.h>

namespace CoDrive::detail {

void throwSourceDestroyed()
{
    throw ObjectDestroyed(QStringLiteral("CoDrive::Stream: the source"));
}

Task<> DetachedAsk::join()
{
    try {
        co_await JoinOperation<void, Take::Copy>(m_task);
    } catch (const Cancelled &) {
        // That is an end too.
    }
}

Task<> DetachedAsk::waitForEnd()
{
    const bool wasRequested = currentTask().cancelRequested;
    co_await shieldForever(join());
    if (wasRequested)
        co_await checkpoint();
}

} // namespace CoDrive::detail
