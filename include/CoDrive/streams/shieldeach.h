// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// shieldEach(): a stream that loses nothing when who asks it is cancelled.
//
//     auto jobs = shieldEach(receiveJobs(socket));
//     const auto job = co_await moveOnAfter(1s, jobs.next()); // later: asks for the same one

#include <CoDrive/core/unhandled.h>
#include <CoDrive/streams/detail/detachedask.h>
#include <CoDrive/streams/detail/source.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace CoDrive {

namespace detail {

template<typename T>
class ShieldEach final : public StreamEngineOf<T>
{
    /// What the ask needs, which may outlive the stream.
    struct State
    {
        explicit State(StreamSource<T> &&asked) noexcept
            : source(std::move(asked))
        {
        }

        StreamSource<T> source;
        std::optional<T> item;
        std::exception_ptr error;
        bool hasResult = false; ///< nobody has taken it yet
        bool isAbandoned = false;
    };

public:
    explicit ShieldEach(StreamSource<T> source)
        : m_state(std::make_shared<State>(std::move(source)))
    {
    }

    bool goesOn() const noexcept override { return true; }
    Task<> close() override
    {
        std::vector<std::exception_ptr> errors;
        if (m_ask.isRunning())
            co_await m_ask.cancelAndWait();
        if (m_state->error)
            errors.push_back(std::exchange(m_state->error, nullptr));
        std::vector<StreamBase *> owned;
        m_state->source.appendOwned(owned);
        co_await closeStreams(std::move(owned), std::move(errors));
    }
    void abandon() noexcept override
    {
        m_state->isAbandoned = true;
        reportLost(*m_state);
    }

protected:
    Stream<T> body() override
    {
        for (;;) {
            if (!m_ask.isRunning() && !m_state->hasResult)
                m_ask.start(ask(m_state), Loop::current().leftovers());
            if (m_ask.isRunning())
                co_await m_ask.join();
            if (!std::exchange(m_state->hasResult, false))
                continue; // cancelled by a run() that has ended
            if (m_state->error)
                std::rethrow_exception(std::exchange(m_state->error, nullptr));
            std::optional<T> item = std::exchange(m_state->item, std::nullopt);
            if (!item)
                co_return;
            co_yield *std::move(item);
        }
    }

private:
    static Task<> ask(std::shared_ptr<State> state)
    {
        try {
            state->item = co_await state->source.next();
        } catch (...) {
            state->error = std::current_exception();
        }
        state->hasResult = true;
        if (state->isAbandoned)
            reportLost(*state);
    }
    static void reportLost(State &state) noexcept
    {
        if (state.error)
            reportUnhandled(std::exchange(state.error, nullptr), TaskInfo());
    }

    std::shared_ptr<State> m_state;
    DetachedAsk m_ask;
};

} // namespace detail

/// Not structured: when a caller of next() is cancelled, or the stream destroyed, it leaves at once
/// and the ask of \a input goes on, detached; run() cancels and awaits it at its end.
///
/// The items of \a input. The next next() after such a cancellation waits for the same ask, so that
/// nothing is lost. When the stream is destroyed meanwhile, what the ask gives is dropped, and its
/// error goes to the unhandled-error handler; close() cancels the ask and awaits it.
/// Like aiodrive's shield_aiter. \param input a stream, or what toStream() takes: an lvalue is
/// borrowed, an rvalue owned, until the ask has ended
template<typename Input>
[[nodiscard]] auto shieldEach(Input &&input)
{
    using T = detail::SourceItem<Input>;
    auto source = detail::sourceOf(std::forward<Input>(input));
    const std::optional<std::size_t> size = source.size();
    return Stream<T>(std::make_shared<detail::ShieldEach<T>>(std::move(source)), size);
}

} // namespace CoDrive
