// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// The sweeps of the kernel, with the combinators that use all of it, and the table of rows for them.

#include "allocationsweep.h"
#include "combinatorrows.h"
#include "sweeps.h"

#include <CoDrive/core/unhandled.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>

using namespace Words;

namespace {

using Scenario = std::function<Task<>(Stage &)>;

Task<> inARow(Stage &stage)
{
    const InstanceCounter alive;
    for (int i = 0; i < 4; ++i)
        co_await stage.point();
}

Task<> absorbing(Stage &stage)
{
    const InstanceCounter alive;
    for (int i = 0; i < 3; ++i) {
        const Outcome<> outcome = co_await attempt(inARow(stage));
        if (outcome.isCancelled())
            co_await stage.point();
    }
}

Task<> catching(Stage &stage)
{
    const InstanceCounter alive;
    bool isCaught = false;
    try {
        co_await catchable(inARow(stage));
    } catch (const Cancelled &) {
        isCaught = true;
    }
    if (isCaught)
        co_await inARow(stage);
}

Task<> failing(Stage &stage)
{
    const InstanceCounter alive;
    co_await stage.point();
    throw E();
}

Task<> gathering(Stage &stage)
{
    const InstanceCounter alive;
    co_await gather(inARow(stage), absorbing(stage), catching(stage));
    co_await stage.point();
}

Task<> gatheringFailures(Stage &stage)
{
    const InstanceCounter alive;
    try {
        co_await gather(inARow(stage), failing(stage), absorbing(stage), failing(stage));
    } catch (const std::exception &) {
    }
    co_await stage.point();
}

Task<> racing(Stage &stage)
{
    const InstanceCounter alive;
    co_await race(inARow(stage), absorbing(stage), stage.point());
    co_await stage.point();
}

Task<> grouping(Stage &stage)
{
    const InstanceCounter alive;
    const auto group = [&](TaskGroup &inner) -> Task<> {
        inner.spawn(inARow(stage));
        auto handle = inner.spawn(absorbing(stage));
        co_await stage.point();
        inner.spawn(stage.point());
        handle.cancel();
        co_await stage.point();
    };
    co_await withTaskGroup(group);
    co_await withVolatileTaskGroup(group);
}

Task<> scoping(Stage &stage)
{
    const InstanceCounter alive;
    const auto body = [&](TaskScope &inner) -> Task<> {
        inner.onError([](std::exception_ptr, const TaskInfo &) { });
        inner.spawn(inARow(stage));
        inner.spawn(failing(stage));
        co_await stage.point();
    };
    co_await withTaskScope(body);
    co_await stage.point();
}

Task<> shielding(Stage &stage)
{
    const InstanceCounter alive;
    co_await shieldWait(inARow(stage));
    co_await withTimeout(1h, inARow(stage));
}

Task<> cleaning(Stage &stage)
{
    const InstanceCounter alive;
    const auto body = [&]() -> Task<> { return inARow(stage); };
    const auto tidy = [&]() -> Task<> { return inARow(stage); };
    co_await withCleanup(body, tidy);
}

Task<> priming(Stage &stage)
{
    const InstanceCounter alive;
    auto a = prime(inARow(stage));
    auto b = prime(absorbing(stage));
    co_await stage.point();
    co_await b;
    co_await a;
}

QString joined(const std::vector<int> &values)
{
    QStringList texts;
    for (const int value : values)
        texts << QString::number(value);
    return texts.join(',');
}

CombinatorUnderTest gatherUnderTest()
{
    CombinatorUnderTest result;
    result.call = [](std::vector<Task<int>> children) -> Task<QString> {
        const std::vector<int> values = co_await gather(std::move(children));
        co_return joined(values);
    };
    result.callVoid = [](std::vector<Task<>> children) -> Task<QString> {
        co_await gather(std::move(children));
        co_return QString("void");
    };
    result.callMoveOnly = [](std::vector<Task<std::unique_ptr<int>>> children) -> Task<QString> {
        const std::vector<std::unique_ptr<int>> values = co_await gather(std::move(children));
        std::vector<int> numbers;
        for (const auto &value : values)
            numbers.push_back(*value);
        co_return joined(numbers);
    };
    return result;
}

CombinatorUnderTest raceUnderTest()
{
    CombinatorUnderTest result;
    result.call = [](std::vector<Task<int>> children) -> Task<QString> {
        const RaceResult<int> winner = co_await race(std::move(children));
        co_return QStringLiteral("%1: %2").arg(winner.index).arg(winner.value);
    };
    result.callVoid = [](std::vector<Task<>> children) -> Task<QString> {
        const RaceResult<void> winner = co_await race(std::move(children));
        co_return QStringLiteral("%1: void").arg(winner.index);
    };
    result.callMoveOnly = [](std::vector<Task<std::unique_ptr<int>>> children) -> Task<QString> {
        const RaceResult<std::unique_ptr<int>> winner = co_await race(std::move(children));
        co_return QStringLiteral("%1: %2").arg(winner.index).arg(*winner.value);
    };
    return result;
}

} // namespace

