// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Errors that nobody awaits: where they go instead of into silence.
//
//     setUnhandledErrorHandler([](std::exception_ptr error, const TaskInfo &task) {
//         Telemetry::report(task.name, error);
//     });

#include <CoDrive/core/taskinfo.h>

#include <exception>
#include <functional>

namespace CoDrive {

/// Receives an error and the task it came from.
using ErrorHandler = std::function<void(std::exception_ptr, const TaskInfo &)>;

/// Sets who gets the errors of work that nobody awaits: what shield() left, dropped primed tasks,
/// tasks destroyed while they ran. It is called from the loop, on the thread of the task, once an
/// error. What it throws itself is written as a message. One handler serves the whole process; it
/// may be set on any thread. \param handler an empty one restores the default, which writes a
/// message of category `codrive`
void setUnhandledErrorHandler(ErrorHandler handler);

namespace detail {

/// Gives \a error to the handler from the loop of this thread; at once when that has ended.
void reportUnhandled(std::exception_ptr error, const TaskInfo &task);
/// Calls \a handler, or the unhandled-error handler when it is empty.
void deliverError(const ErrorHandler &handler, const std::exception_ptr &error,
                  const TaskInfo &task) noexcept;
/// The what() of an error, or "unknown exception".
QString describe(const std::exception_ptr &error);

} // namespace detail

} // namespace CoDrive
