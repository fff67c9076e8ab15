// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "messages.h"
#include "threadsanitizer.h"
#include "words.h"

#include <CoDrive/core/unhandled.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskpool.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>

#include <QEventLoop>
#include <QProcess>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>

using namespace Words;

namespace {

/// A value that runs a function when it dies; moves leave nothing behind.
class Bomb
{
public:
    explicit Bomb(std::function<void()> function)
        : m_function(std::make_unique<std::function<void()>>(std::move(function)))
    {
    }
    Bomb(Bomb &&) noexcept = default;
    ~Bomb()
    {
        if (m_function)
            (*m_function)();
    }

private:
    std::unique_ptr<std::function<void()>> m_function;
};

/// Waits at a gate and calls a function when its frame dies.
Task<> dying(Event &gate, std::function<void()> function)
{
    const InstanceCounter alive;
    const OnDestruction last(std::move(function));
    co_await gate.wait();
}

Task<> outer(Event &gate, std::function<void()> first, std::function<void()> inner,
             std::function<void()> last)
{
    const InstanceCounter alive;
    const OnDestruction atEnd(std::move(last));
    first();
    co_await dying(gate, std::move(inner));
}

Task<Bomb> bomb(Event &gate, std::function<void()> function)
{
    const InstanceCounter alive;
    co_await gate.wait();
    co_return Bomb(std::move(function));
}

Task<> groupOfBombs(Event &gate, Event &shut, EventLog &log, std::function<void()> function)
{
    const InstanceCounter alive;
    co_await withTaskGroup([&](TaskGroup &group) -> Task<> {
        group.spawn(bomb(gate, std::move(function)));
        co_return;
    });
    log << "went on";
    co_await shut.wait();
}

Task<> rethrowOwn(Event &gate, std::function<void()> function)
{
    const InstanceCounter alive;
    try {
        co_await catchable(gate.wait());
    } catch (...) {
        function();
        throw;
    }
}

Task<> shielding(Event &gate, std::function<void()> first)
{
    const InstanceCounter alive;
    co_await shield(outer(gate, std::move(first), [] {}, [] {}));
}

void nested()
{
    QEventLoop loop;
    QMetaObject::invokeMethod(&loop, &QEventLoop::quit, Qt::QueuedConnection);
    loop.exec();
    settle();
}

} // namespace

/// Destruction in awkward moments (laws L13, L14).
class TestLifecycle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    // A destructor in a tree that is being destroyed starts, or lets run, other tasks.
    void destructorOfDoomedTaskRunsOthers_data();
    void destructorOfDoomedTaskRunsOthers();
    void siblingsAreFrozenWhileTheirTreeIsDestroyed_data();
    void siblingsAreFrozenWhileTheirTreeIsDestroyed();
    void nothingBeginsInAGroupThatIsDestroyed();
    void ownerDiesWithTheValueOfAChild();
    void ownCancellationOfADoomedTaskIsNoError();
    void requestDoesNotReachADoomedShield();
    void taskOfAPoolDestroysWhoRunsThePool();
    void primedTaskHoldsWhatHoldsIt();
    void primedTaskAwaitsItself();
    void errorsOfADestroyedWaiterAreReported_data();
    void errorsOfADestroyedWaiterAreReported();
    void bodyRefersToItsScopeWhenItDies();
    void nothingBeginsInAScopeThatHasEnded_data();
    void nothingBeginsInAScopeThatHasEnded();
    void runCancelsWhatItsLeftoversLeave();
    void dumpShowsAChildInItsFirstSegment();
    void exitInsideATask_data();
    void exitInsideATask();
};

void TestLifecycle::destructorOfDoomedTaskRunsOthers_data()
{
    QTest::addColumn<bool>("nestedLoop");
    QTest::addRow("spawns") << false;
    QTest::addRow("nested event loop") << true;
}

void TestLifecycle::destructorOfDoomedTaskRunsOthers()
{
    QFETCH(bool, nestedLoop);
    Event gate;
    EventLog log;
    TaskScope other;
    auto scope = std::make_unique<TaskScope>();
    scope->spawn(outer(
        gate, [&] { scope.reset(); },
        [&] {
            other.spawn(now(1));
            if (nestedLoop)
                nested();
            log << "inner";
        },
        [&] { log << "outer"; }));
    QCOMPARE(log.take(), QStringList({"inner", "outer"}));
    QCOMPARE(InstanceCounter::count(), 0);
}

static Task<> logging(Event &gate, EventLog &log)
{
    const InstanceCounter alive;
    co_await gate.wait();
    log << "a sibling went on";
}

