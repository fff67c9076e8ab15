// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Signals of the operating system, such as Ctrl-C, as something to await.
//
//     try {
//         co_await withSignalHandler(SignalSet(SIGINT, SIGTERM), [&] { return serve(); });
//     } catch (const SignalReceived &received) { // serve() was cancelled, and has ended
//         co_return 128 + received.signal;
//     }

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/detail/loop.h>

#include <array>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>

namespace CoDrive {

/// Signals to listen for: `SignalSet(SIGINT, SIGTERM)`. On Windows SIGINT is Ctrl-C, SIGBREAK is
/// Ctrl-Break, and SIGTERM the end of the console, the session or the system.
class SignalSet
{
public:
    /// \param codes such as SIGINT; checked when they are listened for
    template<std::same_as<int>... Codes>
    explicit constexpr SignalSet(Codes... codes) noexcept
        : m_bits((quint64(0) | ... | bit(codes)))
        , m_hasOnlyCodes((isCode(codes) && ...))
    {
    }

    /// Whether \a code is one of them.
    constexpr bool contains(int code) const noexcept { return m_bits & bit(code); }
    /// Whether they have a code in common.
    constexpr bool intersects(const SignalSet &other) const noexcept
    {
        return m_bits & other.m_bits;
    }
    /// Calls \a function with each code, in ascending order.
    template<typename Function>
    void forEach(Function function) const
    {
        for (int code = 1; code <= LastCode; ++code) {
            if (contains(code))
                function(code);
        }
    }

    /// \cond internal
    static constexpr int LastCode = 64;
    /// \throws std::invalid_argument when it is empty or holds what cannot be listened for
    void check() const;
    /// \endcond

private:
    static constexpr bool isCode(int code) noexcept { return code >= 1 && code <= LastCode; }
    static constexpr quint64 bit(int code) noexcept
    {
        return isCode(code) ? quint64(1) << (code - 1) : 0;
    }

    quint64 m_bits;
    bool m_hasOnlyCodes;
};

/// A signal has ended the body of withSignalHandler(); what() names it.
class SignalReceived : public std::runtime_error
{
public:
    /// \param code of the signal
    explicit SignalReceived(int code);
    SignalReceived(const SignalReceived &) noexcept = default;
    SignalReceived &operator=(const SignalReceived &) noexcept = default;
    ~SignalReceived() override;

    int signal; ///< its code
};

namespace detail {

/// Hears of signals, on whatever thread they come, and tells its loop.
class SignalListener final : public RemoteWaker
{
public:
    explicit SignalListener(const SignalSet &codes) noexcept
        : m_codes(codes)
    {
    }

    /// \throws std::system_error
    void begin();
    /// Counts what has come up to now, then stops to listen, and restores what was before if nobody
    /// else listens. Does nothing the second time.
    void end() noexcept;

    /// How many signals have come since the last call.
    int takeCount() noexcept;
    /// The first one of all, or 0.
    int first() const noexcept;
    /// The last one of all, or 0.
    int last() const noexcept;
    /// Whether there is one for takeCode().
    bool hasCode() const noexcept;
    /// The code that has come first of those that have come since they were taken, or 0.
    int takeCode() noexcept;

private:
    friend class SignalRegistry;
    void noteArrivals(int code, int count);

    const SignalSet m_codes;
    // Guarded by the registry.
    std::array<quint8, SignalSet::LastCode> m_codesInOrder = {}; ///< each once
    std::size_t m_codeCount = 0;
    bool m_isListening = false;
    int m_count = 0;
    int m_first = 0;
    int m_last = 0;
};

class ProcessSignalWait final : public AwaitableOperation<ProcessSignalWait, int>
{
public:
    explicit ProcessSignalWait(const SignalSet &codes) noexcept
        : m_codes(codes)
    {
    }
    ProcessSignalWait(ProcessSignalWait &&) noexcept = default;
    ~ProcessSignalWait();

