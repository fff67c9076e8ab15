// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "words.h"

#include <thread>

using namespace Words;

namespace {

class A : public E
{
public:
    using E::E;
};
class B : public E
{
public:
    using E::E;
};
class C : public E
{
public:
    using E::E;
};
class W : public E
{
public:
    using E::E;
};

template<typename X>
std::exception_ptr make(const char *name)
{
    return std::make_exception_ptr(X(name));
}

std::exception_ptr group(const std::vector<std::exception_ptr> &members)
{
    return std::make_exception_ptr(ExceptionGroup(members));
}

} // namespace

class TestExceptionGroup : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnWarnings(); }

    void CORE_EGROUP_N1()
    {
        const auto a = make<A>("A");
        const auto b = make<B>("B");
        QVERIFY(!ExceptionGroup::combine({}));
        QVERIFY(!ExceptionGroup::combine({nullptr, nullptr}));
        QVERIFY(ExceptionGroup::combine({a}) == a);
        QVERIFY(ExceptionGroup::combine({nullptr, a, nullptr}) == a);
        QCOMPARE(text(ExceptionGroup::combine({nullptr, a, nullptr, b})), "group [A, B]");
        QCOMPARE(text(ExceptionGroup::combine({b, a})), "group [B, A]");
    }

    void CORE_EGROUP_N2()
    {
        const auto a = make<A>("A");
        const auto b = make<B>("B");
        QVERIFY(ExceptionGroup::combine({a, a}) == a);
        QCOMPARE(text(ExceptionGroup::combine({a, b, a})), "group [A, B]");
        QCOMPARE(text(ExceptionGroup::combine({a, make<A>("A")})), "group [A, A]");
    }

    void CORE_EGROUP_N3()
    {
        const auto nested = ExceptionGroup::combine({make<A>("Y"), make<A>("Z")});
        const auto outer = ExceptionGroup::combine({make<A>("X"), nested});
        QCOMPARE(text(outer), "group [X, group [Y, Z]]");
        try {
            std::rethrow_exception(outer);
        } catch (const ExceptionGroup &g) {
            QCOMPARE(g.exceptions().size(), std::size_t(2));
            QVERIFY(g.exceptions()[1] == nested);
        }
    }

    void CORE_EGROUP_N4()
    {
        const ExceptionGroup g({make<A>("X"), group({make<B>("Y"), make<C>("Z")})});
        QVERIFY(g.contains<A>());
        QVERIFY(g.contains<B>());
        QVERIFY(g.contains<E>());
        QVERIFY(g.contains<std::runtime_error>());
        QVERIFY(!g.contains<W>());
        QVERIFY(!g.contains<ExceptionGroup>());
    }

    void CORE_EGROUP_N5()
    {
        const ExceptionGroup g({make<A>("A1"), group({make<B>("B"), make<A>("A2")}), make<A>("A3")});
        QStringList seen;
        g.forEach<A>([&](const A &e) { seen << e.what(); });
        QCOMPARE(seen, QStringList({"A1", "A2", "A3"}));
        seen.clear();
        g.forEach<std::exception>([&](const std::exception &e) { seen << e.what(); });
        QCOMPARE(seen, QStringList({"A1", "B", "A2", "A3"}));
        QVERIFY_THROWS_EXCEPTION(W, g.forEach<B>([](const B &) { throw W("W"); }));
    }

    void CORE_EGROUP_N6()
    {
        const auto a = make<A>("A");
        const auto b = make<B>("B");
        const ExceptionGroup g({a, b});
        const auto onlyA = g.split<A>();
        QVERIFY(onlyA.matched == a);
        QVERIFY(onlyA.rest == b);
        const auto both = g.split<A, B>();
        QCOMPARE(text(both.matched), "group [A, B]");
        QVERIFY(!both.rest);
        const auto none = g.split<C>();
        QVERIFY(!none.matched);
        QCOMPARE(text(none.rest), "group [A, B]");
    }

    void CORE_EGROUP_N7()
    {
        const ExceptionGroup g({make<A>("A1"), group({make<B>("B"), make<A>("A2")}), make<C>("C")});
        const auto parts = g.split<A>();
        QCOMPARE(text(parts.matched), "group [A1, A2]");
        QCOMPARE(text(parts.rest), "group [B, C]");
    }

    void splittingKeepsGroupsThatAreWhole()
    {
        const ExceptionGroup g({make<B>("B"), group({make<A>("A1"), make<A>("A2")})});
        const auto parts = g.split<A>();
        QCOMPARE(text(parts.matched), "group [A1, A2]");
        QCOMPARE(text(parts.rest), "B");
        const ExceptionGroup single({make<A>("A")});
        QCOMPARE(text(single.split<A>().matched), "group [A]");
    }

    void CORE_EGROUP_N8()
    {
        const auto number = std::make_exception_ptr(42);
        const ExceptionGroup g({make<A>("first"), group({make<B>("second"), make<C>("third")}), number});
        const QString what = g.what();
        QVERIFY2(what.contains('3'), qPrintable(what));
        for (const char *part : {"first", "second", "third", "unknown exception"})
            QVERIFY2(what.contains(part), qPrintable(what));
    }

    void CORE_EGROUP_N9()
    {
        std::exception_ptr stored;
        std::thread([&] {
            try {
                std::rethrow_exception(group({make<A>("A"), make<B>("B")}));
            } catch (const std::exception &) {
                stored = std::current_exception();
            }
        }).join();
        QCOMPARE(text(stored), "group [A, B]");
    }
};

QTEST_GUILESS_MAIN(TestExceptionGroup)
#include "tst_exceptiongroup.moc"
