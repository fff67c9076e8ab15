// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A callable taken over by a function that is awaited, and the guard against rule A: g++ 12
// destroys a closure with captures that have destructors twice when it is written inside an
// expression with co_await.

#include <functional>
#include <type_traits>
#include <utility>

namespace CoDrive::detail {

template<typename F>
constexpr void checkCallable()
{
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
    static_assert(std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<F>,
                  "g++ 12 destroys such a callable twice (rule A). Capture by reference: the call "
                  "ends before your frame does; or name the lambda and pass std::ref(name); for a "
                  "thread write a coroutine function and pass its Task");
#endif
}

/// Holds a callable; with a user-declared constructor, as rule A demands.
template<typename F>
class OwnedCallable
{
public:
    explicit OwnedCallable(F &&callable)
        : m_callable(std::forward<F>(callable))
    {
    }

    template<typename... Args>
    decltype(auto) operator()(Args &&...args)
    {
        return std::invoke(m_callable, std::forward<Args>(args)...);
    }

private:
    std::decay_t<F> m_callable; // a function becomes a pointer
};

} // namespace CoDrive::detail
