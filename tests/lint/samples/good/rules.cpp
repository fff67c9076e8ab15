// What the lint must leave alone. This file is read by the lint's own test only; nothing compiles it.
#define CHECK(x) \
    co_await toThread([name] { return x; })

struct Flags
{
    bool sensitive = true;
    std::chrono::milliseconds timeout{};
};

class WithConstructor
{
public:
    explicit WithConstructor(QString name);

private:
    QString m_name;
};

struct Constructed
{
    Constructed(QString name, int count);
    QString name;
};

Task<> lambdas(QString name, int number, const int limit, QObject *object, double factor)
{
    co_await toThread([] { return 1; });
    co_await toThread([&] { return name.size(); });
    co_await toThread([this] { return m_name.size(); });
    co_await toThread([this, &name] { return name.size(); });
    co_await toThread([number, limit, object, factor] { return number; });
    co_await toThread([number = 3, p = &name, self = this, flag = false] { return number; });
    bool flag = true;
    std::size_t size = 3;
    auto *pointer = object;
    const auto count = 5;
    co_await toThread([flag, size, pointer, count, next = number + 1] { return 1; });
    auto named = [name] { return name.size(); };
    co_await toThread(std::ref(named));
    co_await toThread(std::move(named));
    auto task = toThread([name] { return name.size(); });
    co_await std::move(task);
    scope.spawn([name]() -> Task<> { co_await sleepFor(1ms); });
    connect(object, &QObject::destroyed, this, [name] { use(name); });
    co_await withTaskGroup([&](TaskGroup &group) -> Task<> {
        group.spawn([name]() -> Task<> { co_await sleepFor(1ms); });
        auto copy = [name] { return name; };
        co_return;
    });
    co_await toThread([&] {
        auto inner = [name] { return name; };
        const QString text = name.isEmpty() ? QString() : name;
        return inner().size() + text.size();
    });
}

Task<> aggregates(QString name)
{
    co_await gather(std::move(tasks), {.sensitive = false});
    co_await gather(std::move(tasks), Flags{.sensitive = false});
    co_await f(WithConstructor{name});
    co_await f(WithConstructor(name));
    co_await f(Constructed{name, 3});
    co_await f(Options());
    Options options{name, 3};
    co_await f(options);
    co_await f(std::pair{name, 3});
    co_await f({name, 3});
    co_await f({});
    co_await f({number});
}

Task<> conditions(Queue<int> &queue)
{
    const bool ok = co_await ready();
    if (ok)
        work();
    if (co_await ready())
        work();
    while (co_await queue.isOpen())
        work();
}

Task<> declaredLater()
{
    while (co_await ready()) {
        QString text;
        use(text);
    }
}

Task<> declaredInCondition()
{
    if (const bool ok = co_await ready())
        use(ok);
}

Task<> declaredInFor()
{
    for (int i = 0; co_await ready(); ++i)
        work();
}

Task<> rangeFor()
{
    for (const int value : co_await values())
        work(value);
}

Task<> inBody(bool flag)
{
    if (flag)
        co_await ready();
    else
        co_await other();
    while (flag) co_await ready();
    do co_await ready(); while (flag);
}

void lambdaCondition()
{
    auto coroutine = []() -> Task<> {
        if (co_await ready())
            work();
    };
}

Task<int> conditionals(bool yes, int number, int other, QString a, QString b, QString *p)
{
    co_await take(yes ? 1 : 2);
    co_await take(yes ? number : other);
    co_await sleepFor(yes ? 1ms : 5ms);
    co_await send(yes ? a : b);
    co_await send(yes ? "a" : "b");
    co_await point(yes ? &a : p);
    co_await point(yes ? &a : nullptr);
    co_await take(object->isValid() ? object->size() : 0);
    const int value = yes ? co_await f() : 0;
    const QString text = yes ? a : QString();
    co_await send(text);
    if (yes ? number : other)
        co_await f();
    co_return yes ? number : other;
}

Task<> braces()
{
    const int value{co_await f()};
    auto other{co_await f()};
    const std::pair<int, int> pair{co_await f(), 3};
    const std::tuple tuple{co_await f(), co_await g()};
    const QString text{co_await name()};
    const std::vector<int> values{1, 2, 3};
    co_await sum(values);
    co_await f(array[index[0]]);
    [[maybe_unused]] const int last = co_await f();
}

Task<> throwing()
{
    const int code = co_await reason();
    throw Error(code);
}

Task<> comparing()
{
    const int value = co_await answer();
    QCOMPARE(value, 42);
    if (value == 1)
        throw Error(1);
    co_await answer();
}

Task<> excused(QString name)
{
#if !defined(__GNUC__) || __GNUC__ >= 13
    co_await toThread([name] { return name; }); // coroutine-rules: fine on g++ 13+ only
    // coroutine-rules: fine on g++ 13+ only
    co_await toThread([name] { return name; });
    co_await toThread( // coroutine-rules: fine, the whole statement is meant
        [name] { return name; });
#endif
    /* co_await toThread([name] { return name; }); */
    // co_await toThread([name] { return name; });
    const char *text = "co_await toThread([name] { return name; });";
    const char *raw = R"(if (co_await x) { "co_await f({1, 2})" )";
    const long big = 1'000'000;
    const char quote = '"';
}

template<typename T>
    requires Something<T>
Task<T> constrained(T value)
{
    co_return co_await other<T>(value);
}

auto trailing(int n) -> Task<std::vector<int>>
{
    const int x = co_await f(n);
    co_return std::vector<int>{x};
}

enum class Kind { One, Two };

template<typename T>
class Holder
{
public:
    Holder() : m_value{}, m_list{1, 2} { }
    Task<T> get() const noexcept { co_return co_await m_task; }
    auto operator co_await() const { return Awaiter{*this}; }

private:
    T m_value{};
};
