// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The patterns, a file each.

#include "world.h"

#include <QStringList>

#include <vector>

namespace Gallery {

/// Happy eyeballs (RFC 8305): tries each host as soon as the one before has failed, or 250 ms after
/// that one has been tried; the first connection wins and the others are given up.
CoDrive::Task<QString> connectToFirst(std::vector<Host> hosts, Say say);

/// Tries up to four times, each for a second at most, with a pause between that doubles.
CoDrive::Task<QString> fetchPatiently(MoodyServer &server, Say say);

/// Downloads all pages, so many at a time; an error cancels the rest.
CoDrive::Task<> fetchAll(QStringList pages, int limit, Say say);

/// Writes in a transaction: whatever ends it early, it is rolled back.
CoDrive::Task<> writeInTransaction(Database &database);

/// Serves until Ctrl-C, then saves its state; that bears one more Ctrl-C, and ends at the next.
CoDrive::Task<> serveUntilInterrupted(Say say);

} // namespace Gallery
