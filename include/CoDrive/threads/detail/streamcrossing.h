// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What the two sides of a threadsafeStream() share. On the thread of the source a task, the producer,
// owns it and asks it for one item at a time; it lives until the stream is closed or destroyed, or
// the thread ends. On any thread, who asks orders an item and waits for the answer. When he leaves
// before that, the ask goes on, and the next one gets its answer.

#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/outcome.h>
#include <CoDrive/core/task.h>
#include <CoDrive/streams/detail/source.h>
#include <CoDrive/threads/detail/waitqueue.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace CoDrive::detail {

class OrderWait;

/// Who waits in its queue waits for an answer, or for the end of the producer.
class StreamCrossing : public WaitQueue,
                       public InboxItem,
                       public std::enable_shared_from_this<StreamCrossing>,
                       private ReadyItem,
                       private JoinWaiter
{
public:
    /// On the thread of the source.
    StreamCrossing();
    ~StreamCrossing() override;

    // The thread of the source.

    void start(Task<> producer);
    bool hasOrder();
    /// True: to ask for an item; false: to close.
    bool takeOrder();
    void setOrderWait(OrderWait *wait) noexcept { m_orderWait = wait; }
    /// The producer has put down an answer.
    void answered() noexcept;
    void deliver() noexcept override;

    // Any thread.

    /// The stream has been destroyed: so is the producer, as soon as its thread is at its loop.
    void drop() noexcept;

protected:
    /// The answer, of whoever gave it or has taken it: there is an answer or an ask, never both.
    virtual const OutcomeBase &answer() const noexcept = 0;
    /// Nobody takes it.
    virtual void dropAnswer() noexcept = 0;

private:
    friend class AnswerWait;
    friend class CloseWait;

    enum class Asking { Nothing, Due, UnderWay };
    enum class Answer { None, Given, Cancelled };

    void post() { m_loop->post(shared_from_this()); }
    void run() override;
    void destroyProducer() noexcept;
    void joined() noexcept override;
    StartedTask *waitingTask() const noexcept override { return nullptr; }
    bool announce(bool isCancelled) noexcept;
    void reportAnswer() noexcept;

    const LoopPointer m_loop;

    // Guarded by the mutex:
    Asking m_asking = Asking::Nothing;
    Answer m_answerState = Answer::None;
    int m_requests = 0; ///< on their way to the producer
    bool m_isRequested = false; ///< who waits for the answer was asked to end
    bool m_isClosing = false;
    bool m_isDropped = false;
    bool m_isOver = false; ///< there is no producer any more
    std::exception_ptr m_closingError;

    // The thread of the source only:
    OrderWait *m_orderWait = nullptr;
    StartedTask *m_producer = nullptr;
    std::shared_ptr<StreamCrossing> m_self; ///< while there is a producer
    bool m_isAskRequested = false; ///< the ask that is under way
    bool m_isSelfCancelled = false; ///< an ask was under way when it was to close
    bool m_isFirstOutsideSwallowed = false;
};

/// The producer waits for what it is to do.
class OrderWait final : public Operation
{
public:
    using Result = bool;

    explicit OrderWait(StreamCrossing &crossing) noexcept
        : m_crossing(crossing)
    {
    }
    OrderWait(OrderWait &&) noexcept = default;
    ~OrderWait()
    {
        if (task())
            m_crossing.setOrderWait(nullptr);
    }

    bool isReady() const { return m_crossing.hasOrder(); }
    bool start() noexcept
    {
        m_crossing.setOrderWait(this);
        return true;
    }
    bool takeResult() { return m_crossing.takeOrder(); }
    bool request() noexcept override { return true; }
    void arrived() noexcept
    {
        if (!task()->isReady())
            complete();
    }

private:
    StreamCrossing &m_crossing;
};

/// Orders an item and waits for the answer.
class AnswerWait final : public QueueOperationWith<WaitEntry>
{
public:
    using Result = void;

    explicit AnswerWait(std::shared_ptr<StreamCrossing> crossing) noexcept
        : QueueOperationWith(crossing)
        , m_crossing(*crossing)
    {
    }
    AnswerWait(AnswerWait &&) noexcept = default;
    ~AnswerWait() { finish(); }

    bool isReady() const noexcept { return false; }
    bool start();
    /// The answer is ours then. \throws ThreadEnded when there is none
    void takeResult();
    bool request() noexcept override;

private:
    void end() noexcept override;

    StreamCrossing &m_crossing;
};

/// Orders to close and waits for the end of the producer.
class CloseWait final : public QueueOperationWith<WaitEntry>
{
public:
    using Result = void;

    explicit CloseWait(std::shared_ptr<StreamCrossing> crossing) noexcept
        : QueueOperationWith(crossing)
        , m_crossing(*crossing)
    {
    }
    CloseWait(CloseWait &&) noexcept = default;
    ~CloseWait() { finish(); }

    bool isReady() const noexcept { return false; }
    bool start();
    /// \throws the error of an answer that nobody took, and that of closing
    void takeResult();
    bool request() noexcept override;

private:
    bool isOver() noexcept override { return m_crossing.m_isOver; }

    StreamCrossing &m_crossing;
};

template<typename T>
class StreamCrossingOf final : public StreamCrossing
{
public:
    /// For the producer, before answered().
    void setAnswer(Outcome<std::optional<T>> &&answer) { m_answer = std::move(answer); }
    void setError(std::exception_ptr error) { m_answer.setError(std::move(error)); }
    /// For who has waited for it. \throws the error
    std::optional<T> take()
    {
        Outcome<std::optional<T>> taken = std::exchange(m_answer, {});
        return std::move(taken).value();
    }

private:
    const OutcomeBase &answer() const noexcept override { return m_answer; }
    void dropAnswer() noexcept override { m_answer.reset(); }

    Outcome<std::optional<T>> m_answer;
};

template<typename T>
Task<> produce(StreamCrossingOf<T> &crossing, StreamSource<T> source)
{
    for (;;) {
        const bool isAsked = co_await OrderWait(crossing);
        if (!isAsked)
            break;
        // Nothing of the item is left here when who asks has it.
        try {
            crossing.setAnswer(co_await attempt(source.next()));
        } catch (...) {
            crossing.setError(std::current_exception());
        }
        // A request that came too late is not for the next ask.
        if (Loop::currentTask()->isRequested())
            static_cast<void>(co_await attempt(checkpoint()));
        crossing.answered();
    }
    std::vector<StreamBase *> owned;
    source.appendOwned(owned);
    std::vector<std::exception_ptr> errors;
    co_await closeStreams(std::move(owned), std::move(errors));
}

} // namespace CoDrive::detail
