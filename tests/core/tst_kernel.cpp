// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Laws L1 to L12 where no header of its own is concerned; L5, L13, L14 and L16 have files of their own.

#include "allocations.h"
#include "threadsanitizer.h"
#include "words.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>

#include <QProcess>

#include <dlfcn.h>
#include <thread>

using namespace Words;

#ifndef CODRIVE_TEST_SANITIZED

static int s_thrown = 0;

// Stands before the function of that name in the C++ library (CORE-L8-N6); compilers know its type too well to let it be
// declared again.
extern "C" [[noreturn]] Q_DECL_EXPORT void countThrow(void *object, std::type_info *type, void (*destructor)(void *))
    __asm__("__cxa_throw");

void countThrow(void *object, std::type_info *type, void (*destructor)(void *))
{
    using Throw = void (*)(void *, std::type_info *, void (*)(void *));
    static const auto original = reinterpret_cast<Throw>(dlsym(RTLD_NEXT, "__cxa_throw"));
    ++s_thrown;
    original(object, type, destructor);
    std::abort();
}

#endif

namespace {

Task<> logsWhenOpen(EventLog &log, Event &gate, QString name)
{
    const InstanceCounter alive;
    co_await gate.wait();
    log << name;
}

Task<int> logsEntry(EventLog &log, QString name)
{
    log << name;
    co_await waitForever();
    co_return 0;
}

[[maybe_unused]] Task<> fourFrames(int depth)
{
    const InstanceCounter alive;
    if (depth > 1)
        co_await fourFrames(depth - 1);
    else
        co_await waitForever();
}

} // namespace

