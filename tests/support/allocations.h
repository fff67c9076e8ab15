// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Counts the allocations of this thread, and makes the n-th of them fail. It replaces operator new of the program, so a
// test opts in by including this header, in one source of the program only. Under sanitizers it does nothing:
// canCountAllocations is false then.
//
//     const AllocationCount count;
//     work();
//     QCOMPARE(count.made(), 0);
#pragma once

#include <QtGlobal>

#include <cstdlib>
#include <malloc.h>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CODRIVE_TEST_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CODRIVE_TEST_SANITIZED
#endif
#endif

namespace Words {

#ifdef CODRIVE_TEST_SANITIZED
inline constexpr bool canCountAllocations = false;
#else
inline constexpr bool canCountAllocations = true;
#endif

namespace detail {

inline constinit thread_local qint64 t_allocations = 0;
inline constinit thread_local qint64 t_allocatedBytes = 0;
/// How many still succeed; -1: all.
inline constinit thread_local qint64 t_untilFailure = -1;

extern "C" char __executable_start; // of the linker
extern "C" char etext;

/// Whether the program itself allocates, the library in it included, and not a shared library: Qt does not get over a
/// failure.
inline bool isOwnCode(const void *address)
{
    return address >= &__executable_start && address < &etext;
}

} // namespace detail

/// The allocations of this thread since it was made.
class AllocationCount
{
public:
    AllocationCount() noexcept
        : m_allocations(detail::t_allocations)
        , m_bytes(detail::t_allocatedBytes)
    {
    }
    qint64 made() const noexcept { return detail::t_allocations - m_allocations; }
    /// All in, with what the allocator adds; freed ones are not deducted.
    qint64 bytes() const noexcept { return detail::t_allocatedBytes - m_bytes; }

private:
    qint64 m_allocations;
    qint64 m_bytes;
};

/// While it lives, one allocation that this thread makes in code of this program throws std::bad_alloc.
class FailingAllocation
{
public:
    /// \param n how many succeed before
    explicit FailingAllocation(qint64 n) noexcept { detail::t_untilFailure = n; }
    FailingAllocation(const FailingAllocation &) = delete;
    FailingAllocation &operator=(const FailingAllocation &) = delete;
    ~FailingAllocation() { detail::t_untilFailure = -1; }

    bool hasFailed() const noexcept { return detail::t_untilFailure < 0; }
};

} // namespace Words

#ifndef CODRIVE_TEST_SANITIZED

// g++ takes the pair of them for a mistake where it inlines one only.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void *operator new(std::size_t size)
{
    using namespace Words::detail;
    if (t_untilFailure >= 0 && isOwnCode(__builtin_return_address(0)) && t_untilFailure-- == 0)
        throw std::bad_alloc();
    void *const block = std::malloc(size);
    if (!block)
        throw std::bad_alloc();
    ++t_allocations;
    // The allocator's own word in front of each block.
    t_allocatedBytes += static_cast<qint64>(malloc_usable_size(block) + sizeof(std::size_t));
    return block;
}

void operator delete(void *block) noexcept
{
    std::free(block);
}

void operator delete(void *block, std::size_t) noexcept
{
    std::free(block);
}

#endif
