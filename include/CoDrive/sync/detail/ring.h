// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// First in, first out, without an allocation an item: taking one and adding one never allocates, so
// that a waiting item can follow one that was taken without fail.

#include <cstddef>
#include <memory>
#include <utility>

namespace CoDrive::detail {

template<typename T>
class Ring
{
public:
    Ring() noexcept = default;
    Ring(Ring &&) = delete;
    ~Ring()
    {
        while (m_count > 0)
            popFront();
        release();
    }

    std::size_t count() const noexcept { return m_count; }
    T &front() noexcept { return *at(0); }

    /// When it throws, nothing has changed.
    template<typename U>
    void pushBack(U &&item)
    {
        if (m_count == m_capacity)
            grow();
        std::construct_at(at(m_count), std::forward<U>(item));
        ++m_count;
    }
    void popFront() noexcept
    {
        T *const item = at(0);
        m_first = (m_first + 1) & (m_capacity - 1);
        --m_count;
        std::destroy_at(item);
    }
    /// Frees the memory of what was a large number of items.
    void trim() noexcept
    {
        if (m_count == 0 && m_capacity > 64)
            release();
    }

private:
    T *at(std::size_t index) const noexcept
    {
        return m_items + ((m_first + index) & (m_capacity - 1));
    }

    void grow()
    {
        Ring larger;
        larger.m_capacity = m_capacity > 0 ? 2 * m_capacity : 4;
        larger.m_items = std::allocator<T>().allocate(larger.m_capacity);
        for (std::size_t i = 0; i < m_count; ++i)
            larger.pushBack(std::move_if_noexcept(*at(i)));
        std::swap(m_items, larger.m_items);
        std::swap(m_capacity, larger.m_capacity);
        std::swap(m_first, larger.m_first);
        std::swap(m_count, larger.m_count);
    }
    void release() noexcept
    {
        if (m_items)
            std::allocator<T>().deallocate(m_items, m_capacity);
        m_items = nullptr;
        m_capacity = 0;
        m_first = 0;
    }

    T *m_items = nullptr;
    std::size_t m_capacity = 0; ///< a power of two
    std::size_t m_first = 0;
    std::size_t m_count = 0;
};

} // namespace CoDrive::detail
