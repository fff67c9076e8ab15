// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/latch.h>

namespace CoDrive {

Latch::Latch()
    : m_core(std::make_shared<detail::LatchCore>("CoDrive::Latch"))
{
}

Latch::~Latch()
{
    m_core->destroy();
}

void Latch::toggle(bool isSet)
{
    m_core->change(isSet);
}

bool Latch::isSet() const
{
    return m_core->isSet();
}

detail::LatchChange Latch::wait() const
{
    return detail::LatchChange(m_core);
}

detail::LatchWait Latch::waitSet() const
{
    return detail::LatchWait(m_core, detail::LatchWish::Set);
}

detail::LatchWait Latch::waitUnset() const
{
    return detail::LatchWait(m_core, detail::LatchWish::Unset);
}

bool Latch::waitSync() const
{
    detail::checkMayBlock("CoDrive::Latch::waitSync");
    return std::shared_ptr(m_core)->waitSync(detail::LatchWish::AnyChange);
}

void Latch::waitSetSync() const
{
    detail::checkMayBlock("CoDrive::Latch::waitSetSync");
    std::shared_ptr(m_core)->waitSync(detail::LatchWish::Set);
}

void Latch::waitUnsetSync() const
{
    detail::checkMayBlock("CoDrive::Latch::waitUnsetSync");
    std::shared_ptr(m_core)->waitSync(detail::LatchWish::Unset);
}

namespace detail {

bool LatchCore::isSet()
{
    const std::scoped_lock lock(m_mutex);
    return m_isSet;
}

void LatchCore::change(bool isSet)
{
    WokenTasks woken;
    const std::scoped_lock lock(m_mutex);
    if (m_isSet == isSet)
        return;
    m_isSet = isSet;
    for (WaitEntry *next = first(); next;) {
        LatchEntry &entry = *static_cast<LatchEntry *>(next);
        next = this->next(entry);
        if (entry.m_wish == LatchWish::AnyChange || isFulfilled(entry.m_wish)) {
            entry.m_result = isSet;
            wake(entry, woken);
        }
    }
}

void LatchCore::destroy()
{
    WokenTasks woken;
    const std::scoped_lock lock(m_mutex);
    orphanAll(woken);
}

bool LatchCore::waitSync(LatchWish wish)
{
    std::unique_lock lock(m_mutex);
    if (isFulfilled(wish))
        return m_isSet;
    LatchEntry entry;
    entry.m_wish = wish;
    append(entry);
    block(lock, entry);
    if (entry.m_isOrphaned)
        throwOrphaned();
    return entry.m_result;
}

bool LatchOperation::isReady()
{
    const auto lock = lockQueue();
    return m_core.isFulfilled(m_wish);
}

bool LatchOperation::start()
{
    prepare();
    const auto lock = lockQueue();
    if (m_core.isFulfilled(m_wish))
        return false;
    if (m_core.isOrphaned())
        m_core.throwOrphaned();
    entry().m_wish = m_wish;
    m_core.append(entry());
    return true;
}

bool LatchOperation::takeChange()
{
    const auto lock = lockQueue();
    take();
    return entry().m_result;
}

} // namespace detail

} // namespace CoDrive
