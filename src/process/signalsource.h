// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The part of the signals that depends on the operating system: it counts them as they come.

#include <QtGlobal>

#include <functional>
#include <thread>

namespace CoDrive::detail::SignalSource {

/// Whether \a code is a signal that can be caught and waited for.
bool isCatchable(int code) noexcept;

/// From now on \a code is counted, and does nothing else. \throws std::system_error
void install(int code);
/// What was before install() is valid again.
void restore(int code) noexcept;

/// How many have come since the start of the process.
quint32 count(int code) noexcept;
/// Greater for what came later; 0: none came.
quint64 lastArrival(int code) noexcept;

/// A thread that gets no signal itself.
std::thread startThread(std::function<void()> function);
/// Blocks until one has come, or wake() was called; one thread at a time.
void wait() noexcept;
void wake() noexcept;

} // namespace CoDrive::detail::SignalSource
