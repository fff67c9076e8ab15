// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/framememory.h>

#include <QtGlobal>

#include <array>
#include <new>

namespace CoDrive::detail {

#ifdef CODRIVE_NO_FRAME_CACHE

void *allocateFrame(std::size_t size)
{
    return ::operator new(size);
}

void freeFrame(void *block, std::size_t size) noexcept
{
    ::operator delete(block, size);
}

#else

namespace {

constexpr std::size_t Granularity = 16; // the allocator's own: nothing is wasted on top of it
constexpr std::size_t Classes = 64; // up to 1 KiB
constexpr int MostBlocks = 1024; // a class; what is beyond goes back to the allocator

struct FreeBlock
{
    FreeBlock *next;
};

struct SizeClass
{
    FreeBlock *first;
    int room; ///< for so many more; none before the thread's first frame dies and after its end
};

enum class CacheState : quint8 { Unused, Open, Closed };

// Trivial, so that the hot path has no guard to ask.
constinit thread_local std::array<SizeClass, Classes> t_free{};
constinit thread_local CacheState t_state = CacheState::Unused;

struct CacheCloser
{
    ~CacheCloser()
    {
        t_state = CacheState::Closed;
        for (SizeClass &sizeClass : t_free) {
            while (FreeBlock *const block = sizeClass.first) {
                sizeClass.first = block->next;
                ::operator delete(block);
            }
            sizeClass.room = 0;
        }
    }
};

void open() noexcept
{
    static thread_local CacheCloser closer;
    Q_UNUSED(closer)
    t_state = CacheState::Open;
    for (SizeClass &sizeClass : t_free)
        sizeClass.room = MostBlocks;
}

// Apart from the hot path, which is left with nothing to save on the stack.
Q_NEVER_INLINE void freeElsewhere(void *memory) noexcept
{
    if (t_state == CacheState::Unused)
        open();
    ::operator delete(memory);
}

constexpr std::size_t classOf(std::size_t size)
{
    return (size - 1) / Granularity;
}

} // namespace

void *allocateFrame(std::size_t size)
{
    const std::size_t index = classOf(size);
    if (Q_UNLIKELY(index >= Classes))
        return ::operator new(size);
    SizeClass &sizeClass = t_free[index];
    if (FreeBlock *const block = sizeClass.first) {
        sizeClass.first = block->next;
        ++sizeClass.room;
        return block;
    }
    return ::operator new((index + 1) * Granularity);
}

void freeFrame(void *memory, std::size_t size) noexcept
{
    const std::size_t index = classOf(size);
    if (Q_UNLIKELY(index >= Classes || t_free[index].room == 0)) {
        freeElsewhere(memory);
        return;
    }
    SizeClass &sizeClass = t_free[index];
    sizeClass.first = ::new (memory) FreeBlock{sizeClass.first};
    --sizeClass.room;
}

#endif

} // namespace CoDrive::detail
