// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// signalStream(): the emissions of a signal as a stream.
//
//     auto texts = signalStream(edit, &QLineEdit::textChanged);
//     QCORO_FOREACH(const QString &text, texts) // until the edit is destroyed
//         co_await search(text);

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/qt/detail/signaltraits.h>
#include <CoDrive/streams/stream.h>

#include <QObject>
#include <QPointer>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace CoDrive {

namespace detail {

class EmissionWait;

/// What the stream and its slots at the sender share. The slots run on whatever thread emits, and
/// perhaps after the stream has gone.
class EmissionQueue : public RemoteWaker
{
public:
    /// The slot at QObject::destroyed(). Any thread, as the next ones.
    void senderDestroyed() noexcept;
    bool isSenderDestroyed() const noexcept;
    /// The connection has ended: the sender is destroyed, or somebody has disconnected it.
    void disconnected() noexcept;
    /// Nothing is kept any more. The stream's thread, as below.
    virtual void close() noexcept;

    /// Whether there is an emission, or none will come any more.
    bool hasNews() const noexcept;
    void setWait(EmissionWait *wait) noexcept { m_wait = wait; }
    void deliver() noexcept override;

protected:
    /// Tells who waits, if anybody.
    void announce() noexcept;
    /// To be called under the mutex.
    virtual bool isEmpty() const noexcept = 0;

    mutable std::mutex m_mutex;
    bool m_isClosed = false; // guarded, as the next two
    bool m_isSenderDestroyed = false;
    bool m_isDisconnected = false;

private:
    EmissionWait *m_wait = nullptr;
};

class EmissionWait final : public AwaitableOperation<EmissionWait, void>
{
public:
    explicit EmissionWait(EmissionQueue &queue) noexcept
        : m_queue(queue)
    {
    }
    EmissionWait(EmissionWait &&) noexcept = default;
    ~EmissionWait()
    {
        if (task())
            m_queue.setWait(nullptr);
    }

    bool isReady() const noexcept { return m_queue.hasNews(); }
    bool start() noexcept
    {
        m_queue.setWait(this);
        return !m_queue.hasNews();
    }
    void takeResult() const noexcept { }
    bool request() noexcept override { return !m_queue.hasNews(); }
    void arrived() noexcept
    {
        if (!task()->isReady())
            complete();
    }

private:
    EmissionQueue &m_queue;
};

template<typename Signal>
class EmissionQueueOf final : public EmissionQueue
{
    using Traits = SignalTraits<Signal>;
    using Values = typename Traits::Values;

public:
    using Item = std::conditional_t<std::is_void_v<typename Traits::Result>, std::monostate, typename Traits::Result>;

    /// The slot.
    template<typename... Args>
    void arrived(Args &&...args) noexcept
    {
        Emission emission;
        try {
            emission.values = valuesOf(std::forward_as_tuple(std::forward<Args>(args)...), typename Traits::Indices());
        } catch (...) {
            emission.error = std::current_exception();
        }
        {
            const std::scoped_lock lock(m_mutex);
            if (m_isClosed || m_lost)
                return;
            try {
                m_emissions.push_back(std::move(emission));
            } catch (...) {
                m_lost = std::current_exception();
            }
        }
        announce();
    }

    /// The next one; empty when none will come any more. \throws the error of keeping it
    std::optional<Item> take()
    {
        Emission emission;
        {
            const std::scoped_lock lock(m_mutex);
            if (m_emissions.empty()) {
                if (m_lost)
                    std::rethrow_exception(std::exchange(m_lost, nullptr));
                return std::nullopt;
            }
            emission = std::move(m_emissions.front());
            m_emissions.pop_front();
        }
        if (emission.error)
            std::rethrow_exception(emission.error);
        if constexpr (std::tuple_size_v<Values> == 0)
            return std::optional<Item>(std::in_place);
        else if constexpr (std::tuple_size_v<Values> == 1)
            return std::optional<Item>(std::get<0>(*std::move(emission.values)));
        else
            return std::optional<Item>(*std::move(emission.values));
    }

    void close() noexcept override
    {
        EmissionQueue::close();
        std::deque<Emission> dropped; // outside of the mutex
        const std::scoped_lock lock(m_mutex);
        dropped.swap(m_emissions);
    }

private:
    /// The arguments, or the error of copying them.
    struct Emission
    {
        std::optional<Values> values;
        std::exception_ptr error;
    };

