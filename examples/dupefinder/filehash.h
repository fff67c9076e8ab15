// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include "progress.h"

#include <QByteArray>

#include <stop_token>
#include <string>

/// The hash of the first \a size bytes of a file; blocks. Empty when it was stopped.
/// \throws std::system_error when the file cannot be read
QByteArray hashFile(std::stop_token stop, const std::string &path, qint64 size,
                    SharedProgress *progress);
