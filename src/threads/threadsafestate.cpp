// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/threadsafestate.h>

#include <CoDrive/core/unhandled.h>
#include <CoDrive/threads/detail/handedover.h>

#include <QObject>

#include <algorithm>
#include <stdexcept>

namespace CoDrive::detail {

StateObserver::StateObserver(std::shared_ptr<StateCoreBase> core, QObject *context)
    : m_core(std::move(core))
    , m_context(context)
{
}

StateObserver::~StateObserver()
{
    QObject::disconnect(m_contextDestroyed);
}

void StateObserver::connect()
{
    const std::scoped_lock lock(m_core->m_mutex);
    // The context dies on its own thread; whoever notifies meanwhile holds the mutex.
    m_contextDestroyed = QObject::connect(
        m_context, &QObject::destroyed, m_context,
        HandedOver([self = weak_from_this()] {
            if (const auto observer = self.lock())
                observer->disconnect();
        }),
        Qt::DirectConnection);
    m_core->addObserver(shared_from_this());
}

void StateObserver::disconnect()
{
    std::shared_ptr<StateObserver> keeper;
    QMetaObject::Connection contextDestroyed;
    {
        const std::scoped_lock lock(m_core->m_mutex);
        if (!m_context)
            return;
        keeper = shared_from_this();
        contextDestroyed = std::exchange(m_contextDestroyed, {});
        m_context = nullptr;
        m_core->removeObserver(*this);
    }
    QObject::disconnect(contextDestroyed);
}

bool StateObserver::isConnected() const
{
    const std::scoped_lock lock(m_core->m_mutex);
    return m_context && (m_isNotified || !m_core->isOrphaned());
}

void StateObserver::notify()
{
    if (std::exchange(m_isNotified, true))
        return;
    QMetaObject::invokeMethod(
        m_context, HandedOver([self = shared_from_this()] { self->arrived(); }),
        Qt::QueuedConnection);
}

void StateObserver::arrived()
{
    {
        const std::scoped_lock lock(m_core->m_mutex);
        m_isNotified = false;
        if (!m_context)
            return;
    }
    try {
        report();
    } catch (...) {
        reportUnhandled(std::current_exception(), TaskInfo{});
    }
}

StateCoreBase::StateCoreBase() noexcept
    : WaitQueue("CoDrive::ThreadsafeState")
{
}

StateCoreBase::~StateCoreBase() = default;

void StateCoreBase::noteChange(WokenTasks &woken)
{
    ++m_version;
    wakeAll(woken);
    for (const std::shared_ptr<StateObserver> &observer : m_observers)
        observer->notify();
}

void StateCoreBase::addObserver(std::shared_ptr<StateObserver> observer)
{
    m_observers.push_back(std::move(observer));
}

void StateCoreBase::removeObserver(const StateObserver &observer)
{
    const auto it = std::find_if(m_observers.begin(), m_observers.end(),
                                 [&](const auto &other) { return other.get() == &observer; });
    if (it != m_observers.end())
        m_observers.erase(it);
}

void StateCoreBase::destroy()
{
    // An observer may be the last to hold its function, and so the core: not under the mutex.
    std::vector<std::shared_ptr<StateObserver>> observers;
    WokenTasks woken;
    const std::scoped_lock lock(m_mutex);
    orphanAll(woken);
    observers.swap(m_observers);
}

StateCoreBase::Writing::Writing(StateCoreBase &core)
    : m_core(core)
{
    if (core.m_writer.load(std::memory_order_relaxed) == std::this_thread::get_id())
        throw std::logic_error("CoDrive::ThreadsafeState: it was set inside its update()");
    core.m_writeMutex.lock();
    core.m_writer.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

StateCoreBase::Writing::~Writing()
{
    m_core.m_writer.store({}, std::memory_order_relaxed);
    m_core.m_writeMutex.unlock();
}

bool StateChange::isReady() const
{
    const auto lock = lockQueue();
    return m_core.version() != m_seen || m_core.isOrphaned();
}

bool StateChange::start()
{
    prepare();
    const auto lock = lockQueue();
    if (m_core.version() != m_seen || m_core.isOrphaned())
        return false;
    m_core.append(entry());
    return true;
}

void StateChange::takeResult()
{
    const auto lock = lockQueue();
    take();
    if (m_core.version() == m_seen)
        m_core.throwOrphaned();
}

void waitForChange(StateCoreBase &core, quint64 seen)
{
    std::unique_lock lock(core.m_mutex);
    core.blockUntil(lock, [&] { return core.version() != seen || core.isOrphaned(); });
    if (core.version() == seen)
        core.throwOrphaned();
}

} // namespace CoDrive::detail
