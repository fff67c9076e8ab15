// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "threadstest.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/threads/threadsafestate.h>

#include <functional>
#include <memory>

using namespace Words;

namespace {

using State = ThreadsafeState<int>;

bool isThree(int value)
{
    return value == 3;
}

bool isAtLeastThree(int value)
{
    return value >= 3;
}

/// Has no ==.
class Opaque
{
public:
    explicit Opaque(int number)
        : m_number(number)
    {
    }
    int number() const { return m_number; }

private:
    int m_number;
};

/// Asks \a stream \a count times, or until it ends, and logs what it gets.
Task<> takes(EventLog &log, Stream<int> &stream, int count)
{
    const InstanceCounter alive;
    for (int i = 0; i < count; ++i) {
        const std::optional<int> item = co_await stream.next();
        log << (item ? QString::number(*item) : QStringLiteral("end"));
        if (!item)
            break;
    }
}

/// Looks at something when it is compared.
struct Curious
{
    bool operator==(const Curious &other) const
    {
        look();
        return number == other.number;
    }

    int number = 0;
    static inline std::function<void()> look;
};

} // namespace

class TestThreadsafeState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void valueSetUpdate()
    {
        State state(4);
        QCOMPARE(state.value(), 4);
        state.set(5);
        QCOMPARE(state.value(), 5);
        state.update([](int value) { return value * 2; });
        QCOMPARE(state.value(), 10);
        state.update([](int &value) { ++value; });
        QCOMPARE(state.value(), 11);
        QCOMPARE(ThreadsafeState<QString>().value(), QString());
    }

    void AD_STATE_02()
    {
        State state(0);
        TaskScope scope;
        const auto h = scope.spawn(state.waitUntil(isAtLeastThree));
        state.set(2);
        settle();
        QCOMPARE(text(h), "pending");
        state.set(3);
        QCOMPARE(text(h), "pending");
        settle();
        QCOMPARE(text(h), "3");
    }

    void alreadyTrue()
    {
        const State state(3);
        TaskScope scope;
        QCOMPARE(text(scope.spawn(state.waitUntil(isThree))), "3");
        QCOMPARE(state.waitUntilSync(isThree), 3);
    }

    void AD_STATE_03()
    {
        State state(0);
        End w;
        End v;
        LoopThread W;
        LoopThread V;
        W.spawn(noting(w, state.waitUntil(isThree)));
        V.spawn(noting(v, state.waitUntil(isThree)));
        PlainThread plain([&] { return state.waitUntilSync(isThree); });
        untilWaiting(state, 3);
        PlainThread([&] { state.set(3); });
        settleAll(W, V);
        QCOMPARE(w.text(), "3");
        QCOMPARE(v.text(), "3");
        QCOMPARE(plain.text(), "3");
        QVERIFY(w.thread() == W.id());
        QVERIFY(v.thread() == V.id());
    }

    void AD_STATE_04()
    {
        State state(0);
        int calls = 0;
        TaskScope scope;
        scope.spawn(state.waitUntil([&](int) { return ++calls > 2; }));
        settle();
        QCOMPARE(calls, 1);
        state.set(0);
        settle();
        QCOMPARE(calls, 1);
        state.set(1);
        settle();
        QCOMPARE(calls, 2);
    }

    void withoutComparisonEverySetIsAChange()
    {
        ThreadsafeState<Opaque> state(Opaque(1));
        int calls = 0;
        TaskScope scope;
        scope.spawn(state.waitUntil([&](const Opaque &) { return ++calls > 2; }));
        state.set(Opaque(1));
        settle();
        QCOMPARE(calls, 2);
        state.set(Opaque(1));
        settle();
        QCOMPARE(calls, 3);
        QCOMPARE(scope.count(), 0);
        PlainThread plain([&] { return state.waitSync().number(); });
        untilWaiting(state, 1);
        state.set(Opaque(1));
        QCOMPARE(plain.text(), "1");
    }

    void AD_STATE_05()
    {
        State state(0);
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 10; ++i) {
                threads.emplace_back([&] {
                    for (int k = 0; k < 1000; ++k)
                        state.update([](int value) { return value + 1; });
                });
            }
        }
        QCOMPARE(state.value(), 10'000);
    }

    void AD_STATE_06()
    {
        State state(1);
        QCOMPARE(textOfCall([&] { state.update([](int) -> int { throw E("broken"); }); }),
                 "throws broken");
        QCOMPARE(textOfCall([&] {
                     state.update([](int &value) {
                         value = 7;
                         throw E("broken");
                     });
                 }),
                 "throws broken");
        QCOMPARE(state.value(), 1);
        state.set(2);
        QCOMPARE(state.value(), 2);
    }

    void updateMayReadButNotSet()
    {
        State state(1);
        state.update([&](int value) { return value + state.value(); });
        QCOMPARE(state.value(), 2);
        QCOMPARE(textOfCall([&] {
                     state.update([&](int value) {
                         state.set(9);
                         return value;
                     });
                 }),
                 "throws logic_error");
        QCOMPARE(state.value(), 2);
        state.set(3);
        QCOMPARE(state.value(), 3);
    }

    void comparisonMayReadTheState()
    {
        ThreadsafeState<Curious> state;
        std::vector<int> seen;
        Curious::look = [&] { seen.push_back(state.value().number); };
        state.set(Curious{1});
        state.set(Curious{2});
        Curious::look = nullptr;
        QCOMPARE(seen, std::vector<int>({0, 1}));
        QCOMPARE(state.value().number, 2);
    }

    void updateMayDestroyTheState()
    {
        auto state = std::make_unique<State>(1);
        state->update([&state](int value) {
            state.reset();
            return value + 1;
        });
        QVERIFY(!state);
    }

    void anOldValueMayTurnToTheState_data()
    {
        QTest::addColumn<bool>("isUpdated");
        QTest::addColumn<bool>("destroys");
        QTest::newRow("set, and sets") << false << false;
        QTest::newRow("set, and destroys") << false << true;
        QTest::newRow("update, and sets") << true << false;
        QTest::newRow("update, and destroys") << true << true;
    }
    // When it dies.
    void anOldValueMayTurnToTheState()
    {
        QFETCH(const bool, isUpdated);
        QFETCH(const bool, destroys);
        using Pointer = std::shared_ptr<int>;
        auto state = std::make_unique<ThreadsafeState<Pointer>>();
        const auto other = std::make_shared<int>(2);
        state->set(Pointer(new int(1), [&](int *number) {
            delete number;
            if (destroys)
                state.reset();
            else
                state->set(other);
        }));
        if (isUpdated)
            state->update([](Pointer &value) { value.reset(); });
        else
            state->set(nullptr);
        if (destroys)
            QVERIFY(!state);
        else
            QVERIFY(state->value() == other);
    }

    void AD_STATE_07()
    {
        State state(0);
        TaskScope scope;
        const auto h = scope.spawn(state.waitUntil([](int value) { return value == 1; }));
        state.set(1);
        state.set(2);
        settle();
        QCOMPARE(text(h), "pending");
        state.set(1);
        settle();
        QCOMPARE(text(h), "1");
    }

    void AD_STATE_08()
    {
        State state(0);
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, state.waitUntil([](int value) {
                                    if (value == 2)
                                        throw E("broken");
                                    return false;
                                })));
        const auto other = scope.spawn(state.waitUntil(isThree));
        state.set(2);
        settle();
        QCOMPARE(log.take(), QStringList("throws broken"));
        QCOMPARE(text(other), "pending");
        state.set(3);
        settle();
        QCOMPARE(text(other), "3");
        QCOMPARE(textOfCall([&] { state.waitUntilSync([](int) -> bool { throw E("sync"); }); }),
                 "throws sync");
    }

    void AD_STATE_09()
    {
        State state(0);
        TaskScope scope;
        const auto a = scope.spawn(state.waitUntil(isThree));
        const auto b = scope.spawn(state.waitUntil(isThree));
        cancel(a);
        QVERIFY(a.isCancelled());
        QCOMPARE(text(b), "pending");
        state.set(3);
        settle();
        QCOMPARE(text(b), "3");
    }

    void completedIsDelivered()
    {
        State state(0);
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(caller(log, state.waitUntil(isThree)));
        state.set(3);
        h.cancel();
        settle();
        QCOMPARE(log.take(), QStringList({"3", "kept"}));
    }

    void AD_STATE_10()
    {
        State state(0);
        End dead;
        End w;
        LoopThread D;
        LoopThread W;
        D.spawn(noting(dead, state.waitUntil(isThree)));
        W.spawn(noting(w, state.waitUntil(isThree)));
        D.quit();
        state.set(3);
        settleAll(W);
        QCOMPARE(w.text(), "3");
        QCOMPARE(dead.text(), "waits");
    }

    void AD_STATE_12()
    {
        State state(0);
        std::atomic<bool> isOver = false;
        PlainThread changer([&] {
            while (!isOver)
                state.update([](int value) { return value + 1; });
        });
        PlainThread waiter([&] {
            for (int i = 0; i < 10'000; ++i)
                state.waitSync();
            return 1;
        });
        QCOMPARE(waiter.text(), "1");
        isOver = true;
    }

    void waitSyncGivesTheNextDifferentValue()
    {
        State state(1);
        PlainThread plain([&] { return state.waitSync(); });
        untilWaiting(state, 1);
        state.set(1);
        untilWaiting(state, 1);
        state.set(2);
        QCOMPARE(plain.text(), "2");
    }

    void AD_STATE_13()
    {
        State state(0);
        std::atomic<bool> isOver = false;
        PlainThread flipper([&] {
            for (int i = 0; !isOver; ++i)
                state.set(i % 2 ? 3 : 0);
        });
        int wrong = 0;
        const auto body = [&]() -> Task<> {
            for (int i = 0; i < 10'000; ++i) {
                const int value = co_await state.waitUntil(isAtLeastThree);
                wrong += value != 3;
            }
        };
        run(body());
        isOver = true;
        QCOMPARE(wrong, 0);
    }

    void AD_STATE_N2()
    {
        State state(0);
        int calls = 0;
        std::optional<TaskScope> scope(std::in_place);
        for (int i = 0; i < 3; ++i) {
            scope->spawn(state.waitUntil([&](int) {
                ++calls;
                return false;
            }));
        }
        calls = 0;
        state.set(1);
        scope.reset();
        state.set(2);
        settle();
        QCOMPARE(calls, 0);
    }

    void AD_STATE_N3()
    {
        auto state = std::make_unique<State>(0);
        End w;
        LoopThread W;
        W.spawn(noting(w, state->waitUntil(isThree)));
        PlainThread plain([&waiting = *state] { return waiting.waitUntilSync(isThree); });
        PlainThread other([&waiting = *state] { return waiting.waitSync(); });
        untilWaiting(*state, 3);
        state.reset();
        settleAll(W);
        QCOMPARE(w.text(), "throws ObjectDestroyed");
        QVERIFY(w.thread() == W.id());
        QCOMPARE(plain.text(), "throws ObjectDestroyed");
        QCOMPARE(other.text(), "throws ObjectDestroyed");
    }

    void destroyedBeforeTheWaitBegan()
    {
        auto state = std::make_unique<State>(0);
        Task<int> wait = state->waitUntil(isThree);
        state.reset();
        QCOMPARE(run(textOf(std::move(wait))), "throws ObjectDestroyed");
    }

    void theLastValueCountsMoreThanTheEnd()
    {
        auto state = std::make_unique<State>(0);
        TaskScope scope;
        const auto h = scope.spawn(state->waitUntil(isThree));
        state->set(3);
        state.reset();
        settle();
        QCOMPARE(text(h), "3");
    }

    void syncInsideATask()
    {
        State state(0);
        const auto body = [&]() -> Task<QString> {
            co_return textOfCall([&] { return state.waitUntilSync(isThree); })
                + textOfCall([&] { return state.waitSync(); });
        };
        QCOMPARE(run(body()), "throws logic_errorthrows logic_error");
    }

    void predicatesRunInTheWaitingTask()
    {
        State state(0);
        TaskLocal<int> local(1);
        QList<int> seen;
        TaskScope scope;
        const auto body = [&] {
            return state.waitUntil([&](int value) {
                seen << local.get();
                return value == 3;
            });
        };
        scope.spawn(local.with(8, body));
        state.set(3);
        QCOMPARE(seen, QList<int>({8}));
        settle();
        QCOMPARE(seen, QList<int>({8, 8}));
    }

    void AD_STATE_N4_elsewhere()
    {
        State state(0);
        LoopThread W;
        SharedLog log;
        std::atomic<int> foreign = 0;
        std::unique_ptr<QObject> context;
        W.call([&] { context = std::make_unique<QObject>(); });
        state.observe(context.get(), [&](int value) {
            foreign += std::this_thread::get_id() != W.id();
            log.add(QString::number(value));
        });
        settleAll(W);
        QCOMPARE(log.take(), "");
        state.set(2);
        settleAll(W);
        QCOMPARE(log.take(), "2");
        QCOMPARE(foreign.load(), 0);
        W.call([&] { context.reset(); });
        state.set(3);
    }

    void AD_STATE_N4_atHome()
    {
        State state(0);
        EventLog log;
        QObject context;
        state.observe(&context, [&](int value) { log << QString::number(value); });
        state.set(2);
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList("2"));
        state.set(2);
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    void AD_STATE_N5()
    {
        State state(0);
        EventLog log;
        QObject context;
        state.observe(&context, [&](int value) { log << QString::number(value); });
        PlainThread([&] {
            for (int i = 1; i <= 100'000; ++i)
                state.set(i);
        });
        settle();
        QCOMPARE(log.take(), QStringList("100000"));
    }

    void aBurstOfAMillionIsOneCallATurn()
    {
        constexpr int updates = 1'000'000;
        State state(0);
        QObject context;
        int calls = 0;
        int last = 0;
        state.observe(&context, [&](int value) {
            ++calls;
            last = value;
        });
        std::atomic<bool> isOver = false;
        PlainThread writer([&] {
            for (int i = 1; i <= updates; ++i)
                state.set(i);
            isOver = true;
        });
        int most = 0;
        bool wasOver = false;
        while (!wasOver) {
            wasOver = isOver;
            calls = 0;
            QCoreApplication::processEvents();
            most = std::max(most, calls);
        }
        settle();
        QCOMPARE(most, 1);
        QCOMPARE(last, updates);
    }

    void AD_STATE_N8()
    {
        State state(0);
        auto s = state.changes();
        QVERIFY(!s.size());
        EventLog log;
        TaskScope scope;
        state.set(1);
        state.set(2);
        state.set(3);
        scope.spawn(takes(log, s, 2));
        QCOMPARE(log.take(), QStringList("3"));
        settle();
        QCOMPARE(log.take(), QStringList());
        state.set(4);
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList("4"));
        const auto c = scope.spawn(takes(log, s, 1));
        cancel(c);
        QVERIFY(c.isCancelled());
        state.set(5);
        scope.spawn(takes(log, s, 1));
        QCOMPARE(log.take(), QStringList("5"));
    }

    void theValuePresentAtTheCallIsNotGiven()
    {
        State state(7);
        state.set(8);
        auto s = state.changes();
        state.set(8);
        EventLog log;
        TaskScope scope;
        scope.spawn(takes(log, s, 1));
        settle();
        QCOMPARE(log.take(), QStringList());
        state.set(9);
        state.set(8);
        settle();
        QCOMPARE(log.take(), QStringList("8"));
    }

    void AD_STATE_N8_completedIsDelivered()
    {
        State state(0);
        auto s = state.changes();
        EventLog log;
        TaskScope scope;
        auto c = scope.spawn(caller(log, takes(log, s, 1)));
        state.set(1);
        c.cancel();
        settle();
        QCOMPARE(log.take(), QStringList({"1", "value", "kept"}));
        std::optional<TaskScope> own(std::in_place);
        own->spawn(takes(log, s, 1));
        state.set(2);
        own.reset();
        scope.spawn(takes(log, s, 1));
        QCOMPARE(log.take(), QStringList("2"));
    }

    void AD_STATE_N9()
    {
        auto state = std::make_unique<State>(0);
        auto s = state->changes();
        EventLog log;
        QObject context;
        state->observe(&context, [&](int value) { log << "observed " + QString::number(value); });
        state->set(1);
        state->set(2);
        state.reset();
        TaskScope scope;
        scope.spawn(takes(log, s, 3));
        QCOMPARE(log.take(), QStringList({"2", "end"}));
        settle();
        QCOMPARE(log.take(), QStringList("observed 2"));
    }

    void destroyedWhileAStreamWaits()
    {
        auto state = std::make_unique<State>(0);
        auto s = state->changes();
        EventLog log;
        TaskScope scope;
        scope.spawn(takes(log, s, 3));
        state->set(1);
        settle();
        state.reset();
        settle();
        QCOMPARE(log.take(), QStringList({"1", "end"}));
        auto other = std::make_unique<State>(0);
        auto unseen = other->changes();
        other.reset();
        scope.spawn(takes(log, unseen, 1));
        QCOMPARE(log.take(), QStringList("end"));
    }

    void aStreamThatIsClosedOrDestroyed()
    {
        State state(0);
        EventLog log;
        TaskScope scope;
        auto s = std::make_unique<Stream<int>>(state.changes());
        scope.spawn(caller(log, s->next()));
        s.reset();
        state.set(1);
        settle();
        QCOMPARE(log.take(), QStringList("throws ObjectDestroyed"));
        auto t = state.changes();
        state.set(2);
        run(t.close());
        scope.spawn(takes(log, t, 1));
        QCOMPARE(log.take(), QStringList("end"));
        QCOMPARE(waitingAt(*state.core()), 0);
    }

    void streamsOfChangesInSeveralThreads()
    {
        constexpr int last = 20'000;
        State state(0);
        std::atomic<int> wrong = 0;
        const auto follow = [&]() -> Task<int> {
            auto changes = state.changes();
            int before = 0;
            while (before < last) {
                const std::optional<int> value = co_await changes.next();
                wrong += !value || *value <= before;
                before = value.value_or(last);
            }
            co_return before;
        };
        TaskScope scope;
        LoopThread W;
        LoopThread V;
        End w;
        End v;
        const auto here = scope.spawn(follow());
        W.spawn(noting(w, follow()));
        V.spawn(noting(v, follow()));
        PlainThread setter([&] {
            for (int i = 1; i <= last; ++i)
                state.set(i);
        });
        waitForEnd(scope);
        while (w.text() == "waits" || v.text() == "waits")
            std::this_thread::yield();
        QCOMPARE(text(here), QString::number(last));
        QCOMPARE(w.text() + v.text(), QString::number(last).repeated(2));
        QCOMPARE(wrong.load(), 0);
    }

    void AD_STATE_N6_data()
    {
        QTest::addColumn<bool>("isContextDestroyed");
        QTest::newRow("the context is destroyed") << true;
        QTest::newRow("disconnected") << false;
    }
    void AD_STATE_N6()
    {
        QFETCH(const bool, isContextDestroyed);
        State state(0);
        EventLog log;
        auto context = std::make_unique<QObject>();
        const auto alive = std::make_shared<int>();
        const StateConnection connection
            = state.observe(context.get(), [&log, alive](int) { log << "called"; });
        QVERIFY(connection.isConnected());
        state.set(1);
        if (isContextDestroyed)
            context.reset();
        else
            connection.disconnect();
        QVERIFY(!connection.isConnected());
        settle();
        state.set(2);
        settle();
        QCOMPARE(log.take(), QStringList());
        connection.disconnect();
        QVERIFY(!StateConnection().isConnected());
        StateConnection().disconnect();
    }

    void AD_STATE_N6_insideOfIt_data()
    {
        QTest::addColumn<QString>("what");
        for (const char *what : {"disconnect", "delete", "deleteLater", "set"})
            QTest::newRow(what) << what;
    }
    void AD_STATE_N6_insideOfIt()
    {
        QFETCH(const QString, what);
        State state(0);
        EventLog log;
        QPointer<QObject> context = new QObject;
        StateConnection connection;
        connection = state.observe(context, [&](int value) {
            log << QString::number(value);
            if (what == "disconnect")
                connection.disconnect();
            else if (what == "delete")
                delete context;
            else if (what == "deleteLater")
                context->deleteLater();
            else if (value < 3)
                state.set(value + 1);
        });
        state.set(1);
        settle();
        state.set(5);
        settle();
        QCOMPARE(log.take().join(' '), what == "set" ? "1 2 3 5" : "1");
        delete context;
        QVERIFY(!connection.isConnected());
    }

    void aFunctionDiesWithItsObservation()
    {
        State state(0);
        const auto counted = std::make_shared<int>();
        QObject first;
        {
            QObject second;
            const auto connection = state.observe(&first, [counted](int) {});
            state.observe(&second, [counted](int) {});
            QCOMPARE(counted.use_count(), 3);
            connection.disconnect();
        }
        QCOMPARE(counted.use_count(), 1);
        state.set(1);
        settle();
    }

    void observeAndTheEndOfTheState()
    {
        auto state = std::make_unique<State>(0);
        EventLog log;
        QObject context;
        const auto connection
            = state->observe(&context, [&](int value) { log << QString::number(value); });
        state->set(1);
        state->set(2);
        state.reset();
        QVERIFY(connection.isConnected());
        settle();
        QCOMPARE(log.take(), QStringList("2"));
        QVERIFY(!connection.isConnected());
    }

    void anErrorOfAnObserverIsReported()
    {
        QStringList errors;
        setUnhandledErrorHandler(
            [&](std::exception_ptr error, const TaskInfo &) { errors << text(error); });
        State state(0);
        QObject context;
        state.observe(&context, [](int) { throw E("broken"); });
        state.set(1);
        settle();
        setUnhandledErrorHandler({});
        QCOMPARE(errors, QStringList("broken"));
    }

    void contextThatMovedToAnotherThread()
    {
        State state(0);
        LoopThread W;
        std::atomic<bool> isThere = false;
        auto context = std::make_unique<QObject>();
        state.observe(context.get(), [&](int) { isThere = std::this_thread::get_id() == W.id(); });
        QThread *thread = nullptr;
        W.call([&] { thread = QThread::currentThread(); });
        context->moveToThread(thread);
        state.set(1);
        settleAll(W);
        QVERIFY(isThere);
        W.call([&] { context.reset(); });
    }

    void contextsDieWhileOthersSet()
    {
        State state(0);
        std::atomic<bool> isOver = false;
        std::atomic<int> calls = 0;
        PlainThread setter([&] {
            while (!isOver)
                state.update([](int value) { return value + 1; });
        });
        LoopThread W;
        for (int i = 0; i < 300; ++i) {
            W.call([&] {
                QObject context;
                StateConnection connection = state.observe(&context, [&](int) { ++calls; });
                const int before = calls;
                while (i % 3 && calls == before)
                    QCoreApplication::processEvents();
                if (i % 2)
                    connection.disconnect();
            });
        }
        isOver = true;
        QVERIFY(calls > 0);
    }
};

QTEST_GUILESS_MAIN(TestThreadsafeState)
#include "tst_threadsafestate.moc"
