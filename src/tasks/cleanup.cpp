// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/cleanup.h>

#include <CoDrive/core/exceptiongroup.h>

namespace CoDrive::detail {

void throwErrorsOfParts(const std::exception_ptr &first, const std::exception_ptr &second,
                        bool tookRequest)
{
    const std::exception_ptr error = ExceptionGroup::combine({first, second});
    if (!error)
        return;
    if (tookRequest)
        Loop::currentTask()->keepRequest();
    std::rethrow_exception(error);
}

} // namespace CoDrive::detail
