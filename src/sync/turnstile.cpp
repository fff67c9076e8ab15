// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/detail/turnstile.h>

#include <CoDrive/core/errors.h>

namespace CoDrive::detail {

Pass::Pass(Turnstile &turnstile, int places) noexcept
    : m_turnstile(&turnstile)
    , m_places(places)
{
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
}

Pass Turnstile::pass(int places) noexcept
{
    m_free -= places;
    return Pass(*this, places);
}

void Turnstile::giveBack(int places) noexcept
{
    m_free += places;
    serve();
}

PassWait *Turnstile::nextToServe() const noexcept
{
    PassWait *first = m_waiters.first();
    if (m_preference == Preference::MostPlaces) {
        for (PassWait *waiter = first; waiter; waiter = m_waiters.next(*waiter)) {
            if (waiter->m_places == m_places)
                return waiter;
        }
    }
    return first;
}

void Turnstile::serve() noexcept
{
    for (;;) {
        PassWait *const waiter = nextToServe();
        if (!waiter || waiter->m_places > m_free)
            return;
        waiter->m_pass = pass(waiter->m_places);
        waiter->wake();
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
    // Others may have waited only because of who stood before them.
    m_turnstile.serve();
    return true;
}

Pass PassWait::takePass()
{
    if (isOrphaned())
        throw ObjectDestroyed(QLatin1String(m_name));
    return std::move(m_pass);
}

} // namespace CoDrive::detail
