// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"
#include "sweeps.h"

#include <CoDrive/streams/amass.h>
#include <CoDrive/streams/buffered.h>
#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/merge.h>
#include <CoDrive/streams/yieldeach.h>
#include <CoDrive/streams/zipconcurrently.h>
#include <CoDrive/tasks/cleanup.h>

#include <functional>

using namespace Words;

namespace {

Task<int> value(Stage &stage, int i)
{
    const InstanceCounter alive;
    co_await stage.point();
    co_return i;
}

Stream<int> values(Stage &stage, int count)
{
    const InstanceCounter alive;
    for (int i = 0; i < count; ++i) {
        co_await stage.point();
        co_yield i;
    }
}

template<typename T>
Task<> takesAll(Stream<T> stream)
{
    const InstanceCounter alive;
    for (;;) {
        const std::optional<T> item = co_await stream.next();
        if (!item)
            break;
    }
}

/// Takes one item and waits, then closes, however that ended.
template<typename T>
Task<> closesAfterOne(Stage &stage, Stream<T> stream)
{
    const InstanceCounter alive;
    const auto body = [&]() -> Task<> {
        co_await stream.next();
        co_await stage.point();
    };
    const auto closing = [&]() -> Task<> { co_await stream.close(); };
    co_await withCleanup(body, closing);
}

using Scenario = std::function<Task<>(Stage &)>;

} // namespace

Q_DECLARE_METATYPE(Scenario)

class TestStreamSweeps : public QObject, private StreamsTest
{
    Q_OBJECT

private:
    template<typename Make>
    static void add(const char *name, Make make)
    {
        QTest::newRow(name) << Scenario([make](Stage &stage) { return takesAll(make(stage)); });
        const QByteArray closing = QByteArray(name) + ", closed";
        QTest::newRow(closing.constData())
            << Scenario([make](Stage &stage) { return closesAfterOne(stage, make(stage)); });
    }

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void sweeps_data()
    {
        QTest::addColumn<Scenario>("scenario");
        add("coroutine", [](Stage &stage) { return values(stage, 3); });
        add("amass", [](Stage &stage) { return amass(vectorOf(value(stage, 1), value(stage, 2), value(stage, 3))); });
        add("amass with limit", [](Stage &stage) {
            return amass(vectorOf(value(stage, 1), value(stage, 2), value(stage, 3)), {.maxConcurrent = 2});
        });
        add("asCompleted", [](Stage &stage) { return asCompleted(vectorOf(value(stage, 1), value(stage, 2))); });
        add("buffered", [](Stage &stage) { return buffered(values(stage, 3), 2); });
        add("merge", [](Stage &stage) { return merge(values(stage, 2), values(stage, 2)); });
        add("zipConcurrently", [](Stage &stage) { return zipConcurrently(values(stage, 2), values(stage, 3)); });
        add("mapConcurrently", [](Stage &stage) {
            return mapConcurrently([&stage](int i) { return value(stage, i); }, values(stage, 3), {.maxConcurrent = 2});
        });
        add("unordered mapConcurrently", [](Stage &stage) {
            return mapConcurrently([&stage](int i) { return value(stage, i); }, values(stage, 3), {.ordered = false});
        });
        add("one in the other", [](Stage &stage) { return buffered(merge(values(stage, 2), values(stage, 1)), 2); });
    }
    void sweeps()
    {
        QFETCH(const Scenario, scenario);
        const int runs = sweep(scenario, [](const SweepStep &step) {
            if (step.action == SweepAction::None)
                QCOMPARE(text(step.handle), "value");
        });
        QVERIFY(runs > 5);
    }
};

QTEST_GUILESS_MAIN(TestStreamSweeps)
#include "tst_streamsweeps.moc"
