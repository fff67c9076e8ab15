// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/detail/turnstile.h>

#include <CoDrive/core/errors.h>

namespace CoDrive::detail {

void Pass::enter(Turnstile &turnstile, int places) noexcept
{
    Q_ASSERT(!m_turnstile);
    m_turnstile = &turnstile;
    m_places = places;
    turnstile.m_passes.append(this);
}

void Pass::take(Pass &other) noexcept
{
    m_turnstile = std::exchange(other.m_turnstile, nullptr);
    m_places = other.m_places;
    if (m_turnstile) {
        other.unlink();
        m_turnstile->m_passes.append(this);
    }
}

void Pass::giveBack() noexcept
{
    unlink();
    if (Turnstile *const turnstile = std::exchange(m_turnstile, nullptr))
        turnstile->giveBack(m_places);
}

Turnstile::~Turnstile()
{
    while (Pass *const pass = m_passes.takeFirst())
        pass->m_turnstile = nullptr;
    while (TurnstileWatcher *const watcher = m_watchers.takeFirst())
        watcher->turnstileGone();
}

void Turnstile::take(Pass &pass, int places) noexcept
{
    m_free -= places;
    pass.enter(*this, places);
}

void Turnstile::giveBack(int places) noexcept
{
    m_free += places;
    serve();
}

void Turnstile::hand(PassWait &waiter) noexcept
{
    take(waiter.m_pass, waiter.m_places);
    waiter.wake();
}

void Turnstile::serve() noexcept
{
    if (m_free == 0) // nor is there any need to look for who goes first
        return;
    if (m_preference == Preference::MostPlaces) {
        for (PassWait *waiter = m_waiters.first(); waiter; waiter = m_waiters.next(*waiter)) {
            if (waiter->m_places == m_places) {
                if (m_free == m_places)
                    hand(*waiter);
                return;
            }
        }
    }
    while (PassWait *const waiter = m_waiters.first()) {
        if (waiter->m_places > m_free)
            return;
        hand(*waiter);
    }
}

PassWait::~PassWait()
{
    leave();
}

bool PassWait::leave() noexcept
{
    if (!ListWaiter::request())
        return false;
    // Others may have waited only because one who needs many places stood before them.
    if (m_places > 1)
        m_turnstile->serve();
    return true;
}

Pass &PassWait::takePass()
{
    if (isOrphaned())
        throw ObjectDestroyed(QLatin1String(m_name));
    return m_pass;
}

} // namespace CoDrive::detail
