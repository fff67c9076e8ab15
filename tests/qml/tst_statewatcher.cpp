// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
// ctest: RUN_SERIAL ON

#include "messages.h"
#include "qmltest.h"

#include <CoDrive/qml/statewatcher.h>

#include <QSignalSpy>

#include <atomic>
#include <thread>

using namespace Words;

namespace {

/// A thread that calls a function over and over.
class Hammer
{
public:
    template<typename Function>
    explicit Hammer(Function function)
        : m_thread([function](std::stop_token stop) mutable {
            while (!stop.stop_requested())
                function();
        })
    {
    }

private:
    std::jthread m_thread;
};

} // namespace

class Gadget
{
    Q_GADGET
    Q_PROPERTY(int percent MEMBER percent)
    Q_PROPERTY(QString text MEMBER text)

public:
    int percent = 0;
    QString text;

    bool operator==(const Gadget &) const = default;
};

class TestStateWatcher : public QObject
{
    Q_OBJECT

private:
    /// By how many microseconds a timer of 16 ms is late at most, in a second.
    static qint64 longestLateness()
    {
        QElapsedTimer clock;
        qint64 last = 0;
        qint64 longest = 0;
        QTimer timer;
        timer.setTimerType(Qt::PreciseTimer);
        timer.callOnTimeout([&] {
            const qint64 now = clock.nsecsElapsed() / 1000;
            longest = std::max(longest, now - last - 16'000);
            last = now;
        });
        timer.start(16);
        clock.start();
        // QTest::qWait() sleeps between its turns.
        QEventLoop loop;
        QTimer::singleShot(1000, &loop, &QEventLoop::quit);
        loop.exec();
        return longest;
    }

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void QML_WATCH_N3()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QSignalSpy spy(w.get(), &StateWatcher::valueChanged);
        QCOMPARE(w->value(), 3);
        state.set(4);
        QCOMPARE(w->value(), 3);
        QCOMPARE(spy.count(), 0);
        settle();
        QCOMPARE(w->value(), 4);
        QCOMPARE(spy.count(), 1);
    }

    void QML_WATCH_N5_oneNoticeATurn()
    {
        ThreadsafeState<int> state(0);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QmlScene scene;
        const auto item = scene.make("property int changes: 0; property int shown: w.value; onShownChanged: ++changes",
                                     {{"w", asValue(w.get())}});
        qsizetype inThisTurn = 0;
        qsizetype most = 0;
        connect(w.get(), &StateWatcher::valueChanged, this, [&] { most = std::max(most, ++inThisTurn); });
        QEventLoop loop;
        // An event posted anew each time it arrives stands for the turns of the loop.
        std::function<void()> turn = [&] {
            inThisTurn = 0;
            if (loop.isRunning())
                QMetaObject::invokeMethod(&loop, turn, Qt::QueuedConnection);
        };
        {
            const Hammer hammer([&state] { state.update([](int value) { return value + 1; }); });
            QTimer::singleShot(300, &loop, &QEventLoop::quit);
            QTimer::singleShot(0, &loop, turn);
            loop.exec();
        }
        inThisTurn = 0;
        settle();
        QCOMPARE(w->value(), state.value());
        QCOMPARE(item->property("shown"), state.value());
        QVERIFY(item->property("changes").toInt() > 10);
        QCOMPARE(most, 1);
    }

    void QML_WATCH_N5()
    {
#if defined(CODRIVE_NO_FRAME_CACHE) || !defined(__OPTIMIZE__)
        QSKIP("times on the wall are judged in plain, optimised builds");
#endif
        ThreadsafeState<int> state(0);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        std::atomic<int> other = 0;
        qint64 late = 0;
        // A machine with much else to do lets any program wait: what a thread that only counts does is measured as well.
        for (int attempt = 0; attempt < 5; ++attempt) {
            const Hammer hammer([&state] { state.update([](int value) { return value + 1; }); });
            late = longestLateness();
            if (late <= 8000)
                return;
        }
        const Hammer hammer([&other] { ++other; });
        const qint64 usual = longestLateness();
        if (usual > 2000)
            QSKIP(qPrintable(QStringLiteral("timers are %1 us late on this machine anyhow").arg(usual)));
        QFAIL(qPrintable(QStringLiteral("%1 us late, in place of %2").arg(late).arg(usual)));
    }

