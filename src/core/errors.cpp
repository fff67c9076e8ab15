// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/errors.h>

namespace CoDrive {

static std::string cancelledText(const QString &what, const QString &reason)
{
    QString text = what.isEmpty() ? QStringLiteral("cancelled")
                                  : QStringLiteral("%1 was cancelled").arg(what);
    if (!reason.isEmpty())
        text += QStringLiteral(": ") + reason;
    return text.toStdString();
}

Cancelled::Cancelled(const QString &what, const QString &reason)
    : std::runtime_error(cancelledText(what, reason))
{
}

Cancelled::~Cancelled() = default;

ObjectDestroyed::ObjectDestroyed(const QString &what)
    : std::runtime_error(
          QStringLiteral("%1 was destroyed while it was awaited").arg(what).toStdString())
{
}

ObjectDestroyed::~ObjectDestroyed() = default;

} // namespace CoDrive
