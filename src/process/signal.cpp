// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/process/signal.h>

#include "signalsource.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace CoDrive {

namespace detail {

/// All listeners of the process, and the thread that tells them what the handlers have counted,
/// which lives as long as anybody listens.
class SignalRegistry
{
public:
    static SignalRegistry &instance()
    {
        // Never destroyed: listeners may live in statics.
        static auto *const registry = new SignalRegistry;
        return *registry;
    }

    void add(SignalListener &listener)
    {
        const std::scoped_lock locks(m_lifeMutex, m_mutex);
        relay(); // what has come by now is not for the new one
        m_listeners.push_back(&listener);
        int lastUsed = 0;
        try {
            listener.m_codes.forEach([&](int code) {
                use(code);
                lastUsed = code;
            });
            if (!m_thread.joinable())
                m_thread = SignalSource::startThread([this] { relayWhileNeeded(); });
        } catch (...) {
            listener.m_codes.forEach([&](int code) {
                if (code <= lastUsed)
                    release(code);
            });
            m_listeners.pop_back();
            throw;
        }
        listener.m_isListening = true;
    }

    void remove(SignalListener &listener)
    {
        const std::scoped_lock lifeLock(m_lifeMutex);
        std::thread unneeded;
        {
            const std::scoped_lock lock(m_mutex);
            if (!std::exchange(listener.m_isListening, false))
                return;
            listener.m_codes.forEach([this](int code) { release(code); });
            relay();
            std::erase(m_listeners, &listener);
            if (m_listeners.empty())
                unneeded.swap(m_thread);
        }
        if (unneeded.joinable()) {
            SignalSource::wake();
            unneeded.join();
        }
    }

    /// Held while the counts of a listener are read.
    std::mutex &mutex() noexcept { return m_mutex; }

private:
    void use(int code)
    {
        if (m_uses[index(code)] == 0)
            SignalSource::install(code);
        ++m_uses[index(code)];
    }
    void release(int code)
    {
        if (--m_uses[index(code)] == 0)
            SignalSource::restore(code);
    }

    /// Hands on to the listeners what has been counted since the last time.
    void relay()
    {
        struct News
        {
            int code;
            quint32 count;
            quint64 lastArrival;
        };
        // A copy first: while it is sorted, the handlers go on counting.
        std::array<News, SignalSet::LastCode> news;
        auto end = news.begin();
        for (int code = 1; code <= SignalSet::LastCode; ++code) {
            const quint32 count = SignalSource::count(code);
            if (count != m_relayed[index(code)])
                *end++ = {code, count, SignalSource::lastArrival(code)};
        }
        std::sort(news.begin(), end,
                  [](const News &a, const News &b) { return a.lastArrival < b.lastArrival; });
        std::for_each(news.begin(), end, [this](const News &arrived) {
            const quint32 before = std::exchange(m_relayed[index(arrived.code)], arrived.count);
            for (SignalListener *const listener : m_listeners) {
                if (listener->m_codes.contains(arrived.code))
                    listener->noteArrivals(arrived.code, static_cast<int>(arrived.count - before));
            }
        });
    }

    void relayWhileNeeded()
    {
        for (;;) {
            SignalSource::wait();
            const std::scoped_lock lock(m_mutex);
            if (m_listeners.empty())
                return;
            relay();
        }
    }

    static std::size_t index(int code) noexcept { return static_cast<std::size_t>(code - 1); }

