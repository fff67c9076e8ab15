// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <optional>
#include <thread>

using namespace Words;

class TestInstanceCounter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsWhatLives()
    {
        QCOMPARE(InstanceCounter::count(), 0);
        {
            const InstanceCounter one;
            std::optional<InstanceCounter> two = one;
            InstanceCounter three = std::move(*two);
            QCOMPARE(InstanceCounter::count(), 3);
            three = one;
            QCOMPARE(InstanceCounter::count(), 3);
            two.reset();
            QCOMPARE(InstanceCounter::count(), 2);
        }
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void countsFrames()
    {
        Event g;
        auto scope = std::make_unique<TaskScope>();
        scope->spawn(val(g, 1));
        QCOMPARE(InstanceCounter::count(), 1);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void onAnyThread()
    {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([] {
                for (int j = 0; j < 10'000; ++j)
                    const InstanceCounter one;
            });
        }
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(InstanceCounter::count(), 0);
    }
};

QTEST_GUILESS_MAIN(TestInstanceCounter)
#include "tst_instancecounter.moc"
