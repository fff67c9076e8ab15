// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// watchSignal(): signals of the operating system, as they come, as a stream.
//
//     auto reloads = watchSignal(SignalSet(SIGHUP));
//     QCORO_FOREACH([[maybe_unused]] const int signal, reloads)
//         co_await readSettings();

#include <CoDrive/process/signal.h>
#include <CoDrive/streams/stream.h>

namespace CoDrive {

/// The signals in \a codes that come from the first next() on, in order. One that comes again before
/// it was taken is one with that. Until the stream is closed or destroyed, also between two next(),
/// a signal does nothing else; afterwards what was set before is restored. Everybody who listens for
/// a signal gets it, on whatever thread. A cancellation takes none, and a later next() goes on.
/// Like aiodrive's watch_signal.
/// \return a stream without end; its next() throws std::system_error when listening fails
/// \throws std::invalid_argument as waitForSignal(), directly
[[nodiscard]] Stream<int> watchSignal(const SignalSet &codes);

} // namespace CoDrive
