// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// threadsafeStream(): a stream whose items come from another thread.
//
//     Task<Stream<Row>> open() { co_return threadsafeStream(readRows()); } // in the worker's thread
//
//     auto rows = co_await worker.run(open());
//     QCORO_FOREACH(const Row &row, rows) // here
//         model.append(row);

#include <CoDrive/streams/stream.h>
#include <CoDrive/threads/detail/streamcrossing.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace CoDrive {

/// The thread that was to give something has ended.
class ThreadEnded : public std::runtime_error
{
public:
    /// \param what was waited for
    explicit ThreadEnded(const char *what);
    ThreadEnded(const ThreadEnded &) noexcept = default;
    ThreadEnded &operator=(const ThreadEnded &) noexcept = default;
    ~ThreadEnded() override;
};

namespace detail {

template<typename T>
class ThreadsafeStream final : public StreamEngineOf<T>
{
public:
    explicit ThreadsafeStream(StreamSource<T> source)
        : m_crossing(std::make_shared<StreamCrossingOf<T>>())
    {
        m_crossing->start(produce(*m_crossing, std::move(source)));
    }
    ~ThreadsafeStream() override { m_crossing->drop(); }

    bool goesOn() const noexcept override { return true; }
    Task<> close() override { co_await CloseWait(m_crossing); }

protected:
    Stream<T> body() override
    {
        for (;;) {
            co_await AnswerWait(m_crossing);
            std::optional<T> item = m_crossing->take();
            if (!item)
                co_return;
            co_yield *std::move(item);
        }
    }

private:
    const std::shared_ptr<StreamCrossingOf<T>> m_crossing;
};

} // namespace detail

/// The items of \a input for a task of another thread. \a input stays on the thread of this call,
/// whose event loop asks it for one item whenever the stream is asked, and runs it; the stream can be
/// moved to another thread, and each next() and close() be awaited there. Like aiodrive's
/// threadsafe_aiter, threadsafe_agen.
///
/// A cancellation in next() is forwarded to the ask of \a input, which is awaited; an item or error
/// that it still gives is given, the request kept. A later next() asks on; what \a input gives then
/// is its own affair. When who asks is destroyed, the ask goes on, and the next one gets what it gives.
/// close() cancels an ask that nobody waits for, and closes \a input, if it is owned, on its thread.
///
/// Unlike all others of this room, the destructor does not wait: what waits in \a input is destroyed
/// on its thread when that is back at its event loop, or ends.
/// \param input a stream, or what toStream() takes: an lvalue is borrowed, an rvalue owned
/// \return a stream; its next() throws ThreadEnded when the thread of \a input has ended, or ends
/// meanwhile
template<typename Input>
[[nodiscard]] auto threadsafeStream(Input &&input)
{
    using T = detail::SourceItem<Input>;
    auto source = detail::sourceOf(std::forward<Input>(input));
    const std::optional<std::size_t> size = source.size();
    return Stream<T>(std::make_shared<detail::ThreadsafeStream<T>>(std::move(source)), size);
}

} // namespace CoDrive
