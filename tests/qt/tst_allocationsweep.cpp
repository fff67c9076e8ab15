// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Waiting for what is Qt's, with each allocation failing in turn.

#include "allocationsweep.h"
#include "sender.h"

#include <CoDrive/qt/future.h>
#include <CoDrive/qt/interop.h>
#include <CoDrive/qt/owner.h>
#include <CoDrive/qt/signal.h>
#include <CoDrive/qt/timer.h>

#include <QPromise>

using namespace Words;

namespace {

Task<int> emitted(S &s, bool isFiltered)
{
    const InstanceCounter alive;
    int value = 0;
    if (isFiltered)
        value = co_await nextSignal(&s, &S::one, [](int number) { return number > 2; });
    else
        value = co_await nextSignal(&s, &S::one);
    co_return value;
}

} // namespace

class TestAllocationSweep : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer no allocation fails");
    }

    void signal_data()
    {
        QTest::addColumn<bool>("isFiltered");
        QTest::newRow("without a predicate") << false;
        QTest::newRow("with a predicate") << true;
    }
    void signal()
    {
        QFETCH(const bool, isFiltered);
        const auto body = [isFiltered]() -> Task<> {
            const InstanceCounter alive;
            S s;
            TaskScope scope;
            const auto handle = scope.spawn(emitted(s, isFiltered));
            for (int i = 1; i <= 3; ++i)
                Q_EMIT s.one(i);
            co_await handle;
        };
        QVERIFY(sweepAllocations([&] { run(body()); }) >= 3);
    }

    void timer()
    {
        const auto body = []() -> Task<> {
            const InstanceCounter alive;
            QTimer tick;
            tick.start(1ms);
            co_await tick;
        };
        QVERIFY(sweepAllocations([&] { run(body()); }) >= 2);
    }

    void future()
    {
        const auto body = []() -> Task<> {
            const InstanceCounter alive;
            Event gate;
            const QFuture<int> result = toFuture(val(gate, 5));
            TaskScope scope;
            const auto handle = scope.spawn(result);
            gate.set();
            co_await handle;
        };
        QVERIFY(sweepAllocations([&] { run(body()); }) >= 3);
    }

    void owner()
    {
        const auto body = []() -> Task<> {
            const InstanceCounter alive;
            QObject object;
            Event gate;
            const auto handle = spawnOn(&object, val(gate, 5));
            gate.set();
            co_await handle;
        };
        QVERIFY(sweepAllocations([&] { run(body()); }) >= 3);
    }
};

QTEST_GUILESS_MAIN(TestAllocationSweep)
#include "tst_allocationsweep.moc"
