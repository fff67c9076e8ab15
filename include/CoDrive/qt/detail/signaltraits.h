// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What of the arguments of a signal concerns us: all but a QPrivateSignal, which is never passed on.

#include <QObject>

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace CoDrive::detail {

// Each QObject class has a private class of this name, so it cannot be compared with.
template<typename T>
consteval bool isPrivateSignal()
{
#ifdef _MSC_VER
    constexpr std::string_view name = __FUNCSIG__;
#else
    constexpr std::string_view name = __PRETTY_FUNCTION__;
#endif
    return std::is_empty_v<T> && name.find("::QPrivateSignal") != std::string_view::npos;
}

template<typename Arguments, typename Indices>
struct FirstOf;
template<typename Arguments, std::size_t... index>
struct FirstOf<Arguments, std::index_sequence<index...>>
{
    using type = std::tuple<std::tuple_element_t<index, Arguments>...>;
};

template<typename Arguments>
struct SignalResult
{
    using type = Arguments;
};
template<>
struct SignalResult<std::tuple<>>
{
    using type = void;
};
template<typename T>
struct SignalResult<std::tuple<T>>
{
    using type = T;
};

/// What of the arguments of a signal is kept.
template<typename Signal>
struct SignalTraits
{
private:
    using Function = QtPrivate::FunctionPointer<Signal>;
    template<typename List>
    struct Split;
    template<typename... Args>
    struct Split<QtPrivate::List<Args...>>
    {
        using All = std::tuple<std::decay_t<Args>...>;
        static constexpr std::size_t count = []() -> std::size_t {
            if constexpr (sizeof...(Args) > 0) {
                using Last = std::tuple_element_t<sizeof...(Args) - 1, All>;
                return sizeof...(Args) - (isPrivateSignal<Last>() ? 1 : 0);
            } else {
                return 0;
            }
        }();
    };
    using Arguments = Split<typename Function::Arguments>;

public:
    static_assert(Function::ArgumentCount >= 0, "this takes a pointer to a signal");

    using Object = typename Function::Object;
    using Indices = std::make_index_sequence<Arguments::count>;
    /// The arguments, decayed, in a tuple.
    using Values = typename FirstOf<typename Arguments::All, Indices>::type;
    using Result = typename SignalResult<Values>::type;
};

} // namespace CoDrive::detail