class TestSweeps : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        // Of children whose waiter is destroyed. It must not allocate itself.
        setUnhandledErrorHandler([this](const std::exception_ptr &error, const TaskInfo &) {
            try {
                std::rethrow_exception(error);
            } catch (const E &) {
            } catch (const std::bad_alloc &) {
            } catch (...) {
                m_isSurprised = true;
            }
        });
    }
    void cleanup()
    {
        QCOMPARE(leftBehind(), QString());
        setUnhandledErrorHandler({});
        QVERIFY(!m_isSurprised);
    }

    void suspensions_data()
    {
        QTest::addColumn<int>("scenario");
        int number = 0;
        for (const char *name : {"in a row", "attempt", "catchable", "gather", "gather with failures", "race", "groups",
                                 "scope", "shieldWait and timeout", "clean-up", "prime"})
            QTest::newRow(name) << number++;
    }
    void suspensions()
    {
        QFETCH(int, scenario);
        const std::vector<Scenario> scenarios{inARow,  absorbing, catching, gathering, gatheringFailures, racing,
                                              grouping, scoping,  shielding, cleaning, priming};
        const int runs = sweep(scenarios.at(static_cast<std::size_t>(scenario)), [](const SweepStep &step) {
            switch (step.action) {
            case SweepAction::None:
                QCOMPARE(text(step.handle), "value");
                break;
            case SweepAction::Destroy:
                QCOMPARE(text(step.handle), "cancelled");
                break;
            default:
                QVERIFY(step.handle.outcome().isSuccess() || step.handle.outcome().isCancelled());
            }
        });
        QVERIFY(runs > 15);
    }

    void suspensionsInARow()
    {
        // Whatever point is asked to end, the task ends as cancelled, unless the last one has completed.
        int completed = 0;
        sweep(inARow, [&](const SweepStep &step) {
            if (step.action == SweepAction::CompleteThenCancel && step.at == 3) {
                QCOMPARE(text(step.handle), "value");
                ++completed;
            } else if (step.action != SweepAction::None) {
                QCOMPARE(text(step.handle), "cancelled");
            }
        });
        QCOMPARE(completed, 1);
    }

    void theSweepSeesWhatIsLeftBehind()
    {
        QEXPECT_FAIL("", "a frame that outlives its task", Abort);
        std::unique_ptr<InstanceCounter> left;
        const auto leaves = [&](Stage &stage) -> Task<> {
            left = std::make_unique<InstanceCounter>();
            co_await stage.point();
        };
        QCOMPARE(sweep(leaves, [](const SweepStep &) { }), 0);
    }

    void allocations_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char *kind : {"inline", "spawn", "gather", "race", "group", "timeout", "attempt", "prime", "shield",
                                 "errors", "errors of children"})
            QTest::newRow(kind) << kind;
    }
    void allocations()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        QFETCH(QString, kind);
        const auto child = [](int value) -> Task<int> {
            const InstanceCounter alive;
            co_await yieldNow();
            co_return value;
        };
        const auto group = [&](TaskGroup &inner) -> Task<> {
            inner.spawn(child(1), "name");
            auto handle = inner.spawn(child(2));
            co_await handle;
        };
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            if (kind == "inline") {
                co_await child(1);
                co_await child(2);
            } else if (kind == "spawn") {
                TaskScope scope;
                scope.spawn(child(1), "name");
                auto handle = scope.spawn(child(2));
                co_await handle;
                co_await scope.join();
            } else if (kind == "gather") {
                co_await gather(child(1), child(2), toTask(yieldNow()));
            } else if (kind == "race") {
                co_await race(child(1), child(2), toTask(yieldNow()));
            } else if (kind == "group") {
                co_await withTaskGroup(group);
            } else if (kind == "timeout") {
                co_await withTimeout(1h, child(1));
            } else if (kind == "attempt") {
                (co_await attempt(child(1))).value();
            } else if (kind == "prime") {
                auto primed = prime(child(1));
                co_await primed;
            } else if (kind == "shield") {
                co_await shield(child(1));
                co_await shieldWait(child(1));
            } else if (kind == "errors of children") {
                try {
                    co_await gather(child(1), nowErr());
                } catch (const E &) {
                }
            } else {
                try {
                    co_await nowErr();
                } catch (const E &) {
                }
            }
        };
        const int failed = sweepAllocations([&] { run(body()); });
        QVERIFY2(failed >= 2, qPrintable(QString::number(failed)));
    }

    void gatherRows_data()
    {
        addCombinatorRows({{CombinatorRow::NoChild, ""},
                           {CombinatorRow::OneChild, "1"},
                           {CombinatorRow::VoidChildren, "void"},
                           {CombinatorRow::MoveOnlyChildren, "1,2"},
                           {CombinatorRow::FirstThrowsAtOnce, "throws E1; requests 0,1"},
                           {CombinatorRow::SeveralThrow, "throws group [E1, E2]; requests 0,1"},
                           {CombinatorRow::CallerCancelled, "cancelled; requests 1,1"},
                           {CombinatorRow::CallerCancelledTwice, "cancelled; requests 2,2"},
                           {CombinatorRow::CallerDestroyed, "destroyed; requests 0,0"},
                           {CombinatorRow::EndsInTheSameTurn, "cancelled; requests 1,1"}});
    }
    void gatherRows()
    {
        QFETCH(CombinatorRow, row);
        QFETCH(QString, expected);
        QCOMPARE(runRow(row, gatherUnderTest()), expected);
    }

    void raceRows_data()
    {
        addCombinatorRows({{CombinatorRow::NoChild, "throws logic_error"},
                           {CombinatorRow::OneChild, "0: 1"},
                           {CombinatorRow::VoidChildren, "0: void"},
                           {CombinatorRow::MoveOnlyChildren, "0: 1"},
                           {CombinatorRow::FirstThrowsAtOnce, "throws E1; requests 0,1"},
                           {CombinatorRow::SeveralThrow, "throws group [E1, E2]; requests 0,1"},
                           {CombinatorRow::CallerCancelled, "cancelled; requests 1,1"},
                           {CombinatorRow::CallerCancelledTwice, "cancelled; requests 2,2"},
                           {CombinatorRow::CallerDestroyed, "destroyed; requests 0,0"},
                           {CombinatorRow::EndsInTheSameTurn, "0: 1, kept; requests 1,1"}});
    }
    void raceRows()
    {
        QFETCH(CombinatorRow, row);
        QFETCH(QString, expected);
        QCOMPARE(runRow(row, raceUnderTest()), expected);
    }

private:
    bool m_isSurprised = false;
};

QTEST_GUILESS_MAIN(TestSweeps)
#include "tst_sweeps.moc"
