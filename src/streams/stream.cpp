// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/streams/detail/streambase.h>

#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/streams/stream.h>

#include <stdexcept>

namespace CoDrive::detail {

namespace {

/// The frames of a stream that was destroyed while they waited.
class SeveredFrames final : public SharedTaskBase
{
public:
    explicit SeveredFrames(std::shared_ptr<StreamEngine> engine) noexcept
        : SharedTaskBase(nullptr)
        , m_engine(std::move(engine))
    {
        bindToLoop();
    }
    ~SeveredFrames() override = default;

    const OutcomeBase &outcomeBase() const noexcept override { return m_outcome; }
    void setCancelled() noexcept override { m_outcome.setCancelled(); }

private:
    Outcome<> m_outcome;
    std::shared_ptr<StreamEngine> m_engine; // the frames use it
};

} // namespace

StreamEngine::~StreamEngine() = default;

Task<> StreamEngine::close()
{
    return closeStreams(ownedSources(), {});
}

Task<> closeStreams(std::vector<StreamBase *> streams, std::vector<std::exception_ptr> errors)
{
    for (StreamBase *const stream : streams) {
        try {
            co_await StreamClose(*stream);
        } catch (...) {
            errors.push_back(std::current_exception());
        }
    }
    if (!errors.empty())
        std::rethrow_exception(ExceptionGroup::combine(std::move(errors)));
}

StreamBase::StreamBase(StreamBase &&other) noexcept
{
    takeOver(other);
}

StreamBase &StreamBase::operator=(StreamBase &&other) noexcept
{
    if (this != &other) {
        // The old one is complete until its end, whatever the destructors in it do.
        StreamBase old(std::move(*this));
        takeOver(other);
    }
    return *this;
}

void StreamBase::takeOver(StreamBase &other) noexcept
{
    m_body = std::exchange(other.m_body, nullptr);
    m_ask = std::exchange(other.m_ask, nullptr);
    m_engine = std::move(other.m_engine);
    m_anchor = std::move(other.m_anchor);
    m_size = std::exchange(other.m_size, std::nullopt);
    m_state = std::exchange(other.m_state, State::Invalid);
    if (m_body)
        m_body->setStream(this);
    if (m_ask)
        m_ask->m_stream = this;
    if (m_anchor)
        *m_anchor = this;
}

StreamBase::Anchor StreamBase::anchor()
{
    if (!m_anchor)
        m_anchor = std::make_shared<StreamBase *>(this);
    return m_anchor;
}

void StreamBase::destroy() noexcept
{
    if (m_anchor)
        *m_anchor = nullptr;
    const std::shared_ptr<StreamEngine> engine = std::move(m_engine);
    if (engine)
        engine->abandon();
    if (m_ask)
        abandonAsk(engine);
    else
        destroyBody();
}

void StreamBase::destroyBody() noexcept
{
    if (StreamFrame *const body = std::exchange(m_body, nullptr)) {
        body->setStream(nullptr);
        body->destroy();
    }
}

// Who asks gets ObjectDestroyed. The frames are destroyed here, unless a part of their tree runs up
// the stack: then as soon as control is back from there (law L14).
void StreamBase::abandonAsk(std::shared_ptr<StreamEngine> engine) noexcept
{
    StreamAsk *const ask = m_ask;
    ask->leave();
    ask->m_isAbandoned = true;
    if (StreamFrame *const body = std::exchange(m_body, nullptr))
        body->setStream(nullptr);
    StartedTask *const task = ask->m_parent->m_task;
    if (!task->isWaiting()) {
        ask->m_engine = std::move(engine);
        task->noteAbandonedFrames();
        return;
    }
    auto *const severed = new SeveredFrames(std::move(engine));
    task->moveFramesTo(*severed, *ask);
    // Its owner, once the loop's, holds the one reference.
    task->loop()->independent().adopt(*severed);
    severed->destroy();
}

void StreamBase::refuse() const
{
    if (m_state == State::Invalid)
        throw std::logic_error("CoDrive::Stream: moved from, or made by default");
    throw std::logic_error("CoDrive::Stream: another task waits in next() or close()");
}

bool StreamBase::openBody()
{
    if (m_state == State::Invalid || m_ask)
        refuse();
    if (m_state == State::Over)
        return false;
    if (!m_body) {
        m_body = m_engine->makeBody();
        m_body->setStream(this);
    }
    return true;
}

bool StreamAsk::canClose()
{
    if (m_stream->m_state == StreamBase::State::Invalid || m_stream->m_ask)
        m_stream->refuse();
    m_stream->m_state = StreamBase::State::Over;
    const bool hasEngine = m_stream->m_engine != nullptr;
    m_stream->destroyBody(); // whose locals may destroy a stream that is nothing else
    return hasEngine;
}

void StreamAsk::closed() noexcept
{
    if (!m_isAsking)
        return;
    leave();
    m_stream->m_engine.reset();
}

void StreamAsk::throwError()
{
    if (!m_isAbandoned)
        std::rethrow_exception(m_error);
    if (m_error)
        reportUnhandled(std::exchange(m_error, nullptr), m_parent->m_task->info());
    // Destroyed before the exception is on its way.
    if (m_child)
        std::exchange(m_child, nullptr)->destroy();
    m_engine.reset();
    throw ObjectDestroyed(QStringLiteral("CoDrive::Stream"));
}

} // namespace CoDrive::detail
