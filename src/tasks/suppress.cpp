// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/suppress.h>

namespace CoDrive {

SuppressFailureError::SuppressFailureError()
    : std::logic_error("CoDrive::suppress: there was no error")
{
}

SuppressFailureError::~SuppressFailureError() = default;

} // namespace CoDrive
