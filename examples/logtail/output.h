// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>

#include <CoDrive/core/task.h>

/// Writes \a text to standard output. It waits for a reader that is slow, but does not block the event loop
/// meanwhile. \throws std::system_error
CoDrive::Task<> writeOut(QByteArray text);

/// Ends the program, as a write would, as soon as nobody reads the pipe any more that standard output is, if it
/// is one. \throws std::system_error when SIGPIPE is ignored
CoDrive::Task<> endWithReader();
