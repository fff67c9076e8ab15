// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The errors that waiting itself can give.
//
//     try {
//         use(co_await handle);
//     } catch (const CoDrive::Cancelled &c) { // somebody else cancelled that task
//         qWarning("%s", c.what());
//     }

#include <QString>

#include <stdexcept>

namespace CoDrive {

/// What was awaited has been cancelled by a third party. Cancellation of the *own* task is
/// never seen as an exception, see catchable() for the one exception to that.
/// Like asyncio.CancelledError, but an ordinary error: the waiter is not cancelled by it.
class Cancelled : public std::runtime_error
{
public:
    /// \param what whose end it was, such as the name of the task
    /// \param reason why, as given to TaskHandle::cancel(); may be empty
    explicit Cancelled(const QString &what = {}, const QString &reason = {});
    Cancelled(const Cancelled &) noexcept = default;
    Cancelled &operator=(const Cancelled &) noexcept = default;
    ~Cancelled() override;
};

/// What was waited at has been destroyed, so that the wait would never have ended.
class ObjectDestroyed : public std::runtime_error
{
public:
    /// \param what the name or class of the object
    explicit ObjectDestroyed(const QString &what);
    ObjectDestroyed(const ObjectDestroyed &) noexcept = default;
    ObjectDestroyed &operator=(const ObjectDestroyed &) noexcept = default;
    ~ObjectDestroyed() override;
};

} // namespace CoDrive