static Task<> pair(Event &a, Event &b, EventLog &log, std::function<void()> function)
{
    const InstanceCounter alive;
    co_await gather(logging(a, log), dying(b, std::move(function)));
    log << "went on";
    co_await b.wait();
}

static Task<> inScope(Event &a, Event &b, EventLog &log, std::function<void()> function)
{
    const InstanceCounter alive;
    co_await withTaskScope([&](TaskScope &scope) -> Task<> {
        scope.spawn(dying(b, std::move(function)));
        co_await logging(a, log);
    });
    log << "went on";
    co_await b.wait();
}

void TestLifecycle::siblingsAreFrozenWhileTheirTreeIsDestroyed_data()
{
    QTest::addColumn<int>("kind");
    QTest::addRow("gather") << 0;
    QTest::addRow("withTaskScope") << 1;
    QTest::addRow("TaskScope") << 2;
}

void TestLifecycle::siblingsAreFrozenWhileTheirTreeIsDestroyed()
{
    QFETCH(int, kind);
    Event a, b;
    EventLog log;
    auto scope = std::make_unique<TaskScope>();
    const auto function = [&] {
        a.set();
        nested();
        log << "destroyed";
    };
    if (kind == 0) {
        scope->spawn(pair(a, b, log, function));
    } else if (kind == 1) {
        scope->spawn(inScope(a, b, log, function));
    } else {
        scope->spawn(logging(a, log));
        scope->spawn(dying(b, function));
    }
    scope.reset();
    QCOMPARE(log.take(), QStringList({"destroyed"}));
    settle();
    QCOMPARE(log.take(), QStringList());
}

static Task<> spawner(Event &gate, EventLog &log, bool &couldSpawn)
{
    const InstanceCounter alive;
    std::optional<TaskGroup> kept;
    co_await withTaskGroup([&](TaskGroup &group) -> Task<> {
        kept = group;
        co_await dying(gate, [&] {
            couldSpawn = !kept->spawn(now(1)).isFinished() || kept->spawn(now(1)).outcome().isSuccess();
        });
    });
    log << "went on";
}

void TestLifecycle::nothingBeginsInAGroupThatIsDestroyed()
{
    Event gate;
    EventLog log;
    bool couldSpawn = true;
    auto scope = std::make_unique<TaskScope>();
    scope->spawn(spawner(gate, log, couldSpawn));
    scope.reset();
    QVERIFY(!couldSpawn);
    QCOMPARE(log.take(), QStringList());
}

void TestLifecycle::ownerDiesWithTheValueOfAChild()
{
    Event gate, shut;
    EventLog log;
    auto scope = std::make_unique<TaskScope>();
    scope->spawn(groupOfBombs(gate, shut, log, [&] { scope.reset(); }));
    open(gate);
    QVERIFY(!scope);
    QCOMPARE(log.take(), QStringList());
}

void TestLifecycle::ownCancellationOfADoomedTaskIsNoError()
{
    int errors = 0;
    setUnhandledErrorHandler([&](const std::exception_ptr &, const TaskInfo &) { ++errors; });
    Event gate;
    auto scope = std::make_unique<TaskScope>();
    auto task = scope->spawn(rethrowOwn(gate, [&] { scope.reset(); }));
    cancel(task);
    setUnhandledErrorHandler({});
    QVERIFY(task.isCancelled());
    QCOMPARE(errors, 0);
}

void TestLifecycle::requestDoesNotReachADoomedShield()
{
    Event gate;
    auto scope = std::make_unique<TaskScope>();
    TaskHandle<> waiter;
    Event begin;
    waiter = scope->spawn([&]() -> Task<> {
        co_await begin.wait();
        co_await shielding(gate, [] {});
    });
    // A task that runs below the shield destroys the scope, and cancels who waits in the shield.
    scope->cancel();
    settle();
    Event start;
    waiter = scope->spawn([&]() -> Task<> {
        co_await shield([&]() -> Task<> {
            const InstanceCounter alive;
            co_await start.wait();
            scope.reset();
            waiter.cancel();
            co_await gate.wait();
        });
    });
    open(start);
    QVERIFY(!scope);
    QVERIFY(waiter.isCancelled());
    QCOMPARE(InstanceCounter::count(), 0);
}

