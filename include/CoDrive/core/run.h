// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// run(): from code that is no coroutine into tasks and back.
//
//     int main(int argc, char **argv)
//     {
//         QCoreApplication app(argc, argv);
//         return CoDrive::run(amain());
//     }

#include <CoDrive/core/task.h>

#include <QString>

#include <memory>
#include <stdexcept>

namespace CoDrive {

/// What run() does about tasks that shield() left behind on its thread.
enum class Leftovers {
    Warn, ///< cancel and await them, and write a warning
    Throw ///< cancel and await them, and throw LeftoverTasks
};

/// How run() ends.
struct RunOptions
{
    Leftovers leftovers = Leftovers::Warn; ///< about tasks that shield() left behind
};

/// run() found tasks that shield() had left; what() names them. They have ended.
class LeftoverTasks : public std::runtime_error
{
public:
    /// \param names of the tasks
    explicit LeftoverTasks(const QString &names);
    LeftoverTasks(const LeftoverTasks &) noexcept = default;
    LeftoverTasks &operator=(const LeftoverTasks &) noexcept = default;
    ~LeftoverTasks() override;
};

namespace detail {

/// The part of run() that does not depend on the result.
class Runner final : public TaskOwner
{
public:
    /// \throws std::logic_error without a QCoreApplication
    Runner();
    Runner(Runner &&) = delete;
    ~Runner();

    /// Runs \a task to its end in a local event loop, and awaits what it left behind. Returns the
    /// names of the leftovers.
    QString runToEnd(SharedTaskBase &task);
    /// Warns of \a leftovers or throws, together with \a error, as \a options say.
    static void finish(const QString &leftovers, const RunOptions &options,
                       const std::exception_ptr &error);

    StartedTask *childEnded(StartedTask &child) noexcept override;

private:
    template<typename Done>
    void waitUntil(Done isDone);
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace detail

/// Runs \a awaitable as a task in a local event loop of this thread, and returns its result or
/// throws its error. It works before an application's exec(), inside a slot, inside a task, and in
/// a plain std::thread. QCoreApplication::exit() cancels the task. Afterwards tasks that shield()
/// left on this thread meanwhile are cancelled and awaited. Like asyncio.run().
/// \throws Cancelled when the task was cancelled; LeftoverTasks; std::logic_error without a
/// QCoreApplication
template<typename A>
detail::StartResult<A> run(A &&awaitable, RunOptions options = {})
{
    detail::Runner runner;
    const auto task
        = detail::SharedTask<detail::StartResult<A>>::create(detail::makeTask(std::forward<A>(awaitable)));
    const QString leftovers = runner.runToEnd(*task);
    task->noteErrorTaken();
    detail::Runner::finish(leftovers, options, task->outcomeBase().errorPointer());
    return task->takeResult();
}

} // namespace CoDrive
