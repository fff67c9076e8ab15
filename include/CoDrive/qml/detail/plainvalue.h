// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QVariant>

namespace CoDrive::detail {

/// A value that QML has given: an object or array of JavaScript as a map or list.
QVariant plainValue(const QVariant &value);

} // namespace CoDrive::detail