    void QML_WATCH_N6()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QSignalSpy spy(w.get(), &StateWatcher::valueChanged);
        state.set(3);
        settle();
        state.set(4);
        state.set(3);
        settle();
        QCOMPARE(spy.count(), 0);
        QCOMPARE(w->value(), 3);
    }

    void QML_WATCH_N7()
    {
        ThreadsafeState<int> state(3);
        QObject owner;
        StateWatcher *const one = watch(state, &owner);
        StateWatcher *const two = watch(state, &owner);
        const QSignalSpy ones(one, &StateWatcher::valueChanged);
        const QSignalSpy twos(two, &StateWatcher::valueChanged);
        for (int i = 1; i <= 2; ++i) {
            std::thread([&state, i] { state.set(10 * i); }).join();
            settle();
            QCOMPARE(ones.count(), i);
            QCOMPARE(twos.count(), i);
            QCOMPARE(one->value(), 10 * i);
            QCOMPARE(two->value(), 10 * i);
        }
        QCOMPARE(one->parent(), &owner);
    }

    void QML_WATCH_N9()
    {
        auto state = std::make_unique<ThreadsafeState<int>>(3);
        const std::unique_ptr<StateWatcher> w(watch(*state, nullptr, {.writable = true}));
        state->set(4);
        state.reset();
        QCOMPARE(w->value(), 3);
        settle();
        QCOMPARE(w->value(), 4);
        w->setValue(5);
        settle();
        QCOMPARE(w->value(), 4);
    }

    void QML_WATCH_N10()
    {
        ThreadsafeState<Gadget> state(Gadget{10, "ten"});
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QmlScene scene;
        const auto item = scene.make(R"(
            property StateWatcher typed: w
            property int percent: typed.value.percent
            property string shown: w.value.percent + " " + w.value.text
            property int changes: 0
            onShownChanged: ++changes)",
                                     {{"w", asValue(w.get())}});
        QCOMPARE(item->property("percent"), 10);
        QCOMPARE(item->property("shown"), "10 ten");
        std::thread([&state] { state.update([](Gadget &gadget) { gadget.percent = 20; }); }).join();
        QCOMPARE(item->property("percent"), 10);
        settle();
        QCOMPARE(item->property("percent"), 20);
        QCOMPARE(item->property("shown"), "20 ten");
        state.set(Gadget{20, "twenty"});
        settle();
        QCOMPARE(item->property("shown"), "20 twenty");
        QCOMPARE(item->property("changes"), 3);
    }

    void QML_WATCH_N11()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QProperty<int> doubled;
        int evaluations = 0;
        doubled.setBinding([&] {
            ++evaluations;
            return 2 * w->bindableValue().value().toInt();
        });
        QCOMPARE(doubled.value(), 6);
        state.set(4);
        QCOMPARE(doubled.value(), 6);
        settle();
        QCOMPARE(doubled.value(), 8);
        QCOMPARE(evaluations, 2);
        QVERIFY(w->bindableValue().isReadOnly());
    }

    void QML_WATCH_N12()
    {
        ThreadsafeState<QStringList> words(QStringList{"a", "b"});
        ThreadsafeState<QList<int>> numbers(QList<int>{1, 2, 3});
        ThreadsafeState<QVariantMap> map(QVariantMap{{"k", "v"}});
        QObject owner;
        QmlScene scene;
        const auto item = scene.make(R"(
            property string shown: [words.value.length, words.value[1], numbers.value.length, numbers.value[2],
                                    map.value.k, Object.keys(map.value).length].join(" "))",
                                     {{"words", asValue(watch(words, &owner))},
                                      {"numbers", asValue(watch(numbers, &owner))},
                                      {"map", asValue(watch(map, &owner))}});
        QCOMPARE(item->property("shown"), "2 b 3 3 v 1");
        words.set({"x"});
        numbers.set({7, 8, 9, 10});
        map.set({{"k", 1.5}, {"l", true}});
        settle();
        QCOMPARE(item->property("shown"), "1  4 9 1.5 2");
    }

    void QML_WATCH_N13()
    {
        ThreadsafeState<int> state(3);
        std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QList<int> seen;
        connect(w.get(), &StateWatcher::valueChanged, this, [&](const QVariant &value) {
            const auto number = seen.size();
            seen << value.toInt();
            if (number == 0) {
                state.set(5);
                QCOMPARE(w->value(), 4);
                QCOMPARE(seen.size(), 1);
            } else {
                w.reset();
            }
        });
        state.set(4);
        settle();
        QCOMPARE(seen, QList<int>({4, 5}));
        QVERIFY(!w);
        state.set(6);
        settle();
        QCOMPARE(seen.size(), 2);
    }

    void QML_WATCH_N13_byABinding()
    {
        ThreadsafeState<int> state(3);
        std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        const auto handler = w->bindableValue().onValueChanged([&] { w.reset(); });
        state.set(4);
        settle();
        QVERIFY(!w);
    }

    void QML_WATCH_N14_data()
    {
        QTest::addColumn<bool>("engineFirst");
        QTest::newRow("the engine first") << true;
        QTest::newRow("the watcher first") << false;
    }
    void QML_WATCH_N14()
    {
        QFETCH(const bool, engineFirst);
        for (int i = 0; i < 20; ++i) {
            ThreadsafeState<int> state(0);
            auto w = std::unique_ptr<StateWatcher>(watch(state, nullptr));
            QmlScene scene;
            auto item = scene.make("property int shown: w.value", {{"w", asValue(w.get())}});
            const Hammer hammer([&state] { state.update([](int value) { return value + 1; }); });
            QTRY_VERIFY(item->property("shown").toInt() > 0);
            if (engineFirst) {
                item.reset();
                scene.destroyEngine();
                QTest::qWait(1);
                w.reset();
            } else {
                w.reset();
                QTest::qWait(1);
                const QVariant last = item->property("shown");
                QTest::qWait(1);
                QCOMPARE(item->property("shown"), last);
            }
        }
    }

    void QML_WATCH_N14_itemOutlivesEngine()
    {
        ThreadsafeState<int> state(0);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QmlScene scene;
        const auto item = scene.make("property int shown: w.value", {{"w", asValue(w.get())}});
        scene.destroyEngine();
        state.set(1);
        settle();
        QCOMPARE(w->value(), 1);
    }

    void QML_WRITE_notWritable()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr));
        QVERIFY(!w->isWritable());
        const MessageCapture messages;
        w->setValue(7);
        settle();
        QCOMPARE(messages.texts("codrive.state").size(), 1);
        QCOMPARE(state.value(), 3);
        QCOMPARE(w->value(), 3);
    }

    void QML_WRITE_N3()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr, {.writable = true}));
        QmlScene scene;
        const auto item = scene.make(R"(
            function text() { w.value = "seven" }
            function nothing() { w.value = undefined }
            function object() { w.value = {a: 1} })",
                                     {{"w", asValue(w.get())}});
        for (const char *const function : {"text", "nothing", "object"}) {
            const MessageCapture messages;
            QMetaObject::invokeMethod(item.get(), function);
            settle();
            QCOMPARE(messages.texts().size(), 1);
            QCOMPARE(messages.texts("codrive.state").size(), 1);
            QCOMPARE(state.value(), 3);
            QCOMPARE(w->value(), 3);
        }
    }

    void QML_WRITE_N4()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr, {.writable = true}));
        QmlScene scene;
        const auto item = scene.make("property bool can: w.writable; function set() { w.value = 7 }",
                                     {{"w", asValue(w.get())}});
        QVERIFY(item->property("can").toBool());
        std::atomic<int> got = 0;
        std::atomic<bool> isOnItsThread = false;
        std::thread other([&] {
            const auto id = std::this_thread::get_id();
            const auto waits = [&]() -> Task<int> {
                const auto isSeven = [](int value) { return value == 7; };
                co_return co_await state.waitUntil(isSeven);
            };
            got = run(waits);
            isOnItsThread = std::this_thread::get_id() == id;
        });
        QTest::qWait(20);
        QCOMPARE(got, 0);
        QMetaObject::invokeMethod(item.get(), "set");
        QTRY_COMPARE(got, 7);
        other.join();
        QVERIFY(isOnItsThread);
        QCOMPARE(w->value(), 7);
    }

    void QML_WRITE_N5()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr, {.writable = true}));
        const QSignalSpy spy(w.get(), &StateWatcher::valueChanged);
        QmlScene scene;
        const auto item = scene.make("function set() { w.value = 7 }", {{"w", asValue(w.get())}});
        QMetaObject::invokeMethod(item.get(), "set");
        QCOMPARE(state.value(), 7);
        QCOMPARE(w->value(), 3);
        std::thread([&state] { state.set(8); }).join();
        settle();
        QCOMPARE(w->value(), 8);
        QCOMPARE(state.value(), 8);
        QCOMPARE(spy.count(), 1);
    }

    void QML_WRITE_N6()
    {
        ThreadsafeState<int> state(3);
        const std::unique_ptr<StateWatcher> w(watch(state, nullptr, {.writable = true}));
        const QSignalSpy spy(w.get(), &StateWatcher::valueChanged);
        QmlScene scene;
        const auto item = scene.make("function set() { w.value = 3; w.value = '3' }", {{"w", asValue(w.get())}});
        QMetaObject::invokeMethod(item.get(), "set");
        settle();
        QCOMPARE(spy.count(), 0);
        QCOMPARE(state.value(), 3);
    }
};

QTEST_MAIN(TestStateWatcher)
#include "tst_statewatcher.moc"
