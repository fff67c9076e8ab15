// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Waiting for a QFuture; with this header `co_await` takes one.
//
//     Task<> show(QLabel *label, QString path)
//     {
//         QFuture<QImage> image = QtConcurrent::run(load, path);
//         label->setPixmap(QPixmap::fromImage(co_await std::move(image)));
//     }

#include <CoDrive/core/errors.h>
#include <CoDrive/core/task.h>

#include <QFuture>

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace CoDrive {

namespace detail {

/// The error that is set in a future, or null; never blocks.
std::exception_ptr errorOf(const QFutureInterfaceBase &future);

/// The part of awaiting a future that does not depend on its result.
class FutureWait : public Operation
{
public:
    FutureWait(FutureWait &&) noexcept;

    bool isReady();
    bool start();
    bool request() noexcept override;

protected:
    explicit FutureWait(const QFutureInterfaceBase &future);
    ~FutureWait();

    /// \throws the error set in the future; Cancelled when it was cancelled and has no result
    void checkResult(bool hasResult) const;
    [[noreturn]] static void throwNoResult();

private:
    class Watch;

    QFutureInterfaceBase m_future;
    std::unique_ptr<Watch> m_watch;
    bool m_wasCancelledFirst = false; ///< before it finished
};

/// What `co_await future` does: wait until it has finished, and give its first result.
/// When the waiter is cancelled or destroyed, it leaves at once and the future is cancelled.
/// \throws the error that was set in the future; Cancelled as soon as somebody else cancels it,
/// though a result that was there when it finished is given all the same; std::logic_error when it
/// finished without a result, or the result was taken
/// \tparam take whether the result is moved out of the future and all its copies, as it is for
/// `co_await std::move(future)` and a temporary
template<typename T, Take take>
class FutureOperation final : public FutureWait,
                              public AwaitableInAnyCoroutine<FutureOperation<T, take>>
{
public:
    using Result = T;

    explicit FutureOperation(QFuture<T> future)
        : FutureWait(QFutureInterfaceBase::get(future))
        , m_future(std::move(future))
    {
    }

    T takeResult()
    {
        if constexpr (std::is_void_v<T>) {
            checkResult(false);
        } else {
            const bool hasResult = m_future.isFinished() && m_future.isResultReadyAt(0);
            checkResult(hasResult);
            if (!hasResult)
                throwNoResult();
            if constexpr (take == Take::Move)
                return m_future.takeResult();
            else
                return m_future.result();
        }
    }

private:
    QFuture<T> m_future;
};

template<typename T>
struct AwaitAdapter<QFuture<T>>
{
    static FutureOperation<T, Take::Copy> adapt(const QFuture<T> &future)
    {
        static_assert(std::is_void_v<T> || std::copy_constructible<T>,
                      "the result can only be moved out: co_await std::move(future)");
        return FutureOperation<T, Take::Copy>(future);
    }
    static FutureOperation<T, Take::Move> adapt(QFuture<T> &&future)
    {
        return FutureOperation<T, Take::Move>(std::move(future));
    }
};

} // namespace detail

} // namespace CoDrive
