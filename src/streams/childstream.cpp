// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/streams/detail/childstream.h>

#include <algorithm>
#include <stdexcept>

namespace CoDrive::detail {

int checkedLimit(int limit, const char *what)
{
    if (limit < 1)
        throw std::invalid_argument(
            QStringLiteral("CoDrive::%1: a limit of %2").arg(QLatin1String(what)).arg(limit).toStdString());
    return limit;
}

bool ChildStream::start()
{
    ListLink<LoopOwnersTag>::unlink(); // dumpTasks() finds us at who waits
    if (!m_hasLocals) {
        m_locals = task()->m_locals;
        m_hasLocals = true;
    }
    beginStart();
    if (!m_isStopped)
        fill();
    return endStart();
}

bool ChildStream::request() noexcept
{
    m_isInterrupted = true;
    Combinator::request();
    // The last child's end is ours.
    if (hasChildren() || task()->isReady())
        return false;
    if (!hasResult())
        return true;
    complete();
    return false;
}

void ChildStream::requestAll() noexcept
{
    m_isStopped = true;
    ReadyItem::unlink();
    requestChildren();
}

void ChildStream::leave(bool hasEnded) noexcept
{
    const std::shared_ptr<void> keeper = keepAlive();
    m_isInterrupted = false;
    if (!hasEnded) {
        m_isStopped = true;
        ReadyItem::unlink();
        destroyChildren();
    }
    setParentTask(nullptr);
    enterFrom(nullptr);
    if (hasChildren())
        Loop::current().registerOwner(*this);
}

bool ChildStream::isComplete() const noexcept
{
    if (!isWaitedFor() || task()->isReady())
        return false;
    if (m_isStopped)
        return !hasChildren();
    return hasItem() || isExhausted();
}

bool ChildStream::hasResult() const noexcept
{
    return m_isClosing || hasItem() || !m_errors.empty() || hasEnd() || !m_isInterrupted;
}

bool ChildStream::hasItem() const noexcept
{
    return !m_items.empty() && m_items.front()->isFinished();
}

void ChildStream::startShared(SharedChild child)
{
    if (m_order == Order::OfStart)
        m_items.push_back(child);
    startFeeder(std::move(child));
}

void ChildStream::startFeeder(SharedChild child)
{
    child->id(); // the next number
    if (!Loop::currentTask())
        child->m_locals = m_locals;
    child->retain(); // until it is released
    if (!startChild(*child))
        child->dismiss();
    else if (hasChildren() && !isWaitedFor() && !ListLink<LoopOwnersTag>::isLinked())
        child->loop()->registerOwner(*this);
}

void ChildStream::scheduleFill() noexcept
{
    if (!m_isStopped && !ReadyItem::isLinked())
        Loop::current().makeReady(*this);
}

void ChildStream::run()
{
    const std::shared_ptr<void> keeper = keepAlive();
    fill();
    if (StartedTask *const waiter = endIfComplete())
        waiter->wake(waiter->isUnwinding());
}

void ChildStream::onChildEnded(StartedTask &child) noexcept
{
    const OutcomeBase &outcome = child.outcomeBase();
    bool isItem = !m_isFailed;
    if (outcome.state() == OutcomeBase::State::Success) {
        isItem = isItem && this->isItem(child);
    } else if (m_onError == OnError::GiveOutcome && !m_isStopped) {
        // A failure or an unwinding of its own.
    } else {
        isItem = false;
        if (outcome.errorPointer()) {
            addError(child.id(), outcome.errorPointer());
            if (m_onError == OnError::Cancel)
                fail();
        } else if (!m_isStopped && m_onError == OnError::Cancel) {
            // It has unwound itself: so is who waits.
            m_isInterrupted = true;
            fail();
        }
    }
    if (m_order == Order::OfStart) {
        skipEmpty();
    } else if (isItem) {
        auto &shared = static_cast<SharedTaskBase &>(child);
        shared.retain();
        m_items.emplace_back(&shared);
    }
    if (!m_isStopped && !hasItem())
        childEndedEmpty();
}

void ChildStream::addError(quint64 position, std::exception_ptr error) noexcept
{
    m_errors.emplace_back(position, std::move(error));
}

void ChildStream::sourceFailed(std::exception_ptr error) noexcept
{
    addError(std::numeric_limits<quint64>::max(), std::move(error));
    fail();
}

// What was completed before an error is given before it; what ends after it is dropped.
void ChildStream::fail() noexcept
{
    if (!m_isFailed && m_order == Order::OfStart) {
        const auto firstOther = std::find_if(m_items.begin(), m_items.end(), [](const SharedChild &child) {
            return child->outcomeBase().state() != OutcomeBase::State::Success;
        });
        m_items.erase(firstOther, m_items.end());
    }
    m_isFailed = true;
    cancelChildren();
}

// Of those that a request has ended there is no item.
void ChildStream::skipEmpty() noexcept
{
    while (!m_items.empty() && m_items.front()->isFinished()
           && m_items.front()->outcomeBase().state() != OutcomeBase::State::Success)
        m_items.pop_front();
}

ChildStream::SharedChild ChildStream::takeItem()
{
    SharedChild item = std::move(m_items.front());
    m_items.pop_front();
    if (m_order == Order::OfStart)
        skipEmpty();
    return item;
}

std::vector<std::exception_ptr> ChildStream::takeErrors()
{
    std::sort(m_errors.begin(), m_errors.end(),
              [](const auto &a, const auto &b) { return a.first < b.first; });
    std::vector<std::exception_ptr> errors;
    for (auto &[position, error] : std::exchange(m_errors, {}))
        errors.push_back(std::move(error));
    return errors;
}

void ChildStream::throwErrors()
{
    if (!m_errors.empty())
        std::rethrow_exception(ExceptionGroup::combine(takeErrors()));
}

// Values are dropped, errors are not.
void ChildStream::dropItems() noexcept
{
    for (const SharedChild &child : std::exchange(m_items, {})) {
        if (child->outcomeBase().errorPointer())
            addError(child->id(), child->outcomeBase().errorPointer());
    }
}

Task<> ChildStream::closeChildren(std::vector<StreamBase *> sources)
{
    m_isClosing = true;
    m_isFailed = true;
    dropItems();
    cancelChildren();
    co_await ChildStreamWait(*this);
    co_await closeStreams(std::move(sources), takeErrors());
}

void ChildStream::abandonChildren() noexcept
{
    m_isStopped = m_isFailed = true;
    ReadyItem::unlink();
    destroyChildren();
    dropItems();
    if (!m_errors.empty())
        reportUnhandled(ExceptionGroup::combine(takeErrors()), TaskInfo());
}

} // namespace CoDrive::detail