    template<typename Arguments, std::size_t... index>
    static Values valuesOf([[maybe_unused]] Arguments &&arguments, std::index_sequence<index...>)
    {
        return Values(std::get<index>(std::forward<Arguments>(arguments))...);
    }
    bool isEmpty() const noexcept override { return m_emissions.empty() && !m_lost; }

    std::deque<Emission> m_emissions;
    std::exception_ptr m_lost; ///< why an emission could not be kept; it stands behind those that were
};

/// Connects a queue to a sender as long as it lives.
class SignalConnection
{
public:
    explicit SignalConnection(std::shared_ptr<EmissionQueue> queue) noexcept
        : m_queue(std::move(queue))
    {
    }
    SignalConnection(const SignalConnection &) = delete;
    ~SignalConnection() { disconnect(); }

    /// \throws std::invalid_argument when \a connection has failed
    void attach(const QObject *sender, QMetaObject::Connection connection);
    void disconnect() noexcept;

private:
    std::shared_ptr<EmissionQueue> m_queue;
    QMetaObject::Connection m_connection;
    QMetaObject::Connection m_destroyedConnection;
};

[[noreturn]] void throwNullSender();

template<typename Signal>
class SignalEngine final : public StreamEngineOf<typename EmissionQueueOf<Signal>::Item>
{
    using Queue = EmissionQueueOf<Signal>;
    using Item = typename Queue::Item;

public:
    SignalEngine(const typename SignalTraits<Signal>::Object *sender, Signal signal)
        : m_queue(std::make_shared<Queue>())
        , m_connection(m_queue)
    {
        if (!sender)
            throwNullSender();
        m_connection.attach(sender, QObject::connect(sender, signal, sender, makeSlot(m_queue, Arguments()),
                                                     Qt::DirectConnection));
    }

    bool goesOn() const noexcept override { return true; }
    Task<> close() override
    {
        m_connection.disconnect();
        co_return;
    }

protected:
    Stream<Item> body() override
    {
        for (;;) {
            co_await EmissionWait(*m_queue);
            std::optional<Item> item = take();
            if (!item)
                co_return;
            co_yield *std::move(item);
        }
    }

private:
    std::optional<Item> take()
    {
        try {
            return m_queue->take();
        } catch (...) {
            // It ends the stream: what comes now would be kept for nobody.
            m_connection.disconnect();
            throw;
        }
    }

    using Arguments = typename QtPrivate::FunctionPointer<Signal>::Arguments;

    // It has the signal's exact parameters, because Qt counts those of a functor. It dies with the
    // connection, whoever ends that: no signal tells of a disconnect().
    template<typename... Args>
    class Slot
    {
    public:
        explicit Slot(std::shared_ptr<Queue> queue) noexcept
            : m_queue(std::move(queue))
        {
        }
        Slot(Slot &&) noexcept = default;
        ~Slot()
        {
            if (m_queue)
                m_queue->disconnected();
        }
        void operator()(Args... args) const { m_queue->arrived(std::forward<Args>(args)...); }

    private:
        std::shared_ptr<Queue> m_queue;
    };
    template<typename... Args>
    static Slot<Args...> makeSlot(const std::shared_ptr<Queue> &queue, QtPrivate::List<Args...>)
    {
        return Slot<Args...>(queue);
    }

    std::shared_ptr<Queue> m_queue;
    SignalConnection m_connection;
};

} // namespace detail

/// The emissions of \a signal by \a sender from this call on, in order, however many; those that
/// nobody has taken yet are kept. The sender may live and emit on any thread; the items are copies of
/// the arguments. The stream belongs to the thread of this call and ends when the sender has been
/// destroyed, or somebody has disconnected the signal from all its receivers, and everything was
/// taken. A cancellation takes nothing, and a later next() goes on.
/// Destroying or closing it disconnects. The stream form of nextSignal().
/// \return a stream of the argument, of tuples of several, or of std::monostate for none; a
/// QPrivateSignal is left out \throws std::invalid_argument when the sender is null
template<typename Signal>
[[nodiscard]] auto signalStream(const typename detail::SignalTraits<Signal>::Object *sender, Signal signal)
{
    using Item = typename detail::EmissionQueueOf<Signal>::Item;
    return Stream<Item>(std::make_shared<detail::SignalEngine<Signal>>(sender, signal), std::nullopt);
}

} // namespace CoDrive