void TestLifecycle::taskOfAPoolDestroysWhoRunsThePool()
{
    Event gate;
    auto scope = std::make_unique<TaskScope>();
    auto pool = std::make_unique<TaskPool>();
    pool->spawn(pass(gate));
    pool->spawn(outer(gate, [] {}, [&] { scope.reset(); }, [] {}));
    pool->spawn(pass(gate));
    scope->spawn(pool->run());
    pool.reset();
    QVERIFY(!scope);
    QCOMPARE(InstanceCounter::count(), 0);
}

void TestLifecycle::primedTaskHoldsWhatHoldsIt()
{
    // The object holds the task and lives in the innermost frame of it.
    using Holder = std::optional<PrimedTask<void>>;
    Event gate;
    EventLog log;
    auto holder = std::make_shared<Holder>();
    const std::weak_ptr<Holder> left = holder;
    holder->emplace(prime(outer(gate, [] {}, [holder, &log] { log << "inner"; }, [&] { log << "outer"; })));
    PrimedTask<void> &task = **holder;
    holder.reset();
    QVERIFY(!left.expired());
    PrimedTask<void> taken = std::move(task);
    left.lock()->emplace(std::move(taken));
    CoDrive::detail::SharedTask<void> *const shared = (*left.lock())->task();
    shared->destroy();
    QVERIFY(left.expired());
    QCOMPARE(log.take(), QStringList({"inner", "outer"}));
}

void TestLifecycle::primedTaskAwaitsItself()
{
    Event gate;
    QString result;
    std::unique_ptr<PrimedTask<void>> primed; // with std::optional g++ 12 warns of nothing
    const auto start = [&]() -> Task<> {
        co_await gate.wait();
        result = co_await textOf(std::move(*primed));
    };
    primed = std::make_unique<PrimedTask<void>>(prime(start));
    open(gate);
    QCOMPARE(result, QString("throws logic_error"));
    primed.reset();
}

static Task<> spawnWhenOpen(Event &gate, TaskScope *&scope, bool waits, Event &shut, TaskHandle<> &handle)
{
    const InstanceCounter alive;
    co_await gate.wait();
    handle = waits ? scope->spawn(pass(shut)) : scope->spawn(dying(gate, [] {}));
}

static Task<int> scopeThatReports(Event &a, Event &reported, TaskScope *&kept)
{
    const InstanceCounter alive;
    const auto body = [&](TaskScope &scope) -> Task<int> {
        kept = &scope;
        scope.onError([&](const std::exception_ptr &, const TaskInfo &) { reported.set(); });
        scope.spawn(err(a));
        co_return 5;
    };
    const int result = co_await withTaskScope(body);
    co_await yieldNow();
    co_return result;
}

static Task<> scopeInUse(Event &gate, bool &couldSpawn)
{
    const InstanceCounter alive;
    const auto body = [&](TaskScope &scope) -> Task<> {
        scope.spawn(pass(gate));
        co_await dying(gate, [&] {
            scope.cancel();
            couldSpawn = scope.count() != 0 || !scope.spawn(now(1)).isCancelled();
        });
    };
    co_await withTaskScope(body);
}

void TestLifecycle::bodyRefersToItsScopeWhenItDies()
{
    Event gate;
    bool couldSpawn = true;
    {
        TaskScope scope;
        scope.spawn(scopeInUse(gate, couldSpawn));
    }
    QVERIFY(!couldSpawn);
}

void TestLifecycle::nothingBeginsInAScopeThatHasEnded_data()
{
    QTest::addColumn<bool>("waits");
    QTest::addRow("ends at once") << false;
    QTest::addRow("waits") << true;
}

void TestLifecycle::nothingBeginsInAScopeThatHasEnded()
{
    QFETCH(bool, waits);
    Event a, reported, shut;
    TaskScope *kept = nullptr;
    TaskHandle<> late;
    TaskScope scope;
    auto c = scope.spawn(scopeThatReports(a, reported, kept));
    scope.spawn(spawnWhenOpen(reported, kept, waits, shut, late));
    open(a);
    QCOMPARE(text(c), "5");
    QVERIFY(late.isCancelled());
}

static Task<> leavesAnother(Event &shut, Probe &probe)
{
    const InstanceCounter alive;
    const Outcome<> outcome = co_await attempt(waitForever());
    if (outcome.isCancelled())
        co_await moveOnAfter(U, shield(pass(shut, &probe)));
}

void TestLifecycle::runCancelsWhatItsLeftoversLeave()
{
    const MessageCapture messages;
    const VirtualClock clock;
    Event shut;
    Probe probe;
    TaskScope scope;
    TaskHandle<> waiter;
    const auto body = [&]() -> Task<> {
        waiter = scope.spawn(shield(leavesAnother(shut, probe)));
        co_await yieldNow();
        waiter.cancel();
        co_await yieldNow();
    };
    run(body);
    QCOMPARE(probe.requests, 1);
    QCOMPARE(InstanceCounter::count(), 0);
    QCOMPARE(messages.texts("codrive").size(), 1);
    QCOMPARE(messages.texts("codrive").constFirst().count("task "), 2);
}

