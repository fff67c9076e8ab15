// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/event.h>

#include <CoDrive/core/errors.h>

namespace CoDrive {

Event::Event() noexcept = default;

Event::~Event() = default;

void Event::set() noexcept
{
    m_isSet = true;
    m_waiters.wakeAll(); // on a wrong thread, names the waiting task
    m_threadBound.assertThread("CoDrive::Event");
}

void detail::EventWait::takeResult() const
{
    if (isOrphaned())
        throw ObjectDestroyed(QStringLiteral("CoDrive::Event"));
}

} // namespace CoDrive
