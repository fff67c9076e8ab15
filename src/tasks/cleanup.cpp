// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/cleanup.h>

#include <CoDrive/core/exceptiongroup.h>

namespace CoDrive::detail {

void endParts(const std::exception_ptr &first, const std::exception_ptr &second, bool tookRequest)
{
    // Also when the task is unwound now: who absorbs that must see that a request was the cause.
    if (tookRequest)
        Loop::currentTask()->keepRequest();
    if (const std::exception_ptr error = ExceptionGroup::combine({first, second}))
        std::rethrow_exception(error);
}

} // namespace CoDrive::detail
