// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Fails the n-th allocation of a scenario, for every n it makes. See allocations.h for what including this means.
//
//     sweepAllocations([] { run(scenario()); });

#include "allocations.h"
#include "words.h"

#include <thread>

namespace Words {

/// Calls \a scenario, which may throw, in a thread of its own each time (so that no list of free frames helps it out),
/// with the n-th allocation failing, until one run makes fewer than n. Whatever it throws but std::bad_alloc, and
/// whatever it leaves behind, fails the test. Returns how many allocations have failed.
template<typename Scenario>
int sweepAllocations(const Scenario &scenario)
{
    for (int n = 0;; ++n) {
        bool hasFailed = false;
        QString result;
        std::thread thread([&] {
            // What the thread itself needs comes before.
            run(now(0));
            const FailingAllocation failing(n);
            try {
                scenario();
                result = QStringLiteral("value");
            } catch (const std::bad_alloc &) {
                result = QStringLiteral("bad_alloc");
            } catch (...) {
                result = text(std::current_exception());
            }
            hasFailed = failing.hasFailed();
        });
        thread.join();
        const QByteArray where = QStringLiteral("allocation %1: %2, %3 frames left")
                                     .arg(n)
                                     .arg(result)
                                     .arg(InstanceCounter::count())
                                     .toUtf8();
        const bool isFine = (result == QLatin1String("value") || (hasFailed && result == QLatin1String("bad_alloc")))
            && InstanceCounter::count() == 0;
        if (!QTest::qVerify(isFine, "value or bad_alloc", where, __FILE__, __LINE__) || !hasFailed)
            return n;
    }
}

} // namespace Words