    std::mutex m_lifeMutex; ///< held while the thread is started and joined
    std::mutex m_mutex; ///< of all that follows, and of the counts of the listeners
    std::thread m_thread;
    std::vector<SignalListener *> m_listeners;
    std::array<int, SignalSet::LastCode> m_uses = {};
    std::array<quint32, SignalSet::LastCode> m_relayed = {};
};

void SignalListener::begin()
{
    SignalRegistry::instance().add(*this);
}

void SignalListener::end() noexcept
{
    SignalRegistry::instance().remove(*this);
}

void SignalListener::noteArrivals(int code, int count)
{
    if (m_first == 0)
        m_first = code;
    m_last = code;
    m_count += count;
    const auto end = m_codesInOrder.begin() + static_cast<std::ptrdiff_t>(m_codeCount);
    if (std::find(m_codesInOrder.begin(), end, code) == end)
        m_codesInOrder[m_codeCount++] = static_cast<quint8>(code);
    notify();
}

int SignalListener::takeCount() noexcept
{
    const std::scoped_lock lock(SignalRegistry::instance().mutex());
    return std::exchange(m_count, 0);
}

int SignalListener::first() const noexcept
{
    const std::scoped_lock lock(SignalRegistry::instance().mutex());
    return m_first;
}

int SignalListener::last() const noexcept
{
    const std::scoped_lock lock(SignalRegistry::instance().mutex());
    return m_last;
}

bool SignalListener::hasCode() const noexcept
{
    const std::scoped_lock lock(SignalRegistry::instance().mutex());
    return m_codeCount > 0;
}

int SignalListener::takeCode() noexcept
{
    const std::scoped_lock lock(SignalRegistry::instance().mutex());
    if (m_codeCount == 0)
        return 0;
    const int code = m_codesInOrder.front();
    std::copy(m_codesInOrder.begin() + 1, m_codesInOrder.end(), m_codesInOrder.begin());
    --m_codeCount;
    return code;
}

bool ProcessSignalWait::start()
{
    m_listener = std::make_shared<SignalListener>(m_codes);
    m_listener->onNotified = [this] { received(); };
    m_listener->begin();
    return true;
}

void ProcessSignalWait::received()
{
    m_listener->onNotified = nullptr;
    m_listener->end();
    complete();
}

bool ProcessSignalWait::request() noexcept
{
    // One that has come by now is not lost: it is on its way through the loop's inbox.
    m_listener->end();
    return m_listener->first() == 0;
}

int ProcessSignalWait::takeResult() const noexcept
{
    return m_listener->first();
}

ProcessSignalWait::~ProcessSignalWait()
{
    if (m_listener) {
        m_listener->onNotified = nullptr;
        m_listener->end();
    }
}

void SignalHandlerBase::begin(StartedTask &waiter, std::function<void()> onReceived)
{
    m_codes.check();
    for (const StartedTask *task = &waiter; task; task = task->parent()) {
        const auto *const outer = dynamic_cast<const SignalHandlerBase *>(task->owner());
        if (outer && outer->m_codes.intersects(m_codes)) {
            throw std::logic_error(
                "CoDrive::withSignalHandler: inside the body of another one for the same signal");
        }
    }
    m_listener = std::make_shared<SignalListener>(m_codes);
    m_listener->onNotified = std::move(onReceived);
    m_listener->begin();
}

SignalHandlerBase::~SignalHandlerBase()
{
    if (m_listener) {
        m_listener->onNotified = nullptr;
        m_listener->end();
    }
}

} // namespace detail

namespace {

std::string signalName(int code)
{
    switch (code) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
#ifdef Q_OS_WIN
    case SIGBREAK:
        return "SIGBREAK";
#else
    case SIGHUP:
        return "SIGHUP";
    case SIGQUIT:
        return "SIGQUIT";
    case SIGUSR1:
        return "SIGUSR1";
    case SIGUSR2:
        return "SIGUSR2";
#endif
    default:
        return "signal " + std::to_string(code);
    }
}

} // namespace

void SignalSet::check() const
{
    if (m_bits == 0 || !m_hasOnlyCodes)
        throw std::invalid_argument("CoDrive::SignalSet: empty, or with what is no signal");
    forEach([](int code) {
        if (!detail::SignalSource::isCatchable(code))
            throw std::invalid_argument("CoDrive::SignalSet: " + signalName(code)
                                        + " cannot be waited for");
    });
}

SignalReceived::SignalReceived(int code)
    : std::runtime_error("received " + signalName(code))
    , signal(code)
{
}

SignalReceived::~SignalReceived() = default;

} // namespace CoDrive
