// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// spawnOn(): a task that does not outlive a QObject of somebody else.
//
//     spawnOn(reply, [reply]() -> Task<> {
//         for (;;) {
//             co_await nextSignal(reply, &QIODevice::readyRead);
//             parse(reply);
//         }
//     });

#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>

#include <QObject>

#include <utility>

namespace CoDrive {

namespace detail {

/// Starts \a task as one that belongs to \a owner. False: the owner is being destroyed.
bool startOn(QObject *owner, SharedTaskBase &task);
/// \throws std::invalid_argument, std::logic_error
void checkOwner(const QObject *owner);

} // namespace detail

/// Starts \a awaitable as a task that is destroyed with \a owner, at the latest inside ~QObject: the
/// derived part of the owner is gone by then, so destructors in the task's frames must not touch it.
/// A TaskScope as the last member of the owner has no such limit and is to be preferred where the
/// class is your own.
///
/// The task runs up to its first suspension inside the call. Tasks of one owner are destroyed in the
/// reverse order of their start; one that runs at that moment is destroyed at its next suspension.
/// Destruction runs no withCleanup(); cancelling the handle does. An error that nobody awaits goes
/// to the unhandled-error handler. The owner must stay in its thread while it has tasks; it has a
/// hidden child QObject as long. While it destroys its tasks nothing is started, and the handle is
/// cancelled.
/// \return directly: a handle
/// \throws std::invalid_argument when \a owner is null; std::logic_error when it belongs to another
/// thread; nothing was started then
template<typename A>
    requires detail::Startable<A>
TaskHandle<detail::StartResult<A>> spawnOn(QObject *owner, A &&awaitable)
{
    detail::checkOwner(owner);
    auto task
        = detail::SharedTask<detail::StartResult<A>>::create(detail::makeTask(std::forward<A>(awaitable)));
    if (!detail::startOn(owner, *task))
        return TaskHandle<detail::StartResult<A>>();
    return TaskHandle<detail::StartResult<A>>(std::move(task));
}

} // namespace CoDrive
