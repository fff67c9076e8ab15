// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/threadsafeevent.h>

namespace CoDrive {

ThreadsafeEvent::ThreadsafeEvent()
    : m_core(std::make_shared<detail::LatchCore>("CoDrive::ThreadsafeEvent"))
{
}

ThreadsafeEvent::~ThreadsafeEvent()
{
    m_core->destroy();
}

void ThreadsafeEvent::set()
{
    m_core->change(true);
}

void ThreadsafeEvent::clear()
{
    m_core->change(false);
}

bool ThreadsafeEvent::isSet() const
{
    return m_core->isSet();
}

detail::LatchWait ThreadsafeEvent::wait() const
{
    return detail::LatchWait(m_core, detail::LatchWish::Set);
}

void ThreadsafeEvent::waitSync() const
{
    detail::checkMayBlock("CoDrive::ThreadsafeEvent::waitSync");
    std::shared_ptr(m_core)->waitSync(detail::LatchWish::Set);
}

} // namespace CoDrive
