// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// One awaitable as a child of the function that awaits it.

#include <CoDrive/core/detail/combinator.h>

#include <utility>

namespace CoDrive::detail {

/// Awaits a task as a child: a request that the child absorbs stays pending for the waiter, which
/// awaiting it inline would not do (law L12a).
template<typename T>
class ChildOperation final : public OneChildCombinator<ChildOperation<T>, T, T>
{
    using Base = OneChildCombinator<ChildOperation<T>, T, T>;

public:
    ChildOperation(const char *label, Task<T> task)
        : Base(label, std::move(task))
    {
    }
    ChildOperation(ChildOperation &&) noexcept = default;

    T takeResult() { return std::move(this->outcome()).value(); }
};

} // namespace CoDrive::detail
