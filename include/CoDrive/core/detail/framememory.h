// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Memory of coroutine frames and started tasks: a free list a thread and size class, because a
// task is made and freed far more often than it waits. A block may be freed on another thread.

#include <cstddef>

namespace CoDrive::detail {

void *allocateFrame(std::size_t size);
void freeFrame(void *block, std::size_t size) noexcept;

/// Base of whatever is allocated from there.
class FrameAllocated
{
public:
    static void *operator new(std::size_t size) { return allocateFrame(size); }
    static void operator delete(void *block, std::size_t size) noexcept { freeFrame(block, size); }
};

} // namespace CoDrive::detail
