// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/process/watchsignal.h>

#include <memory>
#include <optional>

namespace CoDrive {

namespace detail {

namespace {

class WatchWait final : public AwaitableOperation<WatchWait, int>
{
public:
    explicit WatchWait(SignalListener &listener) noexcept
        : m_listener(listener)
    {
    }
    WatchWait(WatchWait &&) noexcept = default;
    ~WatchWait()
    {
        if (task())
            m_listener.onNotified = nullptr;
    }

    bool isReady() const noexcept { return m_listener.hasCode(); }
    bool start()
    {
        m_listener.onNotified = [this] { arrived(); };
        return !m_listener.hasCode();
    }
    int takeResult() noexcept { return m_listener.takeCode(); }
    bool request() noexcept override { return !m_listener.hasCode(); }

private:
    void arrived()
    {
        // A notification may be of one that was taken already.
        if (m_listener.hasCode() && !task()->isReady())
            complete();
    }

    SignalListener &m_listener;
};

class SignalWatch final : public StreamEngineOf<int>
{
public:
    explicit SignalWatch(const SignalSet &codes) noexcept
        : m_codes(codes)
    {
    }
    ~SignalWatch() override { end(); }

    bool goesOn() const noexcept override { return true; }
    Task<> close() override
    {
        end();
        co_return;
    }

protected:
    Stream<int> body() override
    {
        if (!m_listener) {
            const auto listener = std::make_shared<SignalListener>(m_codes);
            listener->begin();
            m_listener = listener;
        }
        for (;;) {
            const int code = co_await WatchWait(*m_listener);
            co_yield code;
        }
    }

private:
    void end() noexcept
    {
        if (m_listener)
            m_listener->end();
    }

    const SignalSet m_codes;
    std::shared_ptr<SignalListener> m_listener; ///< from the first next() on
};

} // namespace

} // namespace detail

Stream<int> watchSignal(const SignalSet &codes)
{
    codes.check();
    return Stream<int>(std::make_shared<detail::SignalWatch>(codes), std::nullopt);
}

} // namespace CoDrive
