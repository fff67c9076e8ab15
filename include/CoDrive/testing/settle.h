// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// settle(): lets happen what is ready to happen, in a test.
//
//     gate.set();
//     settle();
//     QVERIFY(handle.isFinished());

namespace CoDrive {

/// Runs the event loop of this thread until no task is ready and no Qt event is posted to it. Time
/// does not pass: a VirtualClock stands still. Objects on which deleteLater() was called are deleted.
/// While a QTimer of zero interval keeps the loop busy, it returns after some turns without a task.
void settle();

} // namespace CoDrive
