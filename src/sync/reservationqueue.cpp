// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/sync/detail/reservationqueue.h>

#include <QString>

#include <stdexcept>
#include <string>

namespace CoDrive::detail {

void throwReservationUsed()
{
    throw std::logic_error("CoDrive::Reservation: used before, or moved from");
}

void throwReservationOrphaned()
{
    throw ObjectDestroyed(QStringLiteral("CoDrive::Reservation: its queue"));
}

Place::~Place() = default;

ReservationQueueBase::~ReservationQueueBase()
{
    if (m_reader) {
        m_reader->m_queue = nullptr;
        if (m_reader->m_state == ReservationReader::State::Waiting) {
            m_reader->m_state = ReservationReader::State::Orphaned;
            m_reader->complete();
        }
    }
    // Before the items die, which may hold reservations.
    Places filled;
    for (Places *const places : {&m_line, &m_outstanding}) {
        while (Place *const place = places->takeFirst()) {
            place->queue = nullptr;
            if (place->isFilled)
                filled.append(place);
        }
    }
    while (Place *const place = filled.takeFirst())
        delete place;
}

void ReservationQueueBase::close()
{
    assertThread(m_name);
    if (m_isClosed)
        throw std::logic_error(std::string(m_name) + ": closed twice");
    m_isClosed = true;
    update();
}

void ReservationQueueBase::reserve(Place &place)
{
    assertThread(m_name);
    if (m_isClosed)
        throw std::logic_error(std::string(m_name) + ": reserve() after close()");
    place.queue = this;
    if (m_order == Order::OfReservation)
        m_line.append(&place);
    else
        m_outstanding.append(&place);
}

void ReservationQueueBase::fill(Place &place) noexcept
{
    assertThread(m_name);
    place.isFilled = true;
    ++m_filled;
    if (m_order == Order::OfPut) {
        place.unlink();
        m_line.append(&place);
    }
    update();
}

void ReservationQueueBase::cancel(Place &place) noexcept
{
    place.unlink();
    update();
}

void ReservationQueueBase::removeFirst() noexcept
{
    --m_filled;
    delete m_line.takeFirst();
}

ReservationReader *ReservationQueueBase::readerWithItem() const noexcept
{
    return m_reader && m_reader->m_state == ReservationReader::State::HasItem ? m_reader : nullptr;
}

bool ReservationQueueBase::isAtEnd() const noexcept
{
    return m_isClosed && m_line.isEmpty() && m_outstanding.isEmpty();
}

// Tells the reader what has come for him, once.
void ReservationQueueBase::update() noexcept
{
    if (!m_reader || m_reader->m_state != ReservationReader::State::Waiting)
        return;
    if (firstFilled())
        m_reader->m_state = ReservationReader::State::HasItem;
    else if (isAtEnd())
        m_reader->m_state = ReservationReader::State::AtEnd;
    else
        return;
    m_reader->complete();
}

ReservationReader::ReservationReader(ReservationQueueBase &queue) noexcept
    : m_queue(&queue)
    , m_name(queue.m_name)
{
}

ReservationReader::~ReservationReader()
{
    leave();
}

void ReservationReader::leave() noexcept
{
    if (m_queue && m_queue->m_reader == this)
        m_queue->m_reader = nullptr;
}

bool ReservationReader::isReady()
{
    m_queue->assertThread(m_queue->m_name);
    if (m_queue->m_reader)
        throw std::logic_error(std::string(m_queue->m_name)
                               + ": next() while another reader waits");
    if (m_queue->firstFilled())
        m_state = State::HasItem;
    else
        m_state = m_queue->isAtEnd() ? State::AtEnd : State::Idle;
    return m_state != State::Idle;
}

bool ReservationReader::start() noexcept
{
    m_state = State::Waiting;
    m_queue->m_reader = this;
    return true;
}

bool ReservationReader::request() noexcept
{
    if (m_state != State::Waiting)
        return false;
    m_state = State::Idle;
    leave();
    return true;
}

ReservationQueueBase *ReservationReader::queueWithItem()
{
    leave();
    if (m_error)
        std::rethrow_exception(m_error);
    if (m_state == State::Orphaned)
        throw ObjectDestroyed(QLatin1String(m_name));
    return m_state == State::HasItem ? m_queue : nullptr;
}

} // namespace CoDrive::detail
