// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "streamstest.h"

#include <CoDrive/streams/buffered.h>
#include <CoDrive/streams/collect.h>
#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/merge.h>
#include <CoDrive/streams/reduce.h>
#include <CoDrive/streams/shieldeach.h>
#include <CoDrive/streams/yieldeach.h>
#include <CoDrive/streams/zipconcurrently.h>

#include <functional>

using namespace Words;

namespace {

/// Waits before each item.
Stream<int> unhurried()
{
    const InstanceCounter alive;
    for (int i = 1; i <= 4; ++i) {
        co_await yieldNow();
        co_yield i;
    }
}

Task<int> later(int i)
{
    const InstanceCounter alive;
    co_await yieldNow();
    co_return i;
}

Task<int> atOnce(int i)
{
    co_return i;
}

using Consumer = std::function<Task<QString>(Stream<int> &)>;

template<typename Make>
Consumer collecting(Make make)
{
    return [make](Stream<int> &source) { return shown(collect(make(source))); };
}

} // namespace

Q_DECLARE_METATYPE(Consumer)

class TestSource : public QObject, private StreamsTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    // An ask while another one is pending would be a logic_error.
    void AD_NOTE_05_data()
    {
        QTest::addColumn<Consumer>("consumer");
        QTest::addColumn<QString>("expected");
        const QString all = QStringLiteral("[1, 2, 3, 4]");
        const auto add = [&](const char *name, const Consumer &consumer, const QString &expected) {
            QTest::newRow(name) << consumer << expected;
        };
        add("collect", collecting([](Stream<int> &s) -> Stream<int> & { return s; }), all);
        add("reduce", [](Stream<int> &s) { return shown(reduce(std::plus<>(), s)); }, QStringLiteral("10"));
        add("mapConcurrently", collecting([](Stream<int> &s) { return mapConcurrently(later, s); }), all);
        add("mapConcurrently with limit",
            collecting([](Stream<int> &s) { return mapConcurrently(later, s, {.maxConcurrent = 2}); }), all);
        add("buffered", collecting([](Stream<int> &s) { return buffered(s, 2); }), all);
        add("zipConcurrently",
            [](Stream<int> &s) {
                return shown(reduce([](int sum, std::tuple<int> item) { return sum + std::get<0>(item); },
                                    zipConcurrently(s), 0));
            },
            QStringLiteral("10"));
        add("merge", collecting([](Stream<int> &s) { return merge(s); }), all);
        add("yieldEach", collecting([](Stream<int> &s) { return yieldEach(s); }), all);
        add("shieldEach", collecting([](Stream<int> &s) { return shieldEach(s); }), all);
    }
    void AD_NOTE_05()
    {
        QFETCH(const Consumer, consumer);
        QFETCH(const QString, expected);
        auto source = unhurried();
        const auto handle = scope->spawn(consumer(source));
        waitForEnd(*scope);
        QCOMPARE(text(handle), expected);
        ask(source);
        QCOMPARE(result(), "end");
    }

    void AD_NOTE_07_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("expected");
        QTest::newRow("buffered") << 0 << QStringLiteral("1, closed, 4");
        QTest::newRow("zipConcurrently") << 1 << QStringLiteral("(1), closed, 2");
        QTest::newRow("mapConcurrently") << 2 << QStringLiteral("1, closed, 3");
    }
    void AD_NOTE_07()
    {
        QFETCH(const int, which);
        QFETCH(const QString, expected);
        auto source = upTo(9);
        if (which == 0) {
            auto s = buffered(source, 2);
            askAndClose(s);
        } else if (which == 1) {
            auto s = zipConcurrently(source);
            askAndClose(s);
        } else {
            auto s = mapConcurrently([this](int i) { return i == 1 ? now(1) : slow(g, h); }, source,
                                     {.maxConcurrent = 1});
            h.set();
            askAndClose(s);
        }
        ask(source);
        QCOMPARE(result(), expected);
    }

    // Law L5.
    void manyReadyItems_data()
    {
        QTest::addColumn<Consumer>("consumer");
        const auto counted = [](auto stream) {
            return shown(reduce([](int sum, const auto &) { return sum + 1; }, std::move(stream), 0));
        };
        QTest::newRow("buffered") << Consumer([=](Stream<int> &s) { return counted(buffered(s, 2)); });
        QTest::newRow("merge") << Consumer([=](Stream<int> &s) { return counted(merge(s, upTo(0))); });
        QTest::newRow("zipConcurrently")
            << Consumer([=](Stream<int> &s) { return counted(zipConcurrently(s, upTo(many))); });
        QTest::newRow("mapConcurrently")
            << Consumer([=](Stream<int> &s) { return counted(mapConcurrently(atOnce, s, {.maxConcurrent = 2})); });
        QTest::newRow("unordered mapConcurrently") << Consumer(
            [=](Stream<int> &s) { return counted(mapConcurrently(atOnce, s, {.ordered = false})); });
    }
    void manyReadyItems()
    {
        QFETCH(const Consumer, consumer);
        auto source = upTo(many);
        const auto handle = scope->spawn(consumer(source));
        waitForEnd(*scope);
        QCOMPARE(text(handle), QString::number(many));
    }

private:
    static constexpr int many = 100'000;

    template<typename T>
    void askAndClose(Stream<T> &stream)
    {
        ask(stream);
        settle();
        close(stream);
        settle();
    }
};

QTEST_GUILESS_MAIN(TestSource)
#include "tst_source.moc"