void TestLifecycle::dumpShowsAChildInItsFirstSegment()
{
    TaskScope scope;
    QString dump;
    const auto inner = [&]() -> Task<> {
        dump = dumpTasks();
        co_return;
    };
    const auto middle = [&]() -> Task<> { co_await gather(inner); };
    scope.spawn([&]() -> Task<> { co_await gather(middle); }, "root");
    QCOMPARE(dump.count("running"), 3);
}

void TestLifecycle::exitInsideATask_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addRow("scope") << "scope";
    QTest::addRow("static scope") << "static";
    QTest::addRow("primed") << "primed";
}

void TestLifecycle::exitInsideATask()
{
    if (Words::underThreadSanitizer)
        QSKIP("ThreadSanitizer aborts when QProcess forks");
    QFETCH(QString, kind);
    QProcess program;
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    program.start(QCoreApplication::applicationFilePath(), {"--exit-inside", kind});
    QVERIFY(program.waitForFinished(20000));
    QCOMPARE(program.exitStatus(), QProcess::NormalExit);
    QCOMPARE(program.exitCode(), 3);
}

static Task<> exiting(Event &gate)
{
    const InstanceCounter alive;
    co_await gate.wait();
    std::exit(3);
}

static int exitInside(const QString &kind)
{
    static Event gate;
    static TaskScope staticScope;
    TaskScope scope;
    std::optional<PrimedTask<void>> primed;
    if (kind == "scope")
        scope.spawn(exiting(gate));
    else if (kind == "static")
        staticScope.spawn(exiting(gate));
    else
        primed.emplace(prime(exiting(gate)));
    gate.set();
    settle();
    return 1;
}

static Task<> withSome(const QString &kind, Event &a, Event &b, Event &h)
{
    const InstanceCounter alive;
    std::vector<Task<int>> tasks;
    tasks.push_back(err(a));
    tasks.push_back(slow(b, h));
    const auto inGroup = [&](TaskGroup &group) -> Task<int> {
        group.spawn(slow(b, h));
        co_return co_await err(a);
    };
    const auto inScope = [&](TaskScope &scope) -> Task<int> {
        scope.spawn(slow(b, h));
        co_return co_await err(a);
    };
    TaskPool pool;
    if (kind == "gather") {
        co_await gather(err(a), slow(b, h));
    } else if (kind == "gather, not sensitive") {
        const GatherOptions options{.sensitive = false};
        co_await gather(std::move(tasks), options);
    } else if (kind == "gatherOutcomes") {
        co_await gatherOutcomes(std::move(tasks));
    } else if (kind == "race") {
        co_await race(std::move(tasks));
    } else if (kind == "firstSuccess") {
        co_await firstSuccess(std::move(tasks));
    } else if (kind == "withTaskGroup") {
        co_await withTaskGroup(inGroup);
    } else if (kind == "withTaskScope") {
        co_await withTaskScope(inScope);
    } else {
        pool.spawn(err(a));
        pool.spawn(slow(b, h));
        co_await pool.run();
    }
}

void TestLifecycle::errorsOfADestroyedWaiterAreReported_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind : {"gather", "gather, not sensitive", "gatherOutcomes", "race", "firstSuccess",
                             "withTaskGroup", "withTaskScope", "TaskPool"})
        QTest::newRow(kind) << kind;
}

void TestLifecycle::errorsOfADestroyedWaiterAreReported()
{
    QFETCH(QString, kind);
    Event a;
    Event b;
    Event h;
    EventLog log;
    quint64 task = 0;
    setUnhandledErrorHandler([&](const std::exception_ptr &error, const TaskInfo &info) {
        log << text(error);
        task = info.id;
    });
    const auto reset = qScopeGuard([] { setUnhandledErrorHandler({}); });
    auto scope = std::make_unique<TaskScope>();
    scope->spawn(withSome(kind, a, b, h));
    open(a);
    QCOMPARE(log.take(), QStringList());
    scope.reset();
    settle();
    QCOMPARE(log.take(), QStringList("E"));
    QVERIFY(task != 0);
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    if (app.arguments().value(1) == "--exit-inside")
        return exitInside(app.arguments().value(2));
    TestLifecycle test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_lifecycle.moc"
