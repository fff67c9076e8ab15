// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/taskinfo.h>

#include <CoDrive/core/detail/loop.h>

#include <QStringList>

namespace CoDrive {

namespace detail {

static QString placesOf(const StartedTask &task)
{
    QStringList places;
    for (const FrameBase *frame = task.currentFrame(); frame;
         frame = frame->m_awaiter ? frame->m_awaiter->m_parent : nullptr) {
        if (frame->m_location.line() != 0)
            places << QStringLiteral("%1:%2").arg(QLatin1String(frame->m_location.file_name()))
                          .arg(frame->m_location.line());
    }
    return places.join(QStringLiteral(" < "));
}

static void dumpChildren(const TaskOwner &owner, int depth, QString &text);

static void dumpTask(const StartedTask &task, int depth, QString &text)
{
    text += QString(depth * 2, u' ') + task.displayName();
    if (!task.isWaiting())
        text += QStringLiteral(" running");
    else if (task.isReady())
        text += QStringLiteral(" ready");
    else
        text += QStringLiteral(" waiting");
    const QString places = placesOf(task);
    if (!places.isEmpty())
        text += QStringLiteral(" at ") + places;
    if (task.isRequested() || task.isUnwinding())
        text += QStringLiteral(" [cancel requested]");
    text += u'\n';
    // While an operation starts its children, their parent does not wait in it yet.
    const TaskOwner *const children = task.operation() ? task.operation()->children()
                                                       : task.loop()->ownerOfRunningChild(task);
    if (children)
        dumpChildren(*children, depth + 1, text);
}

static void dumpChildren(const TaskOwner &owner, int depth, QString &text)
{
    const TaskList &children = owner.children();
    for (const StartedTask *child = children.first(); child; child = children.next(child))
        dumpTask(*child, depth, text);
}

} // namespace detail

TaskInfo currentTask()
{
    const detail::StartedTask *const task = detail::Loop::currentTask();
    return task ? task->info() : TaskInfo();
}

QString dumpTasks()
{
    QString text;
    const detail::Loop *const loop = detail::Loop::existing();
    if (!loop)
        return text;
    for (const detail::TaskOwner *owner = loop->owners().first(); owner;
         owner = loop->owners().next(owner)) {
        if (!owner->hasChildren())
            continue;
        if (owner->label())
            text += QLatin1String(owner->label()) + QStringLiteral(":\n");
        detail::dumpChildren(*owner, owner->label() ? 1 : 0, text);
    }
    return text;
}

} // namespace CoDrive
