// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A function that Qt carries to another thread. Qt orders that with locks which ThreadSanitizer does
// not see in a Qt that was not built for it; the flag here it sees.

#include <atomic>
#include <utility>

namespace CoDrive::detail {

template<typename Function>
class HandedOver
{
public:
    explicit HandedOver(Function function)
        : m_function(std::move(function))
    {
        m_isThere.store(true, std::memory_order_release);
    }
    HandedOver(const HandedOver &other)
        : m_function(other.m_function)
    {
        m_isThere.store(true, std::memory_order_release);
    }
    HandedOver(HandedOver &&other) noexcept
        : m_function(std::move(other.m_function))
    {
        m_isThere.store(true, std::memory_order_release);
    }
    HandedOver &operator=(HandedOver &&) = delete;
    ~HandedOver() { arrive(); }

    void operator()()
    {
        arrive();
        m_function();
    }

private:
    void arrive() const noexcept { m_isThere.load(std::memory_order_acquire); }

    Function m_function;
    std::atomic<bool> m_isThere = false;
};

} // namespace CoDrive::detail
