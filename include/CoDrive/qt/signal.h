// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// nextSignal(): waits for a signal.
//
//     Task<> greet(QLineEdit *edit)
//     {
//         const QString text = co_await nextSignal(edit, &QLineEdit::textChanged);
//         qInfo() << "hello" << text;
//     }

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/detail/ownedcallable.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/task.h>
#include <CoDrive/qt/detail/signaltraits.h>

#include <QByteArray>
#include <QObject>
#include <QPointer>

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace CoDrive {

/// The QObject whose signal, tick or reply was awaited has been destroyed; what() names its class.
class SenderDestroyed : public ObjectDestroyed
{
public:
    /// \param what the class of the object
    explicit SenderDestroyed(const QString &what);
    SenderDestroyed(const SenderDestroyed &) noexcept = default;
    SenderDestroyed &operator=(const SenderDestroyed &) noexcept = default;
    ~SenderDestroyed() override;
};

namespace detail {

class SignalWait;

/// What the waiter and its slots at the sender share. The slots run on whatever thread emits, and
/// perhaps after the waiter has gone.
class SignalBlock : public RemoteWaker
{
public:
    // Any thread.

    /// The connection has ended: the sender is destroyed, or somebody has disconnected it.
    void disconnected() noexcept;

    // The waiter's thread.

    /// Whether an emission counts. Only a hint, unless the mutex is held.
    bool isOpen() const noexcept;
    void attach(SignalWait &wait) noexcept { m_wait = &wait; }
    /// The waiter leaves.
    void detach() noexcept;
    /// Answers a request: whether nothing has arrived and nothing will.
    bool withdraw() noexcept;
    void deliver() noexcept override;

protected:
    explicit SignalBlock(bool isFiltered) noexcept
        : m_isFiltered(isFiltered)
    {
    }

    enum class Verdict { NothingLeft, Over, Mismatch, Match };

    /// Tells the waiter's thread that something has arrived.
    void announce() noexcept;
    /// Judges the next emission by the predicate. When none is left, returns closeIfOver().
    virtual Verdict judgeNext() noexcept = 0;
    virtual bool hasUnjudged() const noexcept = 0;
    /// Destroys the predicate, on its own thread.
    virtual void dropPredicate() noexcept = 0;
    /// To be called under the same lock that found none left: one more may come right behind it.
    Verdict closeIfOver() noexcept
    {
        m_isClosed = m_isClosed || m_isDisconnected;
        return m_isClosed ? Verdict::Over : Verdict::NothingLeft;
    }

    mutable std::mutex m_mutex; // guards the next two, and what the derived class says
    bool m_isClosed = false; ///< the result is there, or the waiter leaves: no emission counts
    bool m_isDisconnected = false; ///< no emission will come

private:
    void judge() noexcept;

    const bool m_isFiltered;
    // The waiter's thread only.
    SignalWait *m_wait = nullptr; ///< until it has been told
    bool m_isJudging = false;
    bool m_isRequested = false; ///< asked to end before all that had arrived was judged
};

/// The part of the wait that does not depend on the signal.
class SignalWait : public Operation
{
public:
    bool request() noexcept override { return m_shared->withdraw(); }
    void signalArrived() noexcept { complete(); }
    void withdrawnLate() noexcept { completeByUnwinding(); }

protected:
    SignalWait(const QObject *sender, const QMetaObject &signalClass);
    SignalWait(SignalWait &&) noexcept = default;
    ~SignalWait() { leave(); }

    /// \throws std::invalid_argument, SenderDestroyed
    void checkSender() const;
    /// Returns whether the waiter suspends.
    /// \throws std::invalid_argument when \a connection has failed
    bool startWaiting(std::shared_ptr<SignalBlock> block, QMetaObject::Connection connection);
    bool isConnected() const noexcept { return m_shared != nullptr; }
    /// Disconnects.
    void leave() noexcept;
    /// \throws SenderDestroyed, or Cancelled when the sender was only disconnected
    [[noreturn]] void throwDisconnected() const;

private:
    QPointer<const QObject> m_sender;
    bool m_isNull;
    QByteArray m_className;
    std::shared_ptr<SignalBlock> m_shared;
    QMetaObject::Connection m_connection;
};

struct NoPredicate
{
};

template<typename Signal, typename Predicate>
class SignalBlockOf final : public SignalBlock
{
    using Traits = SignalTraits<Signal>;
    using Values = typename Traits::Values;
    static constexpr bool isFiltered = !std::is_same_v<Predicate, NoPredicate>;

    /// An emission: its arguments, or the error of copying them.
    struct Arrival
    {
        std::optional<Values> values;
        std::exception_ptr error;
    };

public:
    explicit SignalBlockOf(Predicate &&predicate)
        : SignalBlock(isFiltered)
        , m_predicate(std::move(predicate))
    {
    }

    /// The slot.
    template<typename... Args>
    void arrived(Args &&...args) noexcept
    {
        if (!isOpen())
            return;
        Arrival arrival;
        try {
            arrival.values = valuesOf(std::forward_as_tuple(std::forward<Args>(args)...),
                                      typename Traits::Indices());
        } catch (...) {
            arrival.error = std::current_exception();
        }
        {
            const std::scoped_lock lock(m_mutex);
            if (m_isClosed || m_lost)
                return;
            if constexpr (isFiltered) {
                try {
                    m_arrived.push_back(std::move(arrival));
                } catch (...) {
                    m_lost = std::current_exception();
                }
            } else {
                m_isClosed = true;
                setResult(std::move(arrival));
            }
        }
        announce();
    }

    static QMetaObject::Connection connect(const std::shared_ptr<SignalBlockOf> &block,
                                           const typename Traits::Object *sender, Signal signal)
    {
        using Arguments = typename QtPrivate::FunctionPointer<Signal>::Arguments;
        return QObject::connect(sender, signal, sender, makeSlot(block, Arguments()),
                                Qt::DirectConnection);
    }

    std::optional<Values> takeValues()
    {
        if (m_result.error)
            std::rethrow_exception(m_result.error);
        return std::move(m_result.values);
    }

private:
    // It has the signal's exact parameters, because Qt counts those of a functor. It dies with the
    // connection, whoever ends that: no signal tells of a disconnect().
    template<typename... Args>
    class Slot
    {
    public:
        explicit Slot(std::shared_ptr<SignalBlockOf> block) noexcept
            : m_block(std::move(block))
        {
        }
        Slot(Slot &&) noexcept = default;
        ~Slot()
        {
            if (m_block)
                m_block->disconnected();
        }
        void operator()(Args... args) const { m_block->arrived(std::forward<Args>(args)...); }

    private:
        std::shared_ptr<SignalBlockOf> m_block;
    };
    template<typename... Args>
    static Slot<Args...> makeSlot(const std::shared_ptr<SignalBlockOf> &block, QtPrivate::List<Args...>)
    {
        return Slot<Args...>(block);
    }

    template<typename Arguments, std::size_t... index>
    static Values valuesOf(Arguments &&arguments, std::index_sequence<index...>)
    {
        return Values(std::get<index>(std::forward<Arguments>(arguments))...);
    }

    void setResult(Arrival &&arrival) noexcept
    {
        try {
            m_result = std::move(arrival);
        } catch (...) {
            m_result.values.reset();
            m_result.error = std::current_exception();
        }
    }

    Verdict judgeNext() noexcept override
    {
        if constexpr (isFiltered) {
            if (m_next == m_unjudged.size()) {
                m_next = 0;
                m_unjudged.clear();
                const std::scoped_lock lock(m_mutex);
                m_unjudged.swap(m_arrived);
                if (m_unjudged.empty()) {
                    if (!m_lost)
                        return closeIfOver();
                    m_result.error = m_lost;
                    m_isClosed = true;
                    return Verdict::Match;
                }
            }
            Arrival &arrival = m_unjudged[m_next++];
            bool isMatch = true;
            try {
                if (!arrival.error)
                    isMatch = std::apply(*m_predicate, std::as_const(*arrival.values));
            } catch (...) {
                arrival.error = std::current_exception();
            }
            if (!isMatch) {
                arrival.values.reset();
                return Verdict::Mismatch;
            }
            setResult(std::move(arrival));
            m_unjudged.clear();
            m_next = 0;
            std::vector<Arrival> late; // their destructors do not run under the mutex
            const std::scoped_lock lock(m_mutex);
            m_isClosed = true;
            late.swap(m_arrived);
            return Verdict::Match;
        } else {
            return Verdict::NothingLeft;
        }
    }
    bool hasUnjudged() const noexcept override
    {
        return m_next < m_unjudged.size() || !m_arrived.empty() || m_lost;
    }
    void dropPredicate() noexcept override { m_predicate.reset(); }

    std::optional<Predicate> m_predicate; // the waiter's thread only, as the next two
    std::vector<Arrival> m_unjudged;
    std::size_t m_next = 0;
    std::vector<Arrival> m_arrived; // guarded, as the next one
    std::exception_ptr m_lost; ///< why an emission could not be kept; it stands behind those that were
    Arrival m_result; // guarded until closed
};

template<typename Signal, typename Predicate>
class SignalOperation final : public SignalWait,
                              public AwaitableInAnyCoroutine<SignalOperation<Signal, Predicate>>
{
    using Traits = SignalTraits<Signal>;
    using Object = typename Traits::Object;
    using Block = SignalBlockOf<Signal, Predicate>;

public:
    using Result = typename Traits::Result;

    SignalOperation(const Object *sender, Signal signal, Predicate &&predicate)
        : SignalWait(sender, Object::staticMetaObject)
        , m_sender(sender)
        , m_signal(signal)
        , m_predicate(std::move(predicate))
    {
    }

    bool isReady() const
    {
        checkSender();
        return false;
    }
    bool start()
    {
        m_block = std::make_shared<Block>(std::move(m_predicate));
        return startWaiting(m_block, Block::connect(m_block, m_sender, m_signal));
    }
    Result takeResult()
    {
        leave();
        std::optional<typename Traits::Values> values = m_block->takeValues();
        if (!values)
            throwDisconnected();
        if constexpr (std::tuple_size_v<typename Traits::Values> == 1)
            return std::get<0>(*std::move(values));
        else if constexpr (!std::is_void_v<Result>)
            return *std::move(values);
    }

private:
    const Object *m_sender;
    Signal m_signal;
    Predicate m_predicate;
    std::shared_ptr<Block> m_block;
};

} // namespace detail

/// Waits for the next emission of \a signal by \a sender: connected when it is awaited, not before.
/// The sender may live on any thread and emit on any thread; the waiter goes on from the loop of its
/// own, never inside the emission, with copies of the arguments. Emissions after the first one are
/// not kept; see signalStream() for all of them. On cancellation it is withdrawn at once; an
/// emission that came before the request is delivered.
/// Like QCoro's `qCoro(sender, signal)`, which never ends when the sender dies.
/// \return to be awaited: the argument of the signal, a tuple of several, or void; a QPrivateSignal
/// is left out
/// \throws SenderDestroyed when the sender is destroyed first; Cancelled when somebody disconnects the
/// signal from all its receivers; std::invalid_argument when the sender is null
template<typename Signal>
[[nodiscard]] auto nextSignal(const typename detail::SignalTraits<Signal>::Object *sender,
                              Signal signal)
{
    return detail::SignalOperation<Signal, detail::NoPredicate>(sender, signal,
                                                                detail::NoPredicate());
}

/// \overload
/// Waits for an emission that \a predicate, called with the arguments, returns true for. It is
/// called from the loop of the waiter's thread, in the order of emission, and no more after a match.
/// What it throws ends the wait.
template<typename Signal, typename Predicate>
[[nodiscard]] auto nextSignal(const typename detail::SignalTraits<Signal>::Object *sender,
                              Signal signal, Predicate &&predicate)
{
    detail::checkCallable<Predicate>();
    using Owned = detail::OwnedCallable<Predicate>;
    return detail::SignalOperation<Signal, Owned>(sender, signal,
                                                  Owned(std::forward<Predicate>(predicate)));
}

} // namespace CoDrive
