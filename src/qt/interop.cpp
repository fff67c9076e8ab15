// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qt/interop.h>

#include <QFutureWatcher>

#include <limits>

namespace CoDrive::detail {

std::unique_ptr<QObject> requestOnCancel(QFutureInterfaceBase future, StartedTask &task)
{
    auto watcher = std::make_unique<QFutureWatcher<void>>();
    QObject::connect(watcher.get(), &QFutureWatcherBase::canceled, watcher.get(),
                     [&task] { task.request(); });
    watcher->setPendingResultsLimit(std::numeric_limits<int>::max());
    watcher->setFuture(QFuture<void>(&future));
    return watcher;
}

} // namespace CoDrive::detail
