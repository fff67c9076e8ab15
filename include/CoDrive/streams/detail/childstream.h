// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// A stream whose items come from children, which run on between two next(). While somebody waits in
// next() or close() it is a combinator of that task.

#include <CoDrive/core/detail/combinator.h>
#include <CoDrive/core/detail/loop.h>
#include <CoDrive/streams/stream.h>
#include <CoDrive/tasks/detail/children.h>

#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace CoDrive::detail {

/// \throws std::invalid_argument for less than 1
int checkedLimit(int limit, const char *what);

class ChildStream : public Combinator, private ReadyItem
{
public:
    using Result = void;
    using SharedChild = SharedPointer<SharedTaskBase>;

    // What a wait for it is made of; see Operation.
    bool isReady() const noexcept { return m_isClosing ? !hasChildren() : hasItem(); }
    bool start();
    bool request() noexcept override;
    /// The wait is over; children go on only if it has \a ended by itself.
    void leave(bool hasEnded) noexcept;

protected:
    enum class Order { OfEnd, OfStart };
    /// What a child's error means.
    enum class OnError { Cancel, GoOn, GiveOutcome };

    ChildStream(const char *label, Order order, OnError onError) noexcept
        : Combinator(label)
        , m_order(order)
        , m_onError(onError)
    {
    }
    ~ChildStream() = default;

    /// Starts what may run now: in next(), and when scheduleFill() was called.
    virtual void fill() noexcept = 0;
    /// Whether no item will come any more.
    virtual bool isExhausted() const noexcept = 0;
    /// Whether next() has something to give; without it, errors or the end.
    virtual bool hasItem() const noexcept;
    /// A child has ended with a value; gives whether that is an item.
    virtual bool isItem(StartedTask &child) noexcept = 0;
    /// A child has ended, there is no item and nothing has stopped.
    virtual void childEndedEmpty() noexcept { }
    /// Whether the end has come for good, also for who was asked to end meanwhile.
    virtual bool hasEnd() const noexcept { return false; }
    /// Keeps all this alive while it is at work.
    virtual std::shared_ptr<void> keepAlive() noexcept = 0;

    void startShared(SharedChild child);
    /// Starts a child that gives no items.
    void startFeeder(SharedChild child);
    /// Calls fill() from the loop.
    void scheduleFill() noexcept;
    /// Something other than a child has failed: after all children in order.
    void sourceFailed(std::exception_ptr error) noexcept;
    /// No more is started, and what runs has been asked to end.
    bool isStopped() const noexcept { return m_isStopped; }
    bool isWaitedFor() const noexcept { return task() != nullptr; }

    /// The first item's task.
    SharedChild takeItem();
    void throwErrors();
    Task<> closeChildren(std::vector<StreamBase *> sources);
    void abandonChildren() noexcept;

private:
    bool isComplete() const noexcept final;
    bool hasResult() const noexcept final;
    void onChildEnded(StartedTask &child) noexcept final;
    void requestAll() noexcept final;
    void noteErrorOf(const StartedTask &) noexcept final { } // onChildEnded() has
    void run() override;

    void addError(quint64 position, std::exception_ptr error) noexcept;
    void fail() noexcept;
    void skipEmpty() noexcept;
    void dropItems() noexcept;
    std::vector<std::exception_ptr> takeErrors();

    const Order m_order;
    const OnError m_onError;
    bool m_isClosing = false;
    bool m_isStopped = false;
    bool m_isFailed = false; ///< by an error: what comes later is dropped
    bool m_isInterrupted = false; ///< who waits has no item and no end to expect
    std::deque<SharedChild> m_items; ///< in order of start: also those that have not ended
    std::vector<std::pair<quint64, std::exception_ptr>> m_errors; ///< by the child's number
    LocalBindings m_locals; ///< of who asked first
    bool m_hasLocals = false;
};

/// Waits in the body of the stream, or while it is closed.
class [[nodiscard]] ChildStreamWait
{
public:
    using Result = void;

    class Awaiter
    {
    public:
        explicit Awaiter(ChildStream &stream) noexcept
            : m_stream(stream)
        {
        }
        Awaiter(Awaiter &&) = delete;
        ~Awaiter()
        {
            if (m_hasEntered)
                m_stream.leave(m_hasEnded);
        }

        bool await_ready() const noexcept { return m_stream.isReady(); }
        template<std::derived_from<FrameBase> Promise>
        bool await_suspend(std::coroutine_handle<Promise> waiter)
        {
            m_hasEntered = true;
            return enter(m_stream, waiter.promise());
        }
        void await_resume() noexcept { m_hasEnded = true; }

    private:
        ChildStream &m_stream;
        bool m_hasEntered = false;
        bool m_hasEnded = false;
    };

    explicit ChildStreamWait(ChildStream &stream) noexcept
        : m_stream(stream)
    {
    }
    Awaiter toFrameAwaiter() const noexcept { return Awaiter(m_stream); }

private:
    ChildStream &m_stream;
};

/// A ChildStream that gives T.
template<typename T>
class ChildStreamOf : public StreamEngineOf<T>, public ChildStream
{
public:
    Task<> close() final { return closeChildren(this->ownedSources()); }
    void abandon() noexcept final { abandonChildren(); }

protected:
    using ChildStream::ChildStream;

    /// Nothing more will be started.
    virtual void dropInput() noexcept { }
    /// Takes the item that hasItem() has told of.
    virtual T take() = 0;
    std::shared_ptr<void> keepAlive() noexcept final { return this->shared_from_this(); }

    Stream<T> body() final
    {
        for (;;) {
            co_await ChildStreamWait(*this);
            if (!hasItem())
                break;
            T item = take();
            co_yield std::move(item);
        }
        dropInput();
        throwErrors();
    }
};

/// The same, without its type.
template<typename T>
SharedPointer<SharedTaskBase> sharedChild(SharedTaskPointer<T> child) noexcept
{
    child->retain();
    return SharedPointer<SharedTaskBase>(child.get());
}

/// The value of a child that has ended, or a std::monostate for none.
template<typename T>
Slot<T> takeValue(SharedTaskBase &child)
{
    return takeSlot(static_cast<SharedTask<T> &>(child).outcome());
}

} // namespace CoDrive::detail
