// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/run.h>

#include <CoDrive/core/detail/logging.h>
#include <CoDrive/core/exceptiongroup.h>

#include <QCoreApplication>
#include <QEventLoop>
#include <QStringList>

namespace CoDrive {

LeftoverTasks::LeftoverTasks(const QString &names)
    : std::runtime_error(
          QStringLiteral("tasks were left running and had to be cancelled: %1").arg(names).toStdString())
{
}

LeftoverTasks::~LeftoverTasks() = default;

namespace detail {

class Runner::Private
{
public:
    Private()
        : outerLeftovers(Loop::current().replaceLeftovers(&leftovers))
    {
        Loop::current().registerOwner(leftovers);
    }
    ~Private()
    {
        Loop::current().replaceLeftovers(outerLeftovers);
        // Only an application that quits leaves something here.
        leftovers.destroyChildren();
    }

    QEventLoop eventLoop;
    bool hasEntered = false;
    DetachedTasks leftovers{"detached"};
    DetachedTasks *outerLeftovers;
};

Runner::Runner()
    : TaskOwner("run")
{
    if (!QCoreApplication::instance())
        throw std::logic_error("CoDrive::run: there is no QCoreApplication");
    d = std::make_unique<Private>();
    Loop::current().registerOwner(*this);
}

Runner::~Runner()
{
    destroyChildren();
}

StartedTask *Runner::childEnded(StartedTask &) noexcept
{
    d->eventLoop.exit();
    return nullptr;
}

template<typename Done>
void Runner::waitUntil(Done isDone)
{
    // Not exec(): after a quit of the application that returns at once.
    while (!isDone())
        d->eventLoop.processEvents(QEventLoop::WaitForMoreEvents);
}

QString Runner::runToEnd(SharedTaskBase &task)
{
    task.startIn(*this);

    QMetaObject::invokeMethod(
        &d->eventLoop, [this] { d->hasEntered = true; }, Qt::QueuedConnection);
    if (hasChildren())
        d->eventLoop.exec();
    // exec() ends early when the application quits while it runs; when it had been told to quit
    // before, exec() refuses to run, and that is not meant for this task.
    if (hasChildren() && d->hasEntered)
        requestChildren();
    waitUntil([this] { return !hasChildren(); });

    // A leftover may leave others behind while it cleans up.
    QStringList names;
    d->leftovers.onEmpty = [this] { d->eventLoop.exit(); };
    waitUntil([&] {
        const TaskList &left = d->leftovers.children();
        for (StartedTask *leftover = left.first(); leftover; leftover = left.next(leftover)) {
            if (leftover->isRequestedByOwner())
                continue;
            names << leftover->displayName();
            leftover->noteRequestedByOwner();
            leftover->request();
        }
        return left.isEmpty();
    });
    return names.join(QStringLiteral(", "));
}

void Runner::finish(const QString &leftovers, const RunOptions &options,
                    const std::exception_ptr &error)
{
    if (leftovers.isEmpty())
        return;
    if (options.leftovers == Leftovers::Warn) {
        qCWarning(lcCoDrive).noquote() << LeftoverTasks(leftovers).what();
        return;
    }
    std::rethrow_exception(ExceptionGroup::combine(
        {error, std::make_exception_ptr(LeftoverTasks(leftovers))}));
}

} // namespace detail

} // namespace CoDrive
