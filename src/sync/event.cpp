// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/event.h>

#include <CoDrive/core/errors.h>

namespace CoDrive {

Event::Event() noexcept = default;

Event::~Event() = default;

void Event::set() noexcept
{
    m_threadBound.assertThread("CoDrive::Event");
    m_isSet = true;
    m_waiters.wakeAll();
}

void detail::EventWait::takeResult() const
{
    if (isOrphaned())
        throw ObjectDestroyed(QStringLiteral("CoDrive::Event"));
}

} // namespace CoDrive
