// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/owner.h>

#include <QThread>

#include <mutex>
#include <stdexcept>
#include <unordered_map>

namespace CoDrive::detail {

namespace {

class OwnedTasks;

/// Which objects have tasks. Shared by all threads, because an object may die in another thread
/// when its own has ended.
class OwnerRegistry
{
public:
    static OwnerRegistry &instance()
    {
        // Never destroyed: objects with tasks may die after all statics.
        static OwnerRegistry *const registry = new OwnerRegistry;
        return *registry;
    }

    OwnedTasks *find(const QObject *owner) const
    {
        const std::scoped_lock lock(m_mutex);
        const auto found = m_tasks.find(owner);
        return found != m_tasks.end() ? found->second : nullptr;
    }
    void insert(const QObject *owner, OwnedTasks *tasks)
    {
        const std::scoped_lock lock(m_mutex);
        m_tasks.insert_or_assign(owner, tasks);
    }
    void remove(const QObject *owner)
    {
        const std::scoped_lock lock(m_mutex);
        m_tasks.erase(owner);
    }

private:
    mutable std::mutex m_mutex;
    std::unordered_map<const QObject *, OwnedTasks *> m_tasks; // QHash ends the program when memory fails
};

/// The tasks of an object. A child of it, so that a general disconnect() does not part them; it
/// lives as long as there are tasks.
class OwnedTasks final : public QObject, public TaskOwner
{
public:
    explicit OwnedTasks(QObject *owner)
        : QObject(owner)
        , TaskOwner("spawnOn")
        , m_owner(owner)
    {
        OwnerRegistry::instance().insert(m_owner, this);
        Loop::current().registerOwner(*this);
    }
    ~OwnedTasks() override
    {
        m_isClosed = true;
        destroyChildren();
        OwnerRegistry::instance().remove(m_owner);
    }

    bool isClosed() const noexcept { return m_isClosed; }

    StartedTask *childEnded(StartedTask &child) noexcept override
    {
        if (child.outcomeBase().errorPointer())
            static_cast<SharedTaskBase &>(child).reportErrorLater();
        if (!hasChildren() && !m_isClosed)
            delete this;
        return nullptr;
    }

private:
    const QObject *const m_owner;
    bool m_isClosed = false;
};

} // namespace

void checkOwner(const QObject *owner)
{
    if (!owner)
        throw std::invalid_argument("CoDrive::spawnOn: the owner is null");
    if (owner->thread() != QThread::currentThread())
        throw std::logic_error("CoDrive::spawnOn: the owner belongs to another thread");
}

bool startOn(QObject *owner, SharedTaskBase &task)
{
    OwnedTasks *tasks = OwnerRegistry::instance().find(owner);
    if (!tasks)
        tasks = new OwnedTasks(owner);
    if (tasks->isClosed())
        return false;
    // The task may end at once and take the last reference along, or destroy the owner: neither
    // is touched from here on.
    task.startIn(*tasks);
    return true;
}

} // namespace CoDrive::detail
