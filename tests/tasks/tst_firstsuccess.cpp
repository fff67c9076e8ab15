// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "taskstest.h"

using namespace Words;

namespace {

QString errorsOf(const std::vector<std::exception_ptr> &errors)
{
    QStringList texts;
    for (const std::exception_ptr &error : errors)
        texts << text(error);
    return QStringLiteral("[%1]").arg(texts.join(QStringLiteral(", ")));
}

template<typename T>
Task<QString> firstOf(std::vector<Task<T>> tasks)
{
    const FirstSuccess<T> first = co_await firstSuccess(std::move(tasks));
    QString value = QStringLiteral("-");
    if constexpr (!std::is_void_v<T>)
        value = show(first.value);
    co_return QStringLiteral("%1: %2 %3").arg(first.index).arg(value, errorsOf(first.errors));
}

} // namespace

class TestFirstSuccess : public QObject, private TasksTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { QCOMPARE(end(), QString()); }

    void TASKS_FIRST_N1()
    {
        start(firstOf(vectorOf(err(a), val(b, 2, &p), slow(c, h, &q))));
        open(a);
        QCOMPARE(p.requests + q.requests, 0);
        open(b);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "1: 2 [E]");
        QCOMPARE(p.requests, 0);
    }

    void TASKS_FIRST_N1_types()
    {
        start(firstOf(vectorOf(pass(a), pass(b))));
        open(b);
        QCOMPARE(result(), "1: - []");
        start(firstOf(vectorOf(now(std::make_unique<int>(7)))));
        QCOMPARE(result(), "0: *7 []");
    }

    void TASKS_FIRST_N2()
    {
        start(firstOf(vectorOf(err(a, "E1"), err(b, "E2"))));
        open(b);
        QCOMPARE(result(), "pending");
        open(a);
        QCOMPARE(result(), "throws group [E2, E1]");
        start(firstOf(vectorOf(nowErr())));
        QCOMPARE(result(), "throws E");
    }

    void TASKS_FIRST_N3()
    {
        bool isRight = false;
        const auto body = [&isRight]() -> Task<> {
            auto first = firstSuccess(std::vector<Task<int>>());
            try {
                co_await first;
            } catch (const std::invalid_argument &) {
                isRight = true;
            }
        };
        scope->spawn(body);
        QVERIFY(isRight);
    }

    void TASKS_FIRST_N4()
    {
        collectUnhandled();
        start(firstOf(vectorOf(val(a, 1), dirty(b, "F"))));
        open(a);
        QCOMPARE(result(), "0: 1 []");
        QCOMPARE(unhandled, QStringList("F"));
    }

    void TASKS_FIRST_N5()
    {
        start(firstOf(vectorOf(nowErr("E", &p), now(2, &q), never(&r))));
        QVERIFY(p.entered && q.entered && r.entered);
        settle();
        QCOMPARE(r.requests, 1);
        QVERIFY(!r.passed);
        QCOMPARE(result(), "1: 2 [E]");
    }

    void TASKS_FIRST_N6()
    {
        start(firstOf(vectorOf(slow(a, h), err(b))));
        open(b);
        cancel(C);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "throws E, kept");
    }

    void TASKS_FIRST_N6_withoutError()
    {
        start(firstOf(vectorOf(slow(a, h, &p), slow(b, h, &q))));
        cancel(C);
        QCOMPARE(p.requests, 1);
        QCOMPARE(q.requests, 1);
        QCOMPARE(result(), "pending");
        open(h);
        QCOMPARE(result(), "cancelled");
    }

    void TASKS_FIRST_N7()
    {
        H = scope->spawn(never());
        start(firstOf(vectorOf(toTask(H), val(b, 2, &p))));
        cancel(H);
        QCOMPARE(result(), "pending");
        QCOMPARE(p.requests, 0);
        open(b);
        QCOMPARE(result(), "1: 2 [Cancelled]");
    }
};

QTEST_MAIN(TestFirstSuccess)
#include "tst_firstsuccess.moc"
