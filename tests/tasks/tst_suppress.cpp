// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/suppress.h>

using namespace Words;

namespace {

constexpr SuppressOptions strict{.strict = true};

class F : public E
{
public:
    F()
        : E("F")
    {
    }
};

class G : public E
{
public:
    G()
        : E("G")
    {
    }
};

class Listed : public E
{
public:
    explicit Listed(const char *name = "L")
        : E(name)
    {
    }
};

class Derived : public Listed
{
public:
    Derived()
        : Listed("D")
    {
    }
};

template<typename... X>
std::exception_ptr group(X... errors)
{
    return std::make_exception_ptr(
        ExceptionGroup(std::vector<std::exception_ptr>{std::make_exception_ptr(errors)...}));
}

template<typename X>
Task<int> throws(Event &gate, X error)
{
    const InstanceCounter alive;
    co_await gate.wait();
    if constexpr (std::is_same_v<X, std::exception_ptr>)
        std::rethrow_exception(error);
    else
        throw error;
    co_return 0;
}

Task<int> sumOf(Task<int> first, Task<int> second)
{
    const std::tuple<int, int> numbers = co_await gather(std::move(first), std::move(second));
    co_return std::get<0>(numbers) + std::get<1>(numbers);
}

/// Awaits \a awaitable and tells which int was thrown.
template<typename A>
Task<QString> thrownInt(A awaitable)
{
    QString result = QStringLiteral("nothing");
    try {
        co_await std::move(awaitable);
    } catch (int number) {
        result = QStringLiteral("int %1").arg(number);
    }
    co_return result;
}

} // namespace

class TestSuppress : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void AD_SUPP_01()
    {
        start(suppress<E>(err(g)));
        QCOMPARE(result(), "pending");
        open(g);
        QCOMPARE(result(), "empty");
    }

    void AD_SUPP_02()
    {
        open(g);
        start(suppress<Listed>(throws(g, F())));
        QCOMPARE(result(), "throws F");
        start(suppress<Listed>(throws(g, Derived())));
        QCOMPARE(result(), "empty");
        start(suppress<G, Listed>(throws(g, G())));
        QCOMPARE(result(), "empty");
    }

    void AD_SUPP_03()
    {
        open(g);
        start(suppress<Listed>(throws(g, group(Listed(), F()))));
        QCOMPARE(result(), "throws F");
        start(suppress<Listed>(throws(g, group(Listed(), F(), G()))));
        QCOMPARE(result(), "throws group [F, G]");
    }

    void AD_SUPP_04()
    {
        open(g);
        start(suppress<F, G>(throws(g, group(F(), G()))));
        QCOMPARE(result(), "empty");
        start(suppress<Listed>(throws(g, group(Listed(), Derived()))));
        QCOMPARE(result(), "empty");
    }

    void AD_SUPP_05()
    {
        open(g);
        const auto nested = [](std::exception_ptr inner) {
            return std::make_exception_ptr(ExceptionGroup(
                std::vector<std::exception_ptr>{std::make_exception_ptr(Listed()), inner}));
        };
        start(suppress<Listed>(throws(g, nested(group(Listed(), F())))));
        QCOMPARE(result(), "throws F");
        start(suppress<Listed>(throws(g, nested(group(Listed(), F(), G())))));
        QCOMPARE(result(), "throws group [F, G]");
    }

    void AD_SUPP_06()
    {
        H = scope->spawn(never());
        start(suppress<Cancelled>(toTask(H)));
        cancel(H);
        QCOMPARE(result(), "empty");
    }

    void AD_SUPP_07()
    {
        start(suppress<Cancelled, std::exception>(never(&p)));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(result(), "cancelled");
    }

    void AD_SUPP_09()
    {
        start(suppress<E>(absorb(g, h, 1)));
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "1, kept");
    }

    void AD_SUPP_11()
    {
        start(suppress<E>(absorb(a, h, 1), strict));
        cancel(C);
        open(h);
        QCOMPARE(result(), "throws logic_error, kept");
        start(suppress<E>(val(g, 1), strict));
        open(g);
        QCOMPARE(result(), "throws logic_error");
        bool isRight = false;
        const auto body = [&isRight]() -> Task<> {
            try {
                co_await suppress<E>(now(1), strict);
            } catch (const SuppressFailureError &) {
                isRight = true;
            }
        };
        scope->spawn(body);
        QVERIFY(isRight);
    }

    void AD_SUPP_12()
    {
        open(g);
        start(suppress<E>(err(g), strict));
        QCOMPARE(result(), "empty");
        start(suppress<Listed>(throws(g, F()), strict));
        QCOMPARE(result(), "throws F");
    }

    void AD_SUPP_14()
    {
        open(g);
        start(suppress(err(g)));
        QCOMPARE(result(), "throws E");
        start(suppress(throws(g, group(F(), G()))));
        QCOMPARE(result(), "throws group [F, G]");
        start(suppress(now(1)));
        QCOMPARE(result(), "1");
    }

    void TASKS_SUPP_N1()
    {
        start(suppress<E>(now(std::make_unique<int>(7))));
        QCOMPARE(result(), "*7");
        start(suppress<E>(pass(g)));
        open(g);
        QCOMPARE(result(), "true");
        const auto failing = []() -> Task<> {
            co_await nowErr();
        };
        start(suppress<E>(failing()));
        QCOMPARE(result(), "false");
    }

    void TASKS_SUPP_N2()
    {
        open(g);
        start(thrownInt(suppress<std::exception>(throws(g, group(E(), 42)))));
        QCOMPARE(result(), "int 42");
        start(thrownInt(suppress<std::exception>(throws(g, 43))));
        QCOMPARE(result(), "int 43");
    }

    void TASKS_SUPP_N3()
    {
        start(suppress<Listed>(sumOf(throws(a, Listed()), throws(b, F()))));
        a.set();
        open(b);
        QCOMPARE(result(), "throws F");
        start(suppress<E>(nowErr()));
        QCOMPARE(result(), "empty");
    }

    void TASKS_SUPP_N4()
    {
        start(suppress<E>(val(g, 1, &p)));
        QVERIFY(InstanceCounter::count() > 0);
        scope.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(p.requests, 0);
    }
};

QTEST_MAIN(TestSuppress)
#include "tst_suppress.moc"
