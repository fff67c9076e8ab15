// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "patterns.h"

#include <CoDrive/sync/semaphore.h>
#include <CoDrive/tasks/taskgroup.h>

using namespace CoDrive;

namespace Gallery {

static Task<> fetchPage(QString page, Semaphore::Permit, Say say)
{
    say(QStringLiteral("fetching %1").arg(page));
    co_await downloadPage(page);
    say(QStringLiteral("got %1").arg(page));
}

Task<> fetchAll(QStringList pages, int limit, Say say)
{
    Semaphore permits(limit);
    co_await withTaskGroup([&](TaskGroup &group) -> Task<> {
        for (const QString &page : pages) {
            Semaphore::Permit permit = co_await permits.acquire();
            group.spawn(fetchPage(page, std::move(permit), say));
        }
    });
}

} // namespace Gallery
