// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// runBlocking(): a result of tasks for code that is no coroutine and cannot wait for an event loop.
//
//     bool Plugin::isAllowed(const QString &user) // the interface of somebody else
//     {
//         return runBlocking(askServer(user));
//     }

#include <CoDrive/core/run.h>
#include <CoDrive/threads/threadloop.h>

namespace CoDrive {

namespace detail {

/// Whether an event loop, or a task, runs up the stack.
bool isLoopRunning();

} // namespace detail

/// Runs \a awaitable and returns its result or throws its error. Where no event loop runs, that is
/// run(); where one does, it runs in a thread of its own, and this one blocks: nothing happens in its
/// event loop meanwhile, so what \a awaitable waits for must not come from there.
/// Like aiodrive's run_async.
/// \throws Cancelled when the task was cancelled; as run() or runInThreadLoop()
template<typename A>
detail::StartResult<A> runBlocking(A &&awaitable)
{
    if (detail::isLoopRunning())
        return detail::runInNewThread(std::forward<A>(awaitable));
    return run(std::forward<A>(awaitable));
}

} // namespace CoDrive
