// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/prime.h>

#include <optional>

using namespace Words;

class TestPrimed : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_PRIMED_01()
    {
        const auto f = [this](int n) -> Task<int> {
            log << show(n);
            co_await g.wait();
            co_return n + 1;
        };
        const auto primedF = primed(f);
        auto call = primedF(3);
        QCOMPARE(log.take(), QStringList("3"));
        start(std::move(call));
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "4");
    }

    void AD_PRIMED_02()
    {
        const auto failing = [](int) -> Task<int> { return nowErr(); };
        start(primed(failing)(3));
        QCOMPARE(result(), "throws E");
        const auto throwing = [](int n) -> Task<int> {
            if (n > 0)
                throw E("F");
            return now(n);
        };
        start(primed(throwing)(3));
        QCOMPARE(result(), "throws F");
    }

    void AD_PRIMED_03()
    {
        const auto f = [](Event &gate, int n) -> Task<int> { return val(gate, n); };
        const auto primedF = primed(f);
        auto first = primedF(std::ref(a), 1);
        auto second = primedF(std::ref(b), 2);
        open(b);
        start(std::move(second));
        QCOMPARE(result(), "2");
        start(std::move(first));
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "1");
    }

    void TASKS_PRIMED_N1()
    {
        struct Names
        {
            ~Names() { names.clear(); }
            QString names = QStringLiteral("captured");
        };
        auto names = std::make_shared<Names>();
        const std::weak_ptr<Names> watch = names;
        const auto f = [this, names]() -> Task<QString> {
            co_await g.wait();
            co_return names->names;
        };
        std::optional<PrimedTask<QString>> call;
        {
            auto primedF = std::optional(primed(f));
            call.emplace((*primedF)());
        }
        names.reset();
        open(g);
        start(std::move(*call));
        QCOMPARE(result(), "captured");
        QVERIFY(!watch.expired()); // f itself
    }

    void TASKS_PRIMED_N1_capturesDie()
    {
        auto alive = std::make_unique<InstanceCounter>();
        {
            auto call = primed([this, kept = std::move(alive)]() -> Task<> { co_await g.wait(); })();
            QCOMPARE(InstanceCounter::count(), 1);
            open(g);
        }
        QCOMPARE(InstanceCounter::count(), 0);
    }
};

QTEST_MAIN(TestPrimed)
#include "tst_primed.moc"
