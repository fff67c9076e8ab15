// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/taskscope.h>

#include <CoDrive/core/errors.h>

#include <QLoggingCategory>

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
    if (m_ownHandler)
        *m_ownHandler = nullptr;
}

void TaskScope::onError(ErrorHandler handler)
{
    m_ownHandler = handler ? std::make_shared<ErrorHandler>(std::move(handler)) : nullptr;
}

QObject *TaskScope::connectionContext()
{
    if (!m_connectionContext)
        m_connectionContext = std::make_unique<QObject>();
    return m_connectionContext.get();
}

bool TaskScope::startChild(detail::SharedTaskBase &task)
{
    if (m_isClosed)
        return false;
    // The child may destroy the scope: nothing of it is touched from here on.
    task.startIn(*this);
    return true;
}

detail::StartedTask *TaskScope::childEnded(detail::StartedTask &child) noexcept
{
    if (child.outcomeBase().errorPointer())
        static_cast<detail::SharedTaskBase &>(child).reportErrorLater(
            m_ownHandler ? std::shared_ptr<const ErrorHandler>(m_ownHandler) : defaultHandler());
    if (count() == 0)
        m_joining.wakeAll();
    return nullptr;
}

namespace detail {

static void throwIfOrphaned(bool isOrphaned)
{
    if (isOrphaned)
        throw ObjectDestroyed(QStringLiteral("CoDrive::TaskScope"));
}

void ScopeJoin::takeResult() const
{
    throwIfOrphaned(isOrphaned());
}

bool ScopeCancelAndWait::start() noexcept
{
    m_scope.m_joining.append(*this);
    m_scope.cancel();
    return true;
}

bool ScopeCancelAndWait::request() noexcept
{
    if (std::exchange(m_isFirstRequestSwallowed, true))
        m_scope.cancel();
    return false;
}

void ScopeCancelAndWait::takeResult() const
{
    throwIfOrphaned(isOrphaned());
}

} // namespace detail

} // namespace CoDrive