    bool isReady() const
    {
        m_codes.check();
        return false;
    }
    bool start();
    int takeResult() const noexcept;
    bool request() noexcept override;

private:
    void received();

    SignalSet m_codes;
    std::shared_ptr<SignalListener> m_listener;
};

/// The part of withSignalHandler() that does not depend on the body.
class SignalHandlerBase
{
public:
    virtual ~SignalHandlerBase();

protected:
    explicit SignalHandlerBase(const SignalSet &codes) noexcept
        : m_codes(codes)
    {
    }
    SignalHandlerBase(SignalHandlerBase &&) noexcept = default;

    /// \throws std::invalid_argument, std::logic_error, std::system_error
    void begin(StartedTask &waiter, std::function<void()> onReceived);
    void end() noexcept { m_listener->end(); }
    int takeCount() noexcept { return m_listener->takeCount(); }
    /// The one to be thrown, or 0.
    int received() const noexcept { return m_listener->last(); }

private:
    SignalSet m_codes;
    std::shared_ptr<SignalListener> m_listener;
};

template<typename R>
class SignalHandlerOperation final : public OneChildCombinator<SignalHandlerOperation<R>, R, R>,
                                     public SignalHandlerBase
{
    using Base = OneChildCombinator<SignalHandlerOperation<R>, R, R>;

public:
    SignalHandlerOperation(const SignalSet &codes, Task<R> body)
        : Base("signal handler", std::move(body))
        , SignalHandlerBase(codes)
    {
    }
    SignalHandlerOperation(SignalHandlerOperation &&) noexcept = default;
    ~SignalHandlerOperation() override { this->destroyChildren(); }

    bool start()
    {
        begin(*this->task(), [this] { passOn(); });
        return Base::start();
    }
    R takeResult()
    {
        if (received() != 0 && !this->outcome().error())
            throw SignalReceived(received());
        return std::move(this->outcome()).value();
    }

private:
    void passOn()
    {
        for (int count = takeCount(); count > 0; --count) {
            // Law L12: the first one and a request from outside are one to the body.
            if (m_hasCancelled)
                this->requestChildren();
            else
                this->cancelChildren();
            m_hasCancelled = true;
        }
    }
    void onChildEnded(StartedTask &) noexcept override { end(); }
    bool hasResult() const noexcept override { return received() != 0 || Base::hasResult(); }

    bool m_hasCancelled = false;
};

} // namespace detail

/// Waits for one of the signals in \a codes and gives it. While somebody waits, on any thread, the
/// signal does nothing else; afterwards what was set before is restored. Everybody who waits for a
/// signal gets it. On cancellation it is withdrawn. Like aiodrive's wait_for_signal.
/// \throws std::invalid_argument when \a codes is empty or holds what cannot be caught (SIGKILL), or
/// what stands for a fault of the program (SIGSEGV); std::system_error when listening fails
[[nodiscard]] inline auto waitForSignal(const SignalSet &codes)
{
    return detail::ProcessSignalWait(codes);
}

/// Structured: it never returns, throws or unwinds before the body has ended.
///
/// Awaits \a body(). A signal in \a codes cancels it, and every further one cancels it again; once
/// it has ended, SignalReceived is thrown, also when the body still gave a value, or gave it before
/// the loop could tell it. An error of the body is thrown in place of that. What the signals did
/// before is restored when the body has ended. A cancellation of the waiter is forwarded; to the
/// body it is one with the first signal. Like aiodrive's handle_signal.
/// \param body a callable that returns an awaitable
/// \throws SignalReceived with the last signal; std::invalid_argument, std::system_error as
/// waitForSignal(); std::logic_error inside the body of another one for one of these signals
template<typename Body>
    requires detail::TaskFactory<Body>
[[nodiscard]] auto withSignalHandler(const SignalSet &codes, Body &&body)
{
    return detail::SignalHandlerOperation<detail::StartResult<Body>>(
        codes, CoDrive::toTask(std::forward<Body>(body)));
}

} // namespace CoDrive
