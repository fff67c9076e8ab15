// What the lint must find. This file is read by the lint's own test only; nothing compiles it.

struct Options
{
    QString name;
    int count = 0;
};

struct Outer
{
    Options options;
    bool flag;
};

Task<> ruleA(QString name, std::shared_ptr<int> pointer, const QString &reference, QString &changed)
{
    co_await toThread([name] { return name.size(); }); // expect: A
    co_await toThread([name, &pointer] { return name.size() + *pointer; }); // expect: A
    co_await toThread([pointer = std::move(pointer)]() mutable -> int { return *pointer; }); // expect: A
    co_await toThread([=] { return name.size(); }); // expect: A
    co_await toThread([reference] { return reference.size(); }); // expect: A
    co_await toThread([changed] { return changed.size(); }); // expect: A
    co_await toThread([text = QString("x")] { return text.size(); }); // expect: A
    co_await [name]() -> Task<> { co_return; }(); // expect: A
    const int n = co_await gather(first(), second(), [*this] { return 1; }); // expect: A
    auto x = co_await withTaskGroup(
        [name](TaskGroup &group) -> Task<int> { // expect: A
            group.spawn(work(name));
            co_return co_await other();
        });
    co_await configured(Options{name, 1}); // expect: A
    co_await configured(Options{}); // expect: A
    co_await configured(Options(name, 1)); // expect: A
    co_await nested(Outer{}); // expect: A
    co_yield Options{name, 1}; // expect: A
    if (const bool ok = co_await check([name] { return true; })) // expect: A
        use(ok);
    co_return co_await run([name] { return 1; }); // expect: A
}

Task<> ruleBIf()
{
    if (co_await ready()) // expect: B
        work();
}

Task<> ruleBWhile(Queue<int> &queue)
{
    while (co_await queue.isOpen()) { // expect: B
        co_await queue.get();
    }
}

Task<int> ruleBSwitch(int parameter)
{
    switch (co_await kind(parameter)) { // expect: B
    case 1:
        co_return 2;
    default:
        co_return 3;
    }
}

Task<> ruleBFor()
{
    for (; co_await ready();) // expect: B
        work();
}

Task<> ruleBTry()
{
    try {
        if (!co_await ready()) // expect: B
            work();
    } catch (...) {
    }
}

class Window
{
    Task<> load()
    {
        if (m_ready && co_await fetch()) // expect: B
            m_label->setText(m_text);
    }
};

Task<> ruleC(bool yes, QString text, QString other)
{
    co_await send(yes ? text : QString()); // expect: C
    co_await send(yes ? QStringLiteral("yes") : QStringLiteral("no")); // expect: C
    co_await (yes ? first() : second()); // expect: C
    const QString name = yes ? co_await ask() : text; // expect: C
    co_await send(yes ? text : "literal"); // expect: C
    co_return yes ? co_await ask() : QString(); // expect: C
}

Task<> ruleD()
{
    co_await sum({1, 2, 3}); // expect: D
    co_await join(QStringList{name, other}); // expect: D
    const auto v = std::vector<int>{co_await a(), co_await b()}; // expect: D
    co_await sum(std::vector<int>{1, 2}); // expect: D
}

struct Point
{
    int x;
    int y;
};

Task<Point> ruleE()
{
    const Point point{1, co_await f()}; // expect: E
    const Counted array[] = {Counted(1), co_await g()}; // expect: E
    use(Point{co_await f(), 1}); // expect: E
    co_return Point{co_await f(), 2}; // expect: E
    co_return {co_await f(), 2}; // expect: E
}

Task<> ruleF()
{
    throw Error(co_await reason()); // expect: F
}

Task<> ruleM()
{
    QCOMPARE(co_await answer(), 42); // expect: M
    Q_ASSERT(co_await answer() == 42); // expect: M
    QVERIFY(!co_await ready()); // expect: M
}

void inLambdas(QString name)
{
    auto outer = [&]() -> Task<> {
        co_await toThread([name] { return name; }); // expect: A
        co_await send(flag ? text() : QString()); // expect: C
    };
    run([&]() -> Task<> { co_await toThread([name] { return name; }); }()); // expect: A
}
