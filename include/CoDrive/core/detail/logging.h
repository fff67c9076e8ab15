// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QLoggingCategory>

namespace CoDrive::detail {

Q_DECLARE_LOGGING_CATEGORY(lcCoDrive)

} // namespace CoDrive::detail
