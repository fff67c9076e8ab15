// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What Lock, Semaphore, RwLock and NestableLock share: so many places, who waits for some of them,
// and passes that give them back. What was handed to a waiter whose frame is destroyed before it
// resumed goes on to the next.

#include <CoDrive/core/detail/waiterlist.h>
#include <CoDrive/core/detail/threadbound.h>

#include <utility>

namespace CoDrive::detail {

class Turnstile;

struct PassTag;
struct TurnstileWatcherTag;

/// Holds places of a turnstile; gives them back when destroyed. Does nothing when that is gone.
class Pass : public ListLink<PassTag>
{
public:
    Pass() noexcept = default;
    Pass(Pass &&other) noexcept
        : ListLink()
    {
        take(other);
    }
    Pass &operator=(Pass &&other) noexcept
    {
        if (this != &other) {
            giveBack();
            take(other);
        }
        return *this;
    }
    ~Pass() { giveBack(); }

    bool isHeld() const noexcept { return m_turnstile != nullptr; }
    Turnstile *turnstile() const noexcept { return m_turnstile; }
    void giveBack() noexcept;

private:
    friend class Turnstile;

    void enter(Turnstile &turnstile, int places) noexcept;
    void take(Pass &other) noexcept;

    Turnstile *m_turnstile = nullptr;
    int m_places = 0;
};

/// Is told when a turnstile is destroyed.
class TurnstileWatcher : public ListLink<TurnstileWatcherTag>
{
public:
    virtual void turnstileGone() noexcept = 0;

protected:
    TurnstileWatcher() noexcept = default;
    ~TurnstileWatcher() = default;
};

class PassWait;

class Turnstile : public ThreadBound
{
public:
    enum class Preference {
        FirstCome,
        MostPlaces ///< who needs all places goes before the others
    };

    /// \param name of the public class, for errors
    Turnstile(const char *name, int places, Preference preference = Preference::FirstCome) noexcept
        : m_name(name)
        , m_places(places)
        , m_free(places)
        , m_preference(preference)
    {
    }
    Turnstile(Turnstile &&) = delete;
    ~Turnstile();

    int freePlaces() const noexcept { return m_free; }
    int allPlaces() const noexcept { return m_places; }
    const char *name() const noexcept { return m_name; }

    bool canPass(int places) const noexcept
    {
        assertThread(m_name);
        return places <= m_free && m_waiters.isEmpty();
    }
    /// Takes places that are free.
    void take(Pass &pass, int places) noexcept;
    void enqueue(PassWait &waiter) noexcept { m_waiters.append(waiter); }
    /// Hands places that are free to who waits for them.
    void serve() noexcept;
    void watch(TurnstileWatcher &watcher) noexcept { m_watchers.append(&watcher); }

private:
    friend class Pass;
    friend class PassWait;

    void giveBack(int places) noexcept;
    void hand(PassWait &waiter) noexcept;

    const char *m_name;
    const int m_places;
    int m_free;
    Preference m_preference;
    WaiterList<PassWait> m_waiters;
    List<Pass, PassTag> m_passes;
    List<TurnstileWatcher, TurnstileWatcherTag> m_watchers;
};

/// Waits for places.
class PassWait : public ListWaiter
{
public:
    PassWait(Turnstile &turnstile, int places) noexcept
        : PassWait(&turnstile, turnstile.name(), places)
    {
    }
    PassWait(PassWait &&) noexcept = default;
    ~PassWait();

    bool isReady() noexcept
    {
        if (!m_turnstile->canPass(m_places))
            return false;
        m_turnstile->take(m_pass, m_places);
        return true;
    }
    bool start() noexcept
    {
        m_turnstile->enqueue(*this);
        return true;
    }
    bool request() noexcept override { return leave(); }
    /// To be moved from. \throws ObjectDestroyed
    Pass &takePass();

protected:
    /// One who waits somewhere else first. \param turnstile may be null for one that is gone
    PassWait(Turnstile *turnstile, const char *name, int places) noexcept
        : m_turnstile(turnstile)
        , m_name(name)
        , m_places(places)
    {
    }

    Turnstile *turnstile() const noexcept { return m_turnstile; }
    const char *name() const noexcept { return m_name; }

private:
    friend class Turnstile;

    bool leave() noexcept;

    Turnstile *m_turnstile; // may be gone once it has woken us
    const char *m_name;
    int m_places;
    Pass m_pass; ///< handed over, and given back if the waiter dies with it
};

} // namespace CoDrive::detail
