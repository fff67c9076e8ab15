// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/threadsafestream.h>

#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/unhandled.h>

namespace CoDrive {

ThreadEnded::ThreadEnded(const char *what)
    : std::runtime_error(std::string(what) + ": its thread has ended")
{
}

ThreadEnded::~ThreadEnded() = default;

namespace detail {

StreamCrossing::StreamCrossing()
    : WaitQueue("CoDrive::threadsafeStream")
    , m_loop(&Loop::current())
{
}

StreamCrossing::~StreamCrossing() = default;

void StreamCrossing::start(Task<> producer)
{
    auto task = SharedTask<void>::create(std::move(producer), QStringLiteral("threadsafeStream"));
    task->addWaiter(*this);
    m_producer = task.get();
    m_self = shared_from_this();
    task->startIn(m_loop->independent());
}

bool StreamCrossing::hasOrder()
{
    const std::scoped_lock lock(m_mutex);
    return m_isClosing || m_asking == Asking::Due;
}

bool StreamCrossing::takeOrder()
{
    const std::scoped_lock lock(m_mutex);
    if (m_isClosing)
        return false;
    m_asking = Asking::UnderWay;
    return true;
}

void StreamCrossing::deliver() noexcept
{
    if (!m_producer)
        return;
    bool hasOrder;
    bool isDropped;
    bool interrupts;
    int requests;
    {
        const std::scoped_lock lock(m_mutex);
        hasOrder = m_isClosing || m_asking == Asking::Due;
        isDropped = m_isDropped;
        interrupts = m_isClosing && m_asking == Asking::UnderWay && !m_isSelfCancelled;
        requests = std::exchange(m_requests, 0);
    }
    if (isDropped) {
        // A destructor is code of the user: not from here.
        if (!ReadyItem::isLinked())
            m_loop->makeReady(*this);
        return;
    }
    if (hasOrder && m_orderWait)
        m_orderWait->arrived();
    if (interrupts) {
        m_isSelfCancelled = m_isAskRequested = true;
        m_producer->request();
    }
    for (; requests > 0; --requests) {
        m_isAskRequested = true;
        // Law L12: our own request and the first one from outside are one.
        if (!m_isSelfCancelled || std::exchange(m_isFirstOutsideSwallowed, true))
            m_producer->request();
    }
}

void StreamCrossing::run()
{
    destroyProducer();
}

void StreamCrossing::destroyProducer() noexcept
{
    const std::shared_ptr<StreamCrossing> keeper = shared_from_this();
    if (m_producer)
        m_producer->destroy();
}

void StreamCrossing::drop() noexcept
{
    std::exception_ptr error;
    bool hasAnswer;
    bool isOver;
    {
        const std::scoped_lock lock(m_mutex);
        m_isDropped = true;
        isOver = m_isOver;
        hasAnswer = std::exchange(m_answerState, Answer::None) == Answer::Given;
        error = std::exchange(m_closingError, nullptr);
    }
    if (error)
        reportUnhandled(error, TaskInfo());
    if (hasAnswer)
        reportAnswer();
    if (isOver)
        return;
    if (m_loop->isCurrent())
        destroyProducer();
    else
        post();
}

void StreamCrossing::answered() noexcept
{
    if (!announce(answer().state() == OutcomeBase::State::Cancelled))
        reportAnswer();
}

// Nobody will take it.
void StreamCrossing::reportAnswer() noexcept
{
    if (const std::exception_ptr error = answer().errorPointer())
        reportUnhandled(error, TaskInfo());
    dropAnswer();
}

// Whether somebody may still take it.
bool StreamCrossing::announce(bool isCancelled) noexcept
{
    WokenTasks woken;
    const std::scoped_lock lock(m_mutex);
    const bool wasRequested = std::exchange(m_isAskRequested, false);
    m_requests = 0;
    m_asking = Asking::Nothing;
    if (m_isDropped)
        return false;
    if (isCancelled) {
        if (m_isClosing || !first())
            return true;
        // What ended it was asked for by somebody who has left: this one has nothing to do with it.
        if (wasRequested && !m_isRequested) {
            m_asking = Asking::Due;
            return true;
        }
    }
    m_answerState = isCancelled ? Answer::Cancelled : Answer::Given;
    if (!m_isClosing)
        wakeAll(woken);
    return true;
}

// The frames of the producer are gone, and the source, if it was owned.
void StreamCrossing::joined() noexcept
{
    const std::shared_ptr<StreamCrossing> keeper = std::move(m_self);
    ReadyItem::unlink();
    std::exception_ptr error = std::exchange(m_producer, nullptr)->outcomeBase().errorPointer();
    {
        const std::scoped_lock lock(m_mutex);
        m_isOver = true;
        if (!m_isDropped)
            m_closingError = std::exchange(error, nullptr);
        wakeAll();
    }
    if (error)
        reportUnhandled(error, TaskInfo());
}

bool AnswerWait::start()
{
    prepare();
    {
        const auto lock = lockQueue();
        if (m_crossing.m_answerState == StreamCrossing::Answer::Given || m_crossing.m_isOver)
            return false;
        m_crossing.m_answerState = StreamCrossing::Answer::None;
        m_crossing.m_isRequested = false;
        m_crossing.append(entry());
        if (m_crossing.m_asking != StreamCrossing::Asking::Nothing)
            return true;
        m_crossing.m_asking = StreamCrossing::Asking::Due;
    }
    m_crossing.post();
    return true;
}

bool AnswerWait::request() noexcept
{
    {
        const auto lock = lockQueue();
        if (entry().m_state != WaitEntry::State::Waiting)
            return false;
        m_crossing.m_isRequested = true;
        ++m_crossing.m_requests;
    }
    m_crossing.post();
    return false;
}

void AnswerWait::end() noexcept
{
    bool isCancelled;
    {
        const auto lock = lockQueue();
        isCancelled = m_crossing.m_answerState == StreamCrossing::Answer::Cancelled;
        if (isCancelled)
            m_crossing.m_answerState = StreamCrossing::Answer::None;
    }
    if (isCancelled)
        completeByUnwinding();
    else
        complete();
}

void AnswerWait::takeResult()
{
    const auto lock = lockQueue();
    take();
    if (std::exchange(m_crossing.m_answerState, StreamCrossing::Answer::None)
        == StreamCrossing::Answer::Given)
        return;
    if (m_crossing.m_closingError)
        std::rethrow_exception(std::exchange(m_crossing.m_closingError, nullptr));
    throw ThreadEnded(m_crossing.name());
}

bool CloseWait::start()
{
    prepare();
    {
        const auto lock = lockQueue();
        if (m_crossing.m_isOver)
            return false;
        m_crossing.m_isClosing = true;
        m_crossing.append(entry());
    }
    m_crossing.post();
    return true;
}

bool CloseWait::request() noexcept
{
    {
        const auto lock = lockQueue();
        if (entry().m_state != WaitEntry::State::Waiting)
            return false;
        ++m_crossing.m_requests;
    }
    m_crossing.post();
    return false;
}

void CloseWait::takeResult()
{
    std::vector<std::exception_ptr> errors;
    bool hasAnswer;
    std::exception_ptr closingError;
    {
        const auto lock = lockQueue();
        take();
        hasAnswer = std::exchange(m_crossing.m_answerState, StreamCrossing::Answer::None)
            == StreamCrossing::Answer::Given;
        closingError = std::exchange(m_crossing.m_closingError, nullptr);
    }
    if (hasAnswer) {
        if (const std::exception_ptr error = m_crossing.answer().errorPointer())
            errors.push_back(error);
        m_crossing.dropAnswer();
    }
    if (closingError)
        errors.push_back(closingError);
    if (!errors.empty())
        std::rethrow_exception(ExceptionGroup::combine(std::move(errors)));
}

} // namespace detail

} // namespace CoDrive
