// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The one table of rows that every combinator is run through. A combinator is made uniform by three functions that give
// the result as a text; what each row must give is the test's to say.
//
//     const CombinatorUnderTest ofGather{
//         [](std::vector<Task<int>> children) -> Task<QString> {
//             const auto values = co_await gather(std::move(children));
//             co_return textOfValues(values);
//         }, ...};
//     void rows_data() { addCombinatorRows({{CombinatorRow::NoChild, ""}, ...}); }
//     void rows() { QFETCH(CombinatorRow, row); QFETCH(QString, expected); QCOMPARE(runRow(row, ofGather), expected); }
//
// The text of a row: what the call gave ("1,2", "throws E", "cancelled", "destroyed"), ", kept" when a request was kept,
// ", suspended" when it should not have been, and "; requests 1,1": what the children saw, where a row makes requests.

#include "words.h"

#include <functional>
#include <vector>

namespace Words {

Q_NAMESPACE

enum class CombinatorRow {
    NoChild,
    OneChild,
    VoidChildren,
    MoveOnlyChildren,
    FirstThrowsAtOnce,
    SeveralThrow,
    CallerCancelled,
    CallerCancelledTwice,
    CallerDestroyed,
    EndsInTheSameTurn ///< a child ends and the caller is cancelled, without settling in between
};
Q_ENUM_NS(CombinatorRow)

/// Functions that await the combinator with these children and give its result as a text. One may be empty where the
/// combinator does not take such children.
struct CombinatorUnderTest
{
    std::function<Task<QString>(std::vector<Task<int>>)> call;
    std::function<Task<QString>(std::vector<Task<>>)> callVoid;
    std::function<Task<QString>(std::vector<Task<std::unique_ptr<int>>>)> callMoveOnly;
    /// Whether it takes two children, or one only.
    bool takesSeveral = true;
};

/// Adds columns `row` and `expected` and a row for each entry.
inline void addCombinatorRows(const std::vector<std::pair<CombinatorRow, QString>> &rows)
{
    QTest::addColumn<CombinatorRow>("row");
    QTest::addColumn<QString>("expected");
    for (const auto &[row, expected] : rows)
        QTest::newRow(QMetaEnum::fromType<CombinatorRow>().valueToKey(static_cast<int>(row))) << row << expected;
}

/// Runs one row and tells what came of it.
inline QString runRow(CombinatorRow row, const CombinatorUnderTest &combinator)
{
    Event a;
    Event b;
    Event h;
    Probe first;
    Probe second;
    EventLog log;
    const auto valuePointer = [](Event &gate, int value) -> Task<std::unique_ptr<int>> {
        const InstanceCounter alive;
        co_await gate.wait();
        co_return std::make_unique<int>(value);
    };
    const auto tell = [&](Task<QString> call) -> Task<> {
        const QString result = co_await textOf(std::move(call));
        log << result;
        const Outcome<> next = co_await attempt(waitForever());
        if (next.isCancelled())
            log << QStringLiteral("kept");
        co_await unwind();
    };
    const auto start = [&]() -> Task<QString> {
        std::vector<Task<int>> children;
        std::vector<Task<>> voids;
        std::vector<Task<std::unique_ptr<int>>> pointers;
        const auto add = [&](Task<int> one, Task<int> other) {
            children.push_back(std::move(one));
            if (combinator.takesSeveral)
                children.push_back(std::move(other));
        };
        switch (row) {
        case CombinatorRow::NoChild:
            break;
        case CombinatorRow::OneChild:
            children.push_back(val(a, 1));
            break;
        case CombinatorRow::VoidChildren:
            voids.push_back(pass(a));
            if (combinator.takesSeveral)
                voids.push_back(pass(b));
            return combinator.callVoid(std::move(voids));
        case CombinatorRow::MoveOnlyChildren:
            pointers.push_back(valuePointer(a, 1));
            if (combinator.takesSeveral)
                pointers.push_back(valuePointer(b, 2));
            return combinator.callMoveOnly(std::move(pointers));
        case CombinatorRow::FirstThrowsAtOnce:
            add(nowErr("E1", &first), slow(b, h, &second));
            break;
        case CombinatorRow::SeveralThrow:
            add(err(a, "E1", &first), dirty(b, "E2", &second));
            break;
        case CombinatorRow::CallerCancelled:
        case CombinatorRow::CallerCancelledTwice:
        case CombinatorRow::CallerDestroyed:
            add(slow(a, h, &first), slow(b, h, &second));
            break;
        case CombinatorRow::EndsInTheSameTurn:
            add(val(a, 1, &first), slow(b, h, &second));
            break;
        }
        return combinator.call(std::move(children));
    };

    auto owner = std::make_unique<TaskScope>();
    auto caller = owner->spawn(tell(start()));
    bool isDestroyed = false;
    bool hasRequests = true;
    switch (row) {
    case CombinatorRow::NoChild:
        hasRequests = false;
        if (log.events().isEmpty())
            log << QStringLiteral("suspended");
        break;
    case CombinatorRow::OneChild:
    case CombinatorRow::VoidChildren:
    case CombinatorRow::MoveOnlyChildren:
        hasRequests = false;
        open(a);
        open(b);
        break;
    case CombinatorRow::FirstThrowsAtOnce:
        settle();
        open(h);
        // Where the first one's error is none of the others' business.
        open(b);
        break;
    case CombinatorRow::SeveralThrow:
        a.set();
        settle();
        open(b);
        break;
    case CombinatorRow::CallerCancelled:
        cancel(caller);
        open(h);
        break;
    case CombinatorRow::CallerCancelledTwice:
        cancel(caller);
        cancel(caller);
        break;
    case CombinatorRow::CallerDestroyed:
        owner.reset();
        isDestroyed = true;
        if (InstanceCounter::count() != 0)
            log << QStringLiteral("frames left");
        break;
    case CombinatorRow::EndsInTheSameTurn:
        a.set();
        cancel(caller);
        open(h);
        break;
    }
    settle();
    QStringList result = log.take();
    if (isDestroyed)
        result << QStringLiteral("destroyed");
    else if (caller.isCancelled() && result.isEmpty())
        result << QStringLiteral("cancelled");
    else if (result.isEmpty())
        result << QStringLiteral("waiting");
    QString text = result.join(QStringLiteral(", "));
    if (hasRequests) {
        text += QStringLiteral("; requests %1").arg(first.requests);
        if (combinator.takesSeveral)
            text += QStringLiteral(",%1").arg(second.requests);
    }
    return text;
}

} // namespace Words
