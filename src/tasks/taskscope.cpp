// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/taskscope.h>

#include <CoDrive/core/errors.h>

#include <QLoggingCategory>

#include <stdexcept>

namespace CoDrive {

namespace {

Q_LOGGING_CATEGORY(lcScope, "codrive.scope")

void writeError(const std::exception_ptr &error, const TaskInfo &task)
{
    const QString name = task.name.isEmpty() ? QStringLiteral("task %1").arg(task.id)
                                             : QStringLiteral("task \"%1\"").arg(task.name);
    qCWarning(lcScope).noquote().nospace()
        << "error in " << name << ": " << detail::describe(error);
}

std::shared_ptr<const ErrorHandler> defaultHandler()
{
    static const auto handler = std::make_shared<const ErrorHandler>(writeError);
    return handler;
}

} // namespace

TaskScope::TaskScope()
    : TaskOwner("scope")
{
    detail::Loop::current().registerOwner(*this);
}

TaskScope::~TaskScope()
{
    m_isClosed = true;
    m_connectionContext.reset();
    destroyChildren();
    // Errors on their way must not reach a handler whose owner is gone: they are unhandled now.
    if (m_isGone)
        *m_isGone = true;
}

void TaskScope::onError(ErrorHandler handler)
{
    if (!handler) {
        m_ownHandler.reset();
        return;
    }
    if (!m_isGone)
        m_isGone = std::make_shared<bool>(false);
    // It may destroy the scope, so the scope does not destroy it.
    auto guarded = [own = std::move(handler), isGone = m_isGone](const std::exception_ptr &error,
                                                                 const TaskInfo &task) {
        if (*isGone)
            detail::deliverError({}, error, task);
        else
            own(error, task);
    };
    m_ownHandler = std::make_shared<const ErrorHandler>(std::move(guarded));
}

QObject *TaskScope::connectionContext()
{
    if (!m_connectionContext)
        m_connectionContext = std::make_unique<QObject>();
    return m_connectionContext.get();
}

bool TaskScope::startChild(detail::SharedTaskBase &task)
{
    m_threadBound.assertThread("CoDrive::TaskScope");
    if (m_isClosed || (parentTask() && parentTask()->isDoomed()))
        return false;
    if (m_isEnding) {
        task.noteRequestedByOwner();
        task.keepRequest();
    }
    // The child may destroy the scope: nothing of it is touched from here on.
    task.startIn(*this);
    return true;
}

detail::StartedTask *TaskScope::childEnded(detail::StartedTask &child) noexcept
{
    if (child.outcomeBase().errorPointer())
        static_cast<detail::SharedTaskBase &>(child).reportErrorLater(
            m_ownHandler ? m_ownHandler : defaultHandler());
    if (count() == 0 && !m_joining.isEmpty() && !m_emptyCheck.isLinked())
        detail::Loop::current().makeReady(m_emptyCheck);
    return nullptr;
}

namespace detail {

bool ScopeWait::isReady() const
{
    const TaskOwner &owner = m_scope;
    for (const StartedTask *task = Loop::currentTask(); task; task = task->parent()) {
        if (task->owner() == &owner)
            throw std::logic_error(QStringLiteral("CoDrive::TaskScope: %1 awaits the end of its own scope")
                                       .arg(task->displayName())
                                       .toStdString());
    }
    return owner.count() == 0;
}

void ScopeWait::takeResult() const
{
    if (isOrphaned())
        throw ObjectDestroyed(QStringLiteral("CoDrive::TaskScope"));
}

bool ScopeCancelAndWait::start() noexcept
{
    ScopeWait::start();
    m_scope.cancel();
    return true;
}

bool ScopeCancelAndWait::request() noexcept
{
    if (std::exchange(m_isFirstRequestSwallowed, true))
        m_scope.cancel();
    return false;
}

} // namespace detail

} // namespace CoDrive
