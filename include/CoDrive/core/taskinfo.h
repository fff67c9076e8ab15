// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Who is running, and who is waiting where.
//
//     qInfo() << "in task" << currentTask().name;
//     qInfo().noquote() << dumpTasks();

#include <QString>

namespace CoDrive {

/// What is known of a started task.
struct TaskInfo
{
    quint64 id = 0; ///< unique among living tasks; 0: no task
    QString name; ///< as given to spawn(); may be empty
    bool cancelRequested = false; ///< a request is pending
};

/// The task that runs on this thread at the moment; id 0 outside of tasks.
/// Like asyncio.current_task().
TaskInfo currentTask();

/// The tree of this thread's living tasks, a task a line: name or id, what it does, and file:line
/// of the `co_await`s it waits at, the innermost first. Empty when there is none.
/// With g++ the line is the last one of an expression that spans several.
/// Like asyncio.format_call_graph().
QString dumpTasks();

} // namespace CoDrive
