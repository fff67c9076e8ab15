// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

namespace CoDrive::detail {

/// Makes that `import CoDrive` finds the types: of a static library, a program gets only what it refers to. To be called
/// by the constructor of each type.
void keepQmlTypes();

} // namespace CoDrive::detail
