// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// cancelAndWait(): cancels tasks and awaits that they have ended.
//
//     co_await cancelAndWait(upload, "the window closes");

#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>

#include <QString>

#include <vector>

namespace CoDrive {

namespace detail {

class CancelAndWaitOperation final : public Operation,
                                     public AwaitableInAnyCoroutine<CancelAndWaitOperation>
{
public:
    using Result = void;

    explicit CancelAndWaitOperation(QString reason) noexcept;
    CancelAndWaitOperation(CancelAndWaitOperation &&) noexcept;
    ~CancelAndWaitOperation();

    template<typename T>
    void add(const TaskHandle<T> &handle)
    {
        if (detail::SharedTask<T> *const task = handle.sharedTask()) {
            task->retain();
            addTarget(SharedPointer<SharedTaskBase>(task));
        }
    }

    bool isReady() const;
    bool start();
    bool request() noexcept override;
    void takeResult() const;

private:
    class Target;

    void addTarget(SharedPointer<SharedTaskBase> task);
    void cancelAll() noexcept;
    void targetEnded() noexcept;

    std::vector<Target> m_targets;
    QString m_reason;
    qsizetype m_open = 0; ///< targets that have not ended
    bool m_isFirstRequestSwallowed = false;
};

} // namespace detail

/// Makes one request to the task of \a handle and awaits its end. Does not own: when the waiter is
/// destroyed, the task goes on. When the waiter is cancelled meanwhile, its first request is not
/// forwarded, further ones are; it goes on after the end with the request kept.
/// Like aiodrive's cancel_task. \param reason appears in the Cancelled that other waiters get
/// \throws the error that the task ended with; std::logic_error when it waits for the caller
template<typename T>
[[nodiscard]] auto cancelAndWait(const TaskHandle<T> &handle, const QString &reason = {})
{
    detail::CancelAndWaitOperation operation(reason);
    operation.add(handle);
    return operation;
}

/// As above for several tasks; all meet their request before the caller suspends.
/// \throws their errors in the order of \a handles
template<typename T>
[[nodiscard]] auto cancelAndWait(const std::vector<TaskHandle<T>> &handles,
                                 const QString &reason = {})
{
    detail::CancelAndWaitOperation operation(reason);
    for (const TaskHandle<T> &handle : handles)
        operation.add(handle);
    return operation;
}

} // namespace CoDrive
