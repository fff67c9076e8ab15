// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// toStream() of a Queue.
//
//     QCORO_FOREACH(const Job &job, toStream(jobs)) // until jobs.close()
//         co_await run(job);

#include <CoDrive/streams/stream.h>
#include <CoDrive/sync/queue.h>

#include <memory>
#include <optional>

namespace CoDrive {

namespace detail {

template<typename T>
class QueueEngine final : public StreamEngineOf<T>
{
public:
    explicit QueueEngine(Queue<T> &queue) noexcept
        : m_queue(queue)
    {
    }

    bool goesOn() const noexcept override { return true; }

protected:
    Stream<T> body() override
    {
        for (;;) {
            std::optional<T> item;
            try {
                item.emplace(co_await m_queue.get());
            } catch (const QueueClosed &) {
                co_return;
            }
            co_yield *std::move(item);
        }
    }

private:
    Queue<T> &m_queue;
};

} // namespace detail

/// The items of \a queue: each next() is a get(), and the end comes when the queue is closed and
/// empty. Several streams share the items. A cancellation takes none, and a later next() goes on;
/// closing or destroying the stream does nothing to the queue, which must not be asked through it
/// when it is gone.
template<typename T>
[[nodiscard]] Stream<T> toStream(Queue<T> &queue)
{
    return Stream<T>(std::make_shared<detail::QueueEngine<T>>(queue), std::nullopt);
}

} // namespace CoDrive
