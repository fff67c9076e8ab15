// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <CoDrive/core/tasklocal.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>

using namespace Words;

namespace {

Task<> logs(EventLog &log, const TaskLocal<int> &local, QString name)
{
    log << name + QString::number(local.get());
    co_return;
}

/// Counts how many live.
class Costly
{
public:
    explicit Costly(int &alive)
        : m_alive(&alive)
    {
        ++*m_alive;
    }
    Costly(Costly &&other) noexcept
        : m_alive(std::exchange(other.m_alive, nullptr))
    {
    }
    Costly &operator=(Costly &&) = delete;
    ~Costly()
    {
        if (m_alive)
            --*m_alive;
    }
    bool isBound() const { return m_alive != nullptr; }

private:
    int *m_alive;
};

} // namespace

class TestTaskLocal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void CORE_LOCAL_N1()
    {
        const TaskLocal<int> local{7};
        QCOMPARE(local.get(), 7);
        EventLog log;
        run(logs(log, local, ""));
        QCOMPARE(log.take(), QStringList("7"));
    }

    void CORE_LOCAL_N2()
    {
        TaskLocal<int> local{7};
        EventLog log;
        const auto group = [&](TaskGroup &inner) -> Task<> {
            inner.spawn(logs(log, local, "group "));
            co_return;
        };
        const auto ofScope = [&](TaskScope &inner) -> Task<> {
            inner.spawn(logs(log, local, "scope "));
            co_return;
        };
        const auto inside = [&]() -> Task<> {
            log << "body " + QString::number(local.get());
            co_await logs(log, local, "task ");
            co_await gather(logs(log, local, "gather "));
            co_await withTaskGroup(group);
            co_await withTaskScope(ofScope);
            co_await prime(logs(log, local, "prime "));
            co_await withTimeout(1h, logs(log, local, "timeout "));
            co_await yieldNow();
            log << "still " + QString::number(local.get());
        };
        const auto body = [&]() -> Task<> {
            co_await local.with(1, inside);
            log << "behind " + QString::number(local.get());
        };
        run(body());
        QCOMPARE(log.take(), QStringList({"body 1", "task 1", "gather 1", "group 1", "scope 1", "prime 1", "timeout 1",
                                          "still 1", "behind 7"}));
    }

    void CORE_LOCAL_N3()
    {
        TaskLocal<int> local{7};
        int wrong = 0;
        Event gates[2];
        const auto body = [&](int own) -> Task<> {
            const auto inside = [&]() -> Task<> {
                for (int i = 0; i < 100; ++i) {
                    wrong += local.get() != own;
                    gates[1 - own].set();
                    co_await gates[own].wait();
                    gates[own].clear();
                    wrong += local.get() != own;
                }
                gates[1 - own].set();
            };
            co_await local.with(own, inside);
            wrong += local.get() != 7;
        };
        TaskScope scope;
        scope.spawn(body(0));
        scope.spawn(body(1));
        settle();
        QCOMPARE(scope.count(), 0);
        QCOMPARE(wrong, 0);
    }

    void CORE_LOCAL_N4()
    {
        TaskLocal<int> local{7};
        EventLog log;
        Event g;
        const auto innermost = [&]() -> Task<> {
            log << "inner " + QString::number(local.get());
            co_await g.wait();
        };
        const auto child = [&]() -> Task<> { co_await local.with(2, innermost); };
        const auto inside = [&]() -> Task<> {
            g.set();
            co_await local.with(2, innermost);
            log << "behind " + QString::number(local.get());
            g.clear();
            TaskScope scope;
            scope.spawn(child());
            log << "parent " + QString::number(local.get());
            scope.spawn(logs(log, local, "sibling "));
            g.set();
            co_await scope.join();
        };
        run(local.with(1, inside));
        QCOMPARE(log.take(), QStringList({"inner 2", "behind 1", "inner 2", "parent 1", "sibling 1"}));
    }

    void CORE_LOCAL_N5()
    {
        TaskLocal<int> local{7};
        EventLog log;
        TaskScope scope;
        const auto value = [&]() -> Task<int> { co_return 5; };
        const auto error = [&]() -> Task<int> {
            co_await yieldNow();
            throw E();
        };
        const auto waitsForever = [&]() -> Task<int> { return never(); };
        const auto body = [&]() -> Task<> {
            co_await local.with(1, value);
            log << QString::number(local.get());
            log << co_await textOf(local.with(1, error));
            log << QString::number(local.get());
            const Outcome<int> outcome = co_await attempt(local.with(1, waitsForever));
            log << text(outcome) << QString::number(local.get());
        };
        auto handle = scope.spawn(body);
        settle();
        cancel(handle);
        QCOMPARE(log.take(), QStringList({"7", "throws E", "7", "cancelled", "7"}));
    }

    void CORE_LOCAL_N6()
    {
        int alive = 0;
        int outside = 0;
        {
            TaskLocal<Costly> local(outside);
            Event g;
            TaskScope scope;
            const Costly *seen[2] = {};
            const auto lives = [&]() -> Task<> {
                seen[0] = &local.get();
                co_await g.wait();
                seen[1] = &local.get();
            };
            const auto inside = [&]() -> Task<> {
                scope.spawn(lives());
                co_return;
            };
            run(local.with(Costly(alive), inside));
            QCOMPARE(alive, 1);
            open(g);
            QVERIFY(seen[0] && seen[0] == seen[1]);
            QVERIFY(seen[0] != &local.get());
            QCOMPARE(alive, 0);
        }
        QCOMPARE(outside, 0);
    }

    void CORE_LOCAL_N7()
    {
        TaskLocal<int> a{1};
        TaskLocal<QString> b{"b"};
        QString seen;
        const auto inside = [&]() -> Task<> {
            seen = QString::number(a.get()) + b.get();
            co_return;
        };
        run(a.with(2, inside));
        QCOMPARE(seen, "2b");
        const auto outer = [&]() -> Task<> { co_await b.with("c", inside); };
        run(a.with(3, outer));
        QCOMPARE(seen, "3c");
    }

    void CORE_LOCAL_N8()
    {
        // It compiles: the value can only be moved, and starting children copies nothing.
        TaskLocal<std::unique_ptr<int>> local{std::make_unique<int>(7)};
        int sum = 0;
        const auto child = [&]() -> Task<> {
            sum += *local.get();
            co_return;
        };
        const auto inside = [&]() -> Task<> { co_await gather(child(), child(), child()); };
        run(local.with(std::make_unique<int>(5), inside));
        QCOMPARE(sum, 15);
        QCOMPARE(*local.get(), 7);
    }

    void aValueDiesWithADestroyedTask()
    {
        int alive = 0;
        int outside = 0;
        TaskLocal<Costly> local(outside);
        auto scope = std::make_unique<TaskScope>();
        const auto waitsForever = [&]() -> Task<int> { return never(); };
        scope->spawn(local.with(Costly(alive), waitsForever));
        QCOMPARE(alive, 1);
        scope.reset();
        QCOMPARE(alive, 0);
    }
};

QTEST_GUILESS_MAIN(TestTaskLocal)
#include "tst_tasklocal.moc"
