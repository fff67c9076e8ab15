// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
//
// What cannot be tried under ThreadSanitizer: its runtime aborts in QProcess's fork, and with a Qt that was not built
// for it it does not see the mutex through which a queued functor reaches a QThread.
//
//     if (underThreadSanitizer)
//         QSKIP("ThreadSanitizer aborts when QProcess forks");
#pragma once

namespace Words {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool underThreadSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool underThreadSanitizer = true;
#else
inline constexpr bool underThreadSanitizer = false;
#endif
#else
inline constexpr bool underThreadSanitizer = false;
#endif

} // namespace Words
