// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "patterns.h"

#include <CoDrive/tasks/cleanup.h>

using namespace CoDrive;

namespace Gallery {

Task<> writeInTransaction(Database &database)
{
    bool isWritten = false;
    const auto write = [&]() -> Task<> {
        co_await database.writeAll();
        isWritten = true;
    };
    const auto end = [&]() -> Task<> { return isWritten ? database.commit() : database.rollBack(); };
    co_await withCleanup(write, end);
}

} // namespace Gallery
