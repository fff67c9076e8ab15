// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Pulse: wakes who waits now, and nobody else.
//
//     Pulse<QString> chosen;
//     const QString name = co_await chosen;
//     ...
//     chosen.fire(item->text());

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/waiterlist.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/detail/threadbound.h>

#include <optional>
#include <type_traits>
#include <utility>

namespace CoDrive {

template<typename T>
class Pulse;

namespace detail {

template<typename T>
class PulseWait final : public ListWaiter, public AwaitableInAnyCoroutine<PulseWait<T>>
{
public:
    using Result = T;

    explicit PulseWait(Pulse<T> &pulse) noexcept
        : m_pulse(pulse)
    {
    }
    PulseWait(PulseWait &&) noexcept = default;

    bool isReady() const noexcept
    {
        m_pulse.m_threadBound.assertThread("CoDrive::Pulse");
        return false;
    }
    bool start() noexcept
    {
        m_pulse.m_waiters.append(*this);
        return true;
    }
    T takeResult()
    {
        if (this->isOrphaned())
            throw ObjectDestroyed(QStringLiteral("CoDrive::Pulse"));
        if constexpr (!std::is_void_v<T>)
            return std::move(*m_value);
    }

private:
    friend class Pulse<T>;

    Pulse<T> &m_pulse;
    std::optional<std::conditional_t<std::is_void_v<T>, Nothing, T>> m_value;
};

} // namespace detail

/// Awaited by `co_await pulse`. A pulse that nobody waits for is lost. It belongs to the thread it
/// was made in; destroying it wakes its waiters with ObjectDestroyed. On cancellation a wait is
/// withdrawn. Like aiodrive's Button and Cargo.
/// \tparam T what it carries, copyable; or void
template<typename T = void>
class Pulse : public detail::AwaitableInAnyCoroutine<Pulse<T>>
{
public:
    using Result = T; ///< what awaiting it gives

    Pulse() noexcept = default;
    Pulse(const Pulse &) = delete;
    Pulse &operator=(const Pulse &) = delete;

    /// Who waits now goes on from the loop, in the order of waiting.
    void fire() noexcept
        requires std::is_void_v<T>
    {
        m_threadBound.assertThread("CoDrive::Pulse");
        m_waiters.wakeAll();
    }
    /// As above; each gets a copy of \a value. \throws what making a copy throws; who has none then
    /// waits on
    template<typename U = T>
        requires(!std::is_void_v<T> && std::convertible_to<const U &, T>)
    void fire(const U &value)
    {
        m_threadBound.assertThread("CoDrive::Pulse");
        while (detail::PulseWait<T> *const waiter = m_waiters.first()) {
            waiter->m_value.emplace(value);
            waiter->wake();
        }
    }

    /// \cond internal
    detail::PulseWait<T> toOperation() noexcept { return detail::PulseWait<T>(*this); }
    /// \endcond

private:
    friend class detail::PulseWait<T>;

    detail::ThreadBound m_threadBound;
    detail::WaiterList<detail::PulseWait<T>> m_waiters;
};

} // namespace CoDrive
