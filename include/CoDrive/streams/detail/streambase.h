// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What a Stream is made of, without the type of its items: the frame of its body, which runs inside
// the task that asks, and the engine of a stream that holds more than that.

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/detail/loop.h>
#include <CoDrive/core/task.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace CoDrive::detail {

class StreamAsk;
class StreamBase;

/// The promise of a stream's body: a frame that suspends at each co_yield and goes on, perhaps in
/// another task, when it is asked again.
class StreamFrame : public PromiseBase
{
public:
    std::suspend_always final_suspend() noexcept
    {
        m_hasEnded = true;
        return {};
    }
    void return_void() const noexcept { }
    void unhandled_exception() noexcept;

    void setStream(StreamBase *stream) noexcept { m_stream = stream; }

    /// Goes back to who asks. What is doomed suspends here (law L14).
    class Yield
    {
    public:
        bool await_ready() const noexcept { return false; }
        template<std::derived_from<StreamFrame> Promise>
        void await_suspend(std::coroutine_handle<Promise> body) const noexcept
        {
            body.promise().leave();
        }
        void await_resume() const noexcept { }
    };

protected:
    using PromiseBase::PromiseBase;
    ~StreamFrame();

    StreamAsk &ask() const noexcept;

private:
    void leave() noexcept;

    StreamBase *m_stream = nullptr; ///< null when that is gone
    bool m_hasEnded = false;
};

/// What makes a stream more than its body: sources that it owns, children that run between two
/// items. It outlives the frames that use it.
class StreamEngine : public std::enable_shared_from_this<StreamEngine>
{
public:
    StreamEngine(const StreamEngine &) = delete;
    virtual ~StreamEngine();

    /// A body that has not begun.
    virtual StreamFrame *makeBody() = 0;
    /// Whether a body that was unwound or destroyed while it waited is followed by another one.
    virtual bool goesOn() const noexcept { return false; }
    /// Ends what runs, gracefully, and closes the sources; the body is gone by then.
    virtual Task<> close();
    /// The stream is being destroyed: destroys what runs.
    virtual void abandon() noexcept { }

protected:
    StreamEngine() noexcept = default;

    /// The streams that this one owns and closes.
    virtual std::vector<StreamBase *> ownedSources() { return {}; }
};

/// Closes \a streams in order, all of them whatever they throw. \throws \a errors and theirs
Task<> closeStreams(std::vector<StreamBase *> streams, std::vector<std::exception_ptr> errors);

/// The part of a Stream that does not depend on its items.
class StreamBase
{
public:
    StreamBase() noexcept = default;
    StreamBase(StreamBase &&other) noexcept;
    StreamBase &operator=(StreamBase &&other) noexcept;
    ~StreamBase() { destroy(); }

    /// Where this stream is now, or null when it has been destroyed.
    using Anchor = std::shared_ptr<StreamBase *>;
    Anchor anchor();

    std::optional<std::size_t> size() const noexcept { return m_size; }
    void setSize(std::optional<std::size_t> size) noexcept { m_size = size; }

protected:
    explicit StreamBase(StreamFrame *body) noexcept
        : m_body(body)
        , m_state(State::Open)
    {
        body->setStream(this);
    }
    StreamBase(std::shared_ptr<StreamEngine> engine, std::optional<std::size_t> size) noexcept
        : m_engine(std::move(engine))
        , m_size(size)
        , m_state(State::Open)
    {
    }

    StreamFrame *takeBody() noexcept
    {
        m_body->setStream(nullptr);
        return std::exchange(m_body, nullptr);
    }

private:
    friend class StreamFrame;
    friend class StreamAsk;

    enum class State : quint8 { Invalid, Open, Over };

    void takeOver(StreamBase &other) noexcept;
    void destroy() noexcept;
    void destroyBody() noexcept;
    void bodyGone(bool hasEnded) noexcept;
    void abandonAsk(std::shared_ptr<StreamEngine> engine) noexcept;
    [[noreturn]] void refuse() const;
    /// Whether there is something to ask. \throws std::logic_error
    bool openBody();

    StreamFrame *m_body = nullptr; ///< null before it is first needed, and at the end
    StreamAsk *m_ask = nullptr; ///< who waits in next() or close()
    std::shared_ptr<StreamEngine> m_engine;
    Anchor m_anchor; ///< made when somebody borrows this stream
    std::optional<std::size_t> m_size;
    State m_state = State::Invalid;
};

