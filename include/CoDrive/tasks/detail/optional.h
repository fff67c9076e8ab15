// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What moveOnAfter(), suppress() and withCancelScope() give: a result, or nothing.

#include <CoDrive/core/outcome.h>

#include <optional>
#include <type_traits>
#include <utility>

namespace CoDrive::detail {

template<typename T>
struct OptionalResult
{
    using type = std::optional<T>;
};
template<>
struct OptionalResult<void>
{
    using type = bool; ///< whether it ended normally
};

template<typename T>
using OptionalOf = typename OptionalResult<T>::type;

/// Empty when \a outcome is cancelled; throws its error.
template<typename T>
OptionalOf<T> takeOptional(Outcome<T> &outcome)
{
    if (outcome.isCancelled())
        return OptionalOf<T>();
    if constexpr (std::is_void_v<T>) {
        outcome.value();
        return true;
    } else {
        return OptionalOf<T>(std::move(outcome).value());
    }
}

} // namespace CoDrive::detail
