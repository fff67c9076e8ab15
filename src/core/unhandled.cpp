// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/unhandled.h>

#include <CoDrive/core/detail/logging.h>
#include <CoDrive/core/detail/loop.h>

#include <mutex>

namespace CoDrive {

namespace detail {

Q_LOGGING_CATEGORY(lcCoDrive, "codrive")

namespace {

std::mutex s_handlerMutex;

std::shared_ptr<const ErrorHandler> &handlerSlot()
{
    static std::shared_ptr<const ErrorHandler> handler;
    return handler;
}

std::shared_ptr<const ErrorHandler> unhandledErrorHandler()
{
    const std::scoped_lock lock(s_handlerMutex);
    return handlerSlot();
}

/// An error on its way to the handler, through the ready list of its thread.
class Report final : public ReadyItem
{
public:
    Report(std::exception_ptr error, const TaskInfo &task)
        : m_error(std::move(error))
        , m_task(task)
    {
    }

    void run() override
    {
        const std::unique_ptr<Report> self(this);
        deliverError({}, m_error, m_task);
    }
    void discard() override { run(); }

private:
    std::exception_ptr m_error;
    TaskInfo m_task;
};

QString displayName(const TaskInfo &task)
{
    if (!task.name.isEmpty())
        return QStringLiteral("task \"%1\"").arg(task.name);
    return task.id ? QStringLiteral("task %1").arg(task.id) : QStringLiteral("a coroutine");
}

} // namespace

QString describe(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &e) {
        return QString::fromUtf8(e.what());
    } catch (...) {
        return QStringLiteral("unknown exception");
    }
}

void deliverError(const ErrorHandler &handler, const std::exception_ptr &error,
                  const TaskInfo &task) noexcept
{
    try {
        if (handler) {
            handler(error, task);
        } else if (const auto unhandled = unhandledErrorHandler()) {
            (*unhandled)(error, task);
        } else {
            qCWarning(lcCoDrive).noquote().nospace()
                << "unhandled error in " << displayName(task) << ": " << describe(error);
        }
    } catch (...) {
        qCWarning(lcCoDrive).noquote().nospace()
            << "the error handler itself failed, for " << displayName(task) << ": "
            << describe(std::current_exception());
    }
}

void reportUnhandled(std::exception_ptr error, const TaskInfo &task)
{
    Loop &loop = Loop::current();
    auto report = std::make_unique<Report>(std::move(error), task);
    if (loop.isClosed())
        report.release()->discard();
    else
        loop.makeReady(*report.release());
}

} // namespace detail

void setUnhandledErrorHandler(ErrorHandler handler)
{
    std::shared_ptr<const ErrorHandler> next;
    if (handler)
        next = std::make_shared<const ErrorHandler>(std::move(handler));
    const std::scoped_lock lock(detail::s_handlerMutex);
    detail::handlerSlot().swap(next);
}

} // namespace CoDrive
