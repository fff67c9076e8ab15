// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// reportProgress(): tells the AsyncCommand that runs this task how far it is.
//
//     for (qsizetype i = 0; i < files.size(); ++i) {
//         reportProgress(double(i) / double(files.size()), files[i].name);
//         co_await copy(files[i]);
//     }

#include <QString>

namespace CoDrive {

/// Sets AsyncCommand::progress and statusText of the command whose run this belongs to: the running
/// task, a task it has started, or a function or task it has on another thread. Elsewhere it does
/// nothing. The properties change from the loop of the command's thread, at most once a turn, to
/// what was told last. Any thread.
/// \param progress 0 to 1; more counts as 1; less than 0, or NaN: not known
/// \param statusText what is being done; a null string leaves the text as it is
void reportProgress(double progress, const QString &statusText = {});

} // namespace CoDrive
