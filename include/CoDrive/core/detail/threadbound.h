// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What belongs to the thread it was made in, and asserts it.

#include <QtGlobal>
#include <qnamespace.h>

namespace CoDrive::detail {

class ThreadBound
{
public:
    ThreadBound() noexcept;
    ThreadBound(ThreadBound &&) = delete;

    /// Not for destructors: the frames of a thread that has ended die in another one (law L13).
    void assertThread([[maybe_unused]] const char *name) const noexcept
    {
        Q_ASSERT_X(isOwnThread(), name, "used on another thread than the one it was made in");
    }

private:
    // Out of line: clang takes the thread id for a constant within a coroutine (rule O).
    bool isOwnThread() const noexcept;

    const Qt::HANDLE m_thread;
};

} // namespace CoDrive::detail
