// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

namespace CoDrive {

namespace detail {

/// What a Task may give. Its name is what a compiler says of a `Task<T &>`.
template<typename T>
concept ReturnAValueOrAPointerNotAReference
    = !std::is_reference_v<T> && std::is_same_v<T, std::remove_cv_t<T>>;

} // namespace detail

template<detail::ReturnAValueOrAPointerNotAReference T = void>
class Task;

template<detail::ReturnAValueOrAPointerNotAReference T = void>
class TaskHandle;

namespace detail {

template<typename T>
class TaskAwaiter;

template<typename T>
class TaskPromise;

} // namespace detail

} // namespace CoDrive