/// The place in a frame where a stream is asked: for an item, or to close.
class StreamAsk : public FrameAwaiter
{
protected:
    explicit StreamAsk(StreamBase &stream) noexcept
        : m_stream(&stream)
    {
    }
    ~StreamAsk()
    {
        if (m_isAsking)
            m_stream->m_ask = nullptr;
    }

    /// Whether the body is to be asked; false: the stream has ended. \throws std::logic_error
    bool isBodyReady()
    {
        if (m_stream->m_state == StreamBase::State::Open && m_stream->m_body && !m_stream->m_ask)
            return true;
        return m_stream->openBody();
    }
    /// Runs the body; returns whether the asking frame suspends.
    bool runBody(FrameBase &parent)
    {
        StreamFrame *const body = m_stream->m_body;
        StartedTask *const task = parent.m_task;
        // An item that the body takes for what is doomed would be lost at the co_yield (law L14).
        if (Q_UNLIKELY(task->isDoomed())) {
            task->m_operation = &noOperation();
            return true;
        }
        enter(parent, *body);
        // Asked on the stack of who asks, which is cheaper, but only so deep (law L5).
        if (task->m_streamDepth == maxDepth)
            return true;
        ++task->m_streamDepth;
        body->resume();
        --task->m_streamDepth;
        if (task->m_current == &parent)
            return task->m_operation != nullptr;
        if (task->m_current != body || task->m_operation || !body->isDone())
            return true;
        task->popFrame()->destroy();
        return false;
    }

    /// Whether there is anything to close. \throws std::logic_error
    bool canClose();
    /// Enters the closing of the engine.
    void runClose(FrameBase &parent, TaskPromise<void> &frame) { enter(parent, frame); }
    Task<> closeEngine() const { return m_stream->m_engine->close(); }
    void closed() noexcept;

    void setError(std::exception_ptr error) noexcept { m_error = std::move(error); }
    /// \throws ObjectDestroyed when the stream was destroyed meanwhile; its error is unhandled then.
    /// Else that error.
    void checkEnd()
    {
        if (Q_UNLIKELY(m_isAbandoned || m_error))
            throwError();
    }

private:
    friend class StreamBase;
    friend class StreamFrame;

    static constexpr quint8 maxDepth = 16;

    void enter(FrameBase &parent, FrameBase &frame) noexcept
    {
        m_parent = &parent;
        m_child = &frame;
        frame.m_task = parent.m_task;
        frame.m_awaiter = this;
        parent.m_task->m_current = &frame;
        m_stream->m_ask = this;
        m_isAsking = true;
    }
    void leave() noexcept
    {
        m_stream->m_ask = nullptr;
        m_isAsking = false;
    }
    [[noreturn]] void throwError();

    StreamBase *m_stream;
    bool m_isAsking = false; ///< and the stream knows
    std::exception_ptr m_error;
    std::shared_ptr<StreamEngine> m_engine; ///< of a stream destroyed while its body ran
};

inline StreamAsk &StreamFrame::ask() const noexcept
{
    return static_cast<StreamAsk &>(*m_awaiter);
}

inline void StreamFrame::leave() noexcept
{
    StreamAsk &ask = this->ask();
    m_task->m_current = ask.m_parent;
    if (Q_UNLIKELY(m_task->isDoomed()))
        m_task->m_operation = &noOperation();
    if (Q_UNLIKELY(ask.m_isAbandoned))
        return; // ours to be destroyed by who asked
    ask.m_child = nullptr;
    ask.leave();
    m_awaiter = nullptr;
}

inline void StreamFrame::unhandled_exception() noexcept
{
    ask().m_error = std::current_exception();
}

inline StreamFrame::~StreamFrame()
{
    if (m_stream)
        m_stream->bodyGone(m_hasEnded);
}

inline void StreamBase::bodyGone(bool hasEnded) noexcept
{
    m_body = nullptr;
    if (m_ask)
        m_ask->leave();
    if (hasEnded || !m_engine || !m_engine->goesOn())
        m_state = State::Over;
}

} // namespace CoDrive::detail