class TestKernel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    // --- L2

    void CORE_L2_N2_data()
    {
        QTest::addColumn<int>("children");
        for (const char *name : {"gather", "gather of a vector", "race", "race of a vector", "group"})
            QTest::newRow(name) << 3;
        for (const char *name : {"withTimeout", "moveOnAfter", "withDeadline", "shield", "shieldWait", "prime"})
            QTest::newRow(name) << 1;
    }
    void CORE_L2_N2()
    {
        QFETCH(int, children);
        const QString row = QTest::currentDataTag();
        EventLog log;
        TaskScope scope;
        const auto vector = [&] {
            std::vector<Task<int>> tasks;
            for (int i = 1; i <= 3; ++i)
                tasks.push_back(logsEntry(log, QString::number(i)));
            return tasks;
        };
        const auto one = [&] { return logsEntry(log, "1"); };
        const auto spawnThree = [&](TaskGroup &group) -> Task<> {
            for (int i = 1; i <= 3; ++i)
                group.spawn(logsEntry(log, QString::number(i)));
            co_return;
        };
        const auto body = [&]() -> Task<> {
            if (row == "gather")
                co_await gather(logsEntry(log, "1"), logsEntry(log, "2"), logsEntry(log, "3"));
            else if (row == "gather of a vector")
                co_await gather(vector());
            else if (row == "race")
                co_await race(logsEntry(log, "1"), logsEntry(log, "2"), logsEntry(log, "3"));
            else if (row == "race of a vector")
                co_await race(vector());
            else if (row == "group")
                co_await withTaskGroup(spawnThree);
            else if (row == "withTimeout")
                co_await withTimeout(1h, one());
            else if (row == "moveOnAfter")
                co_await moveOnAfter(1h, one());
            else if (row == "withDeadline")
                co_await withDeadline(std::chrono::steady_clock::now() + 1h, one());
            else if (row == "shield")
                co_await shield(one());
            else if (row == "shieldWait")
                co_await shieldWait(one());
            else
                co_await prime(one());
        };
        scope.spawn(body);
        QStringList expected;
        for (int i = 1; i <= children; ++i)
            expected << QString::number(i);
        QCOMPARE(log.take(), expected);
        settle();
        QCOMPARE(log.take(), QStringList());
    }

    // --- L3

    void CORE_L3_N2()
    {
        std::vector<std::thread::id> seen;
        const auto body = [&]() -> Task<int> {
            seen.push_back(std::this_thread::get_id());
            co_await yieldNow();
            seen.push_back(std::this_thread::get_id());
            co_await sleepFor(1ms);
            seen.push_back(std::this_thread::get_id());
            co_return 5;
        };
        Task<int> task = body();
        int result = 0;
        std::thread::id id;
        std::thread thread([&] {
            id = std::this_thread::get_id();
            result = run(std::move(task));
        });
        thread.join();
        QCOMPARE(result, 5);
        QCOMPARE(seen.size(), std::size_t(3));
        for (const auto &place : seen)
            QVERIFY(place == id);
    }

    void CORE_L3_N3_data()
    {
        QTest::addColumn<QString>("action");
        QTest::newRow("cancel") << "--cancel-elsewhere";
        QTest::newRow("set") << "--set-elsewhere";
    }
    void CORE_L3_N3()
    {
#if defined(QT_NO_DEBUG) && !defined(QT_FORCE_ASSERTS)
        QSKIP("this build has no assertions");
#endif
        if (Words::underThreadSanitizer)
            QSKIP("ThreadSanitizer aborts when QProcess forks");
        QFETCH(QString, action);
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QCoreApplication::applicationFilePath(), {action});
        QVERIFY(process.waitForFinished(60'000));
        const QString output = QString::fromUtf8(process.readAll());
        QVERIFY2(process.exitStatus() == QProcess::CrashExit || process.exitCode() != 0, qPrintable(output));
        QVERIFY2(output.contains("loader") && output.contains("thread"), qPrintable(output));
    }

    // --- L4

    void CORE_L4_N1()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        for (const char *name : {"A", "B", "C"})
            scope.spawn(logsWhenOpen(log, g, name));
        g.set();
        QCOMPARE(log.take(), QStringList());
        settle();
        QCOMPARE(log.take(), QStringList({"A", "B", "C"}));
    }

    void CORE_L4_N2()
    {
        Event e1;
        Event e2;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsWhenOpen(log, e1, "A"));
        scope.spawn(logsWhenOpen(log, e2, "B"));
        e2.set();
        e1.set();
        settle();
        QCOMPARE(log.take(), QStringList({"B", "A"}));
    }

    void CORE_L4_N3()
    {
        Event g;
        Event start;
        EventLog log;
        TaskScope scope;
        scope.spawn(logsWhenOpen(log, g, "waiter"));
        const auto sets = [&]() -> Task<> {
            co_await start.wait();
            log << "before";
            g.set();
            log << "after";
        };
        scope.spawn(sets);
        open(start);
        QCOMPARE(log.take(), QStringList({"before", "after", "waiter"}));
    }

    void CORE_L4_N4()
    {
        Event a;
        Event b;
        EventLog log;
        TaskScope scope;
        scope.spawn(caller(log, gather(val(a, 1))));
        scope.spawn(logsWhenOpen(log, b, "X"));
        a.set();
        b.set();
        settle();
        QCOMPARE(log.take(), QStringList({"value", "X"}));
    }

    void CORE_L4_N5()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        auto other = std::make_unique<TaskScope>();
        Event start;
        const auto completes = [&]() -> Task<> {
            co_await start.wait();
            g.set();
            co_await waitForever();
        };
        scope.spawn(logsWhenOpen(log, g, "went on"));
        other->spawn(completes);
        const auto destroys = [&]() -> Task<> {
            co_await start.wait();
            other.reset();
        };
        scope.spawn(destroys);
        open(start);
        QCOMPARE(log.take(), QStringList("went on"));
    }

    // --- L6

    void CORE_L6_N1()
    {
        Event g;
        Probe probe;
        TaskScope scope;
        auto h = scope.spawn(val(g, 1, &probe));
        auto plain = scope.spawn(val(g, 1));
        cancel(h);
        cancel(plain);
        QVERIFY(h.isCancelled() && plain.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
        open(g);
        QVERIFY(!probe.passed);
    }

    void CORE_L6_N2()
    {
        Event isSet;
        isSet.set();
        Event unset;
        Event start;
        EventLog log;
        TaskScope scope;
        TaskHandle<> h;
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            co_await start.wait();
            h.cancel();
            const int value = co_await now(1);
            log << QString::number(value);
            co_await isSet.wait();
            log << "set";
            co_await unset.wait();
            log << "passed";
        };
        h = scope.spawn(body);
        open(start);
        QCOMPARE(log.take(), QStringList({"1", "set"}));
        QVERIFY(h.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
        open(unset);
        QCOMPARE(log.take(), QStringList());
    }

    void CORE_L6_N3()
    {
        EventLog log;
        Event g;
        TaskScope scope;
        scope.onError([](std::exception_ptr, const TaskInfo &) { });
        auto value = scope.spawn(val(g, 1));
        auto error = scope.spawn(err(g));
        auto cancelled = scope.spawn(never());
        scope.spawn(caller(log, value));
        scope.spawn(caller(log, error));
        scope.spawn(caller(log, cancelled));
        g.set();
        cancelled.cancel();
        const auto requestsAgain = [&]() -> Task<> {
            co_await g.wait();
            value.cancel();
            error.cancel();
            cancelled.cancel();
        };
        scope.spawn(requestsAgain);
        settle();
        QCOMPARE(text(value), "1");
        QCOMPARE(text(error), "throws E");
        QCOMPARE(text(cancelled), "cancelled");
        QCOMPARE(log.take(), QStringList({"1", "throws E", "throws Cancelled"}));
    }

    void CORE_L6_N4()
    {
        EventLog log;
        Event g;
        Event start;
        TaskScope scope;
        TaskHandle<> h;
        const auto body = [&]() -> Task<> {
            co_await start.wait();
            h.cancel();
            h.cancel();
            const Outcome<int> outcome = co_await attempt(never());
            log << text(outcome);
            co_await g.wait();
            log << "on";
        };
        h = scope.spawn(body);
        open(start);
        QCOMPARE(log.take(), QStringList("cancelled"));
        open(g);
        QCOMPARE(log.take(), QStringList("on"));
    }

    void CORE_L6_N4_fromOutside()
    {
        EventLog log;
        Event g;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const Outcome<int> outcome = co_await attempt(never());
            log << text(outcome);
            co_await g.wait();
            log << "on";
        };
        auto h = scope.spawn(body);
        h.cancel();
        h.cancel();
        settle();
        QCOMPARE(log.take(), QStringList("cancelled"));
        QVERIFY(!h.isFinished());
        open(g);
        QCOMPARE(log.take(), QStringList("on"));
    }

    void CORE_L6_N5()
    {
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "destroyed");
            co_await waitForever();
        };
        auto h = scope.spawn(body);
        h.cancel();
        h.cancel();
        settle();
        QCOMPARE(log.take(), QStringList("destroyed"));
        QVERIFY(h.isCancelled());
    }

    void aRequestMadeWhileUnwindingMeetsTheNextSuspension()
    {
        EventLog log;
        TaskScope scope;
        TaskHandle<> h;
        const auto inner = [&]() -> Task<> {
            const OnDestruction guard([&] { h.cancel(); });
            co_await waitForever();
        };
        const auto body = [&]() -> Task<> {
            const Outcome<> outcome = co_await attempt(inner());
            log << text(outcome);
            co_await waitForever();
        };
        h = scope.spawn(body);
        cancel(h);
        QCOMPARE(log.take(), QStringList("cancelled"));
        QVERIFY(h.isCancelled());
    }

    // --- L7

    void CORE_L7_N3()
    {
        Event g;
        TaskScope scope;
        auto h = scope.spawn(val(g, 1));
        g.set();
        cancel(h);
        QCOMPARE(text(h), "1");
    }

    void CORE_L7_N4()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(caller(log, err(g)));
        g.set();
        cancel(h);
        QCOMPARE(log.take(), QStringList({"throws E", "kept"}));
        QVERIFY(h.isCancelled());
    }

    void CORE_L7_N5()
    {
        const VirtualClock clock;
        EventLog log;
        TaskScope scope;
        TaskHandle<> h;
        const auto first = [&]() -> Task<> {
            co_await sleepFor(U);
            h.cancel();
        };
        const auto body = [&]() -> Task<> {
            co_await sleepFor(U);
            log << "slept";
            co_await waitForever();
            log << "passed";
        };
        scope.spawn(first);
        h = scope.spawn(body);
        waitForEnd(scope);
        QCOMPARE(log.take(), QStringList("slept"));
        QVERIFY(h.isCancelled());
    }

    // --- L8

    void CORE_L8_N1()
    {
        EventLog log;
        TaskScope scope;
        const auto body = [&]() -> Task<> {
            const LogsDestruction local(log, "destroyed");
            co_await waitForever();
        };
        auto h = scope.spawn(body);
        h.cancel();
        QCOMPARE(log.take(), QStringList());
        QVERIFY(!h.isFinished());
        settle();
        QCOMPARE(log.take(), QStringList("destroyed"));
        QVERIFY(h.isCancelled());
    }

    void CORE_L8_N2()
    {
        EventLog log;
        TaskScope scope;
        struct Frames
        {
            static Task<> nested(EventLog &events, int depth)
            {
                const LogsDestruction first(events, QStringLiteral("%1a").arg(depth));
                const LogsDestruction second(events, QStringLiteral("%1b").arg(depth));
                if (depth < 4)
                    co_await nested(events, depth + 1);
                else
                    co_await waitForever();
            }
        };
        auto h = scope.spawn(Frames::nested(log, 1));
        cancel(h);
        QCOMPARE(log.take(), QStringList({"4b", "4a", "3b", "3a", "2b", "2a", "1b", "1a"}));
    }

    void CORE_L8_N3_data()
    {
        QTest::addColumn<bool>("cancelled");
        QTest::newRow("cancelled") << true;
        QTest::newRow("destroyed") << false;
    }
    void CORE_L8_N3()
    {
        QFETCH(bool, cancelled);
        EventLog log;
        int uncaught = -1;
        bool isHandling = true;
        auto scope = std::make_unique<TaskScope>();
        const auto inner = [&]() -> Task<> {
            const OnDestruction guard([&] {
                uncaught = std::uncaught_exceptions();
                isHandling = std::current_exception() != nullptr;
            });
            try {
                co_await waitForever();
            } catch (...) {
                log << "...";
            }
        };
        const auto body = [&]() -> Task<> {
            try {
                co_await inner();
            } catch (Cancelled &) {
                log << "Cancelled";
            }
        };
        auto h = scope->spawn(body);
        if (cancelled)
            cancel(h);
        else
            scope.reset();
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(uncaught, 0);
        QVERIFY(!isHandling);
    }

    void CORE_L8_N4()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        auto other = scope.spawn(never());
        TaskHandle<int> spawned;
        Probe probe;
        scope.spawn(logsWhenOpen(log, g, "gate"));
        const auto body = [&]() -> Task<> {
            const OnDestruction sets([&] { g.set(); });
            const OnDestruction spawns([&] { spawned = scope.spawn(now(5, &probe)); });
            const OnDestruction cancels([&] { other.cancel(); });
            co_await waitForever();
        };
        auto h = scope.spawn(body);
        cancel(h);
        QVERIFY(h.isCancelled());
        QCOMPARE(log.take(), QStringList("gate"));
        QCOMPARE(text(spawned), "5");
        QVERIFY(other.isCancelled());
    }

    void CORE_L8_N5()
    {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
        QSKIP("rule A: g++ 12 refuses such a callable");
#else
        EventLog log;
        TaskScope scope;
        class Capture
        {
        public:
            explicit Capture(EventLog &events)
                : m_log(&events)
            {
            }
            Capture(Capture &&other) noexcept
                : m_log(std::exchange(other.m_log, nullptr))
            {
            }
            ~Capture()
            {
                if (m_log)
                    *m_log << "capture";
            }

        private:
            EventLog *m_log;
        };
        const auto body = [&]() -> Task<> {
            Capture capture(log);
            auto groupBody = [&log, capture = std::move(capture)](TaskGroup &) -> Task<> {
                const LogsDestruction local(log, "frame");
                co_await waitForever();
            };
            co_await withTaskGroup(std::move(groupBody));
        };
        auto h = scope.spawn(body);
        cancel(h);
        QVERIFY(h.isCancelled());
        QCOMPARE(log.take(), QStringList({"frame", "capture"}));
#endif
    }

    void CORE_L8_N6()
    {
#ifdef CODRIVE_TEST_SANITIZED
        QSKIP("a sanitizer has the throw hook");
#else
        TaskScope scope;
        std::vector<TaskHandle<>> handles;
        for (int i = 0; i < 10'000; ++i)
            handles.push_back(scope.spawn(fourFrames(4)));
        const int before = s_thrown;
        for (auto &handle : handles)
            handle.cancel();
        settle();
        QCOMPARE(s_thrown - before, 0);
        for (const auto &handle : handles)
            QVERIFY(handle.isCancelled());
        QVERIFY_THROWS_EXCEPTION(E, throw E());
        QCOMPARE(s_thrown - before, 1);
#endif
    }

    // --- L10 to L12

    void CORE_L10_N1_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char *kind : {"gather", "gather not sensitive", "race", "withTaskGroup", "withVolatileTaskGroup",
                                 "withTaskScope", "withTimeout", "moveOnAfter", "withDeadline", "primed"})
            QTest::newRow(kind) << kind;
    }
    void CORE_L10_N1()
    {
        QFETCH(QString, kind);
        Event a;
        Event h;
        Probe probe;
        TaskScope scope;
        const auto child = [&] { return slow(a, h, &probe); };
        const auto vector = [&] {
            std::vector<Task<int>> tasks;
            tasks.push_back(child());
            return tasks;
        };
        const auto group = [&](TaskGroup &g) -> Task<> {
            g.spawn(child());
            co_await waitForever();
        };
        const auto inner = [&](TaskScope &s) -> Task<> {
            s.spawn(child());
            co_return;
        };
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            if (kind == "gather") {
                co_await gather(child());
            } else if (kind == "gather not sensitive") {
                GatherOptions options;
                options.sensitive = false;
                co_await gather(vector(), options);
            } else if (kind == "race") {
                co_await race(child());
            } else if (kind == "withTaskGroup") {
                co_await withTaskGroup(group);
            } else if (kind == "withVolatileTaskGroup") {
                co_await withVolatileTaskGroup(group);
            } else if (kind == "withTaskScope") {
                co_await withTaskScope(inner);
            } else if (kind == "withTimeout") {
                co_await withTimeout(1h, child());
            } else if (kind == "moveOnAfter") {
                co_await moveOnAfter(1h, child());
            } else if (kind == "withDeadline") {
                co_await withDeadline(std::chrono::steady_clock::now() + 1h, child());
            } else {
                co_await prime(child());
            }
        };
        auto c = scope.spawn(body);
        cancel(c);
        QCOMPARE(probe.requests, 1);
        QVERIFY(!c.isFinished());
        open(h);
        QVERIFY(c.isCancelled());
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L10_N3()
    {
        Event a;
        Event h;
        Probe probe;
        TaskScope scope;
        const auto body = [&]() -> Task<> { co_await shield(slow(a, h, &probe)); };
        auto c = scope.spawn(body);
        cancel(c);
        QVERIFY(c.isCancelled());
        QCOMPARE(probe.requests, 0);
        QCOMPARE(InstanceCounter::count(), 1);
        open(a);
        QVERIFY(probe.passed);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void CORE_L11_N1()
    {
        Event a;
        Event b;
        Event h;
        EventLog log;
        TaskScope scope;
        auto c = scope.spawn(caller(log, gather(dirty(a), slow(b, h))));
        cancel(c);
        QCOMPARE(log.take(), QStringList());
        open(h);
        QCOMPARE(log.take(), QStringList({"throws E", "kept"}));
    }

    void CORE_L11_N2()
    {
        Event a;
        Event b;
        Event h;
        Event k;
        EventLog log;
        TaskScope scope;
        auto c = scope.spawn(caller(log, gather(absorb(a, h, 1), slow(b, k))));
        cancel(c);
        open(h);
        open(k);
        QCOMPARE(log.take(), QStringList());
        QVERIFY(c.isCancelled());
    }

    void CORE_L11_N5()
    {
        Event g;
        EventLog log;
        TaskScope scope;
        auto h = scope.spawn(err(g));
        scope.spawn(caller(log, gather(h, h)));
        open(g);
        QCOMPARE(log.take(), QStringList("throws E"));
    }

    void CORE_L12_N2_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char *kind : {"gather", "race", "withTaskGroup", "withVolatileTaskGroup", "withTimeout"})
            QTest::newRow(kind) << kind;
    }
    void CORE_L12_N2()
    {
        QFETCH(QString, kind);
        VirtualClock clock;
        Event a;
        Event b;
        Event h;
        Probe probe;
        TaskScope scope;
        const auto group = [&](TaskGroup &g) -> Task<> {
            g.spawn(slow(b, h, &probe));
            g.spawn(err(a));
            co_await waitForever();
        };
        const auto body = [&]() -> Task<> {
            const InstanceCounter alive;
            if (kind == "gather")
                co_await gather(err(a), slow(b, h, &probe));
            else if (kind == "race")
                co_await race(val(a, 1), slow(b, h, &probe));
            else if (kind == "withTaskGroup")
                co_await withTaskGroup(group);
            else if (kind == "withVolatileTaskGroup")
                co_await withVolatileTaskGroup(group);
            else
                co_await withTimeout(U, slow(b, h, &probe));
        };
        scope.onError([](std::exception_ptr, const TaskInfo &) { });
        auto c = scope.spawn(body);
        open(a);
        if (kind == "withTimeout")
            clock.advance(U);
        QCOMPARE(probe.requests, 1);
        cancel(c);
        QCOMPARE(probe.requests, 1);
        QVERIFY(!c.isFinished());
        cancel(c);
        QCOMPARE(probe.requests, 2);
        QVERIFY(c.isFinished());
    }

    void CORE_L12_N3()
    {
        Event a;
        Event b;
        Event h;
        Probe probe;
        EventLog log;
        TaskScope scope;
        auto c = scope.spawn(caller(log, gather(dirty(a), slow(b, h, &probe))));
        cancel(c);
        QCOMPARE(probe.requests, 1);
        QCOMPARE(log.take(), QStringList());
        open(h);
        QCOMPARE(probe.requests, 1);
        QCOMPARE(log.take(), QStringList({"throws E", "kept"}));
    }

    void CORE_L12_N6()
    {
        Event a;
        Event b;
        Event h;
        Probe finished;
        Probe unfinished;
        EventLog log;
        TaskScope scope;
        auto c = scope.spawn(caller(log, gather(val(a, 1, &finished), slow(b, h, &unfinished))));
        open(a);
        cancel(c);
        QCOMPARE(finished.requests, 0);
        QCOMPARE(unfinished.requests, 1);
        open(h);
        QVERIFY(c.isCancelled());
    }

    // --- L15

    void CORE_L15_N2()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        struct Chain
        {
            static Task<> of(int length)
            {
                if (length > 1)
                    co_await of(length - 1);
            }
        };
        TaskScope scope;
        // In a thread of its own the list of free frames is empty.
        qint64 chain = -1;
        qint64 spawn = -1;
        std::thread thread([&] {
            TaskScope ofThread;
            Event g;
            const auto awaitsChain = [&]() -> Task<> {
                const AllocationCount count;
                co_await Chain::of(10);
                chain = count.made();
            };
            ofThread.spawn(awaitsChain);
        });
        thread.join();
        std::thread other([&] {
            TaskScope ofThread;
            Event g;
            const AllocationCount count;
            ofThread.spawn(pass(g));
            spawn = count.made();
        });
        other.join();
        QVERIFY2(chain <= 10, qPrintable(QString::number(chain)));
        QVERIFY2(spawn <= 2, qPrintable(QString::number(spawn)));
    }

    void CORE_L15_N4()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        qint64 bytes = -1;
        std::thread thread([&] {
            TaskScope scope;
            Event g;
            const auto waits = [](Event &gate) -> Task<> { co_await gate.wait(); };
            scope.spawn(waits(g));
            const AllocationCount count;
            for (int i = 0; i < 10'000; ++i)
                scope.spawn(waits(g));
            bytes = count.bytes() / 10'000;
        });
        thread.join();
        QVERIFY2(bytes > 0 && bytes <= 384, qPrintable(QString::number(bytes)));
    }

    void wakingAllocatesNothing()
    {
        if (!canCountAllocations)
            QSKIP("under a sanitizer allocations are not counted");
        const VirtualClock clock;
        qint64 made = -1;
        const auto body = [&]() -> Task<> {
            for (int i = 0; i < 10; ++i)
                co_await yieldNow();
            const AllocationCount count;
            for (int i = 0; i < 100; ++i) {
                co_await yieldNow();
                co_await sleepFor(1ms);
            }
            made = count.made();
        };
        run(body());
        QCOMPARE(made, 0);
    }

    // --- Notes

    void AD_NOTE_01_data()
    {
        QTest::addColumn<bool>("entersOnly");
        for (const char *name : {"gather", "race", "withTimeout", "moveOnAfter", "withDeadline", "shield", "shieldWait"})
            QTest::newRow(name) << false;
    }
    void AD_NOTE_01()
    {
        const QString row = QTest::currentDataTag();
        Event start;
        Event shut;
        Event h;
        Probe first;
        Probe second;
        EventLog log;
        TaskScope scope;
        TaskHandle<> c;
        const auto body = [&]() -> Task<> {
            co_await start.wait();
            c.cancel();
            if (row == "gather")
                co_await gather(val(shut, 1, &first), val(shut, 2, &second));
            else if (row == "race")
                co_await race(val(shut, 1, &first), val(shut, 2, &second));
            else if (row == "withTimeout")
                co_await withTimeout(1h, val(shut, 1, &first));
            else if (row == "moveOnAfter")
                co_await moveOnAfter(1h, val(shut, 1, &first));
            else if (row == "withDeadline")
                co_await withDeadline(std::chrono::steady_clock::now() + 1h, val(shut, 1, &first));
            else if (row == "shield")
                co_await shield(val(shut, 1, &first));
            else
                co_await shieldWait(val(shut, 1, &first));
            log << "returned";
            co_await waitForever();
        };
        c = scope.spawn(body);
        open(start);
        QVERIFY(first.entered);
        QCOMPARE(second.entered, row == "gather" || row == "race");
        const bool isShielded = row.startsWith("shield");
        QCOMPARE(first.requests, isShielded ? 0 : 1);
        QCOMPARE(c.isFinished(), row != "shieldWait");
        open(shut);
        QVERIFY(c.isCancelled());
        QCOMPARE(log.take(), row == "shieldWait" ? QStringList("returned") : QStringList());
    }

    void AD_NOTE_02_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char *kind : {"gather", "gather of a vector", "race", "race of a vector", "withTimeout",
                                 "moveOnAfter", "withDeadline", "shield", "shieldWait"})
            QTest::newRow(kind) << kind;
    }
    void AD_NOTE_02()
    {
        QFETCH(QString, kind);
        struct Child
        {
            static Task<int> make(InstanceCounter, bool &entered)
            {
                entered = true;
                co_return 1;
            }
        };
        bool entered = false;
        const auto child = [&] { return Child::make(InstanceCounter(), entered); };
        const auto vector = [&] {
            std::vector<Task<int>> tasks;
            tasks.push_back(child());
            tasks.push_back(child());
            return tasks;
        };
        const auto drop = [](auto unawaited) {
            Q_UNUSED(unawaited)
            QVERIFY(InstanceCounter::count() > 0);
        };
        if (kind == "gather")
            drop(gather(child(), child()));
        else if (kind == "gather of a vector")
            drop(gather(vector()));
        else if (kind == "race")
            drop(race(child(), child()));
        else if (kind == "race of a vector")
            drop(race(vector()));
        else if (kind == "withTimeout")
            drop(withTimeout(1h, child()));
        else if (kind == "moveOnAfter")
            drop(moveOnAfter(1h, child()));
        else if (kind == "withDeadline")
            drop(withDeadline(std::chrono::steady_clock::now() + 1h, child()));
        else if (kind == "shield")
            drop(shield(child()));
        else
            drop(shieldWait(child()));
        QVERIFY(!entered);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void AD_NOTE_12()
    {
        Event a;
        Event b;
        EventLog log;
        TaskScope scope;
        auto c = scope.spawn(caller(log, gather(dirty(a, "E1"), dirty(b, "E2"))));
        cancel(c);
        QCOMPARE(log.take(), QStringList({"throws group [E1, E2]", "kept"}));
    }
};

/// What CORE-L3-N3 runs in a process of its own.
static int misuseFromAnotherThread(const QString &action)
{
    Event gate;
    TaskScope scope;
    auto handle = scope.spawn(pass(gate), "loader");
    std::thread([&] {
        if (action == "--cancel-elsewhere")
            handle.cancel();
        else
            gate.set();
    }).join();
    settle();
    return 0;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    if (argc == 2 && QString(argv[1]).endsWith("-elsewhere"))
        return misuseFromAnotherThread(argv[1]);
    TestKernel test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_kernel.moc"
