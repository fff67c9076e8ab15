// What the canaries share: the smallest coroutine types that show each pattern, and an instance counter that notices
// when an object is destroyed twice, copied bit by bit, or never destroyed.
//
// Each canary holds one pattern that some compiler gets wrong. main() calls canary::broken(LETTER, WHY) first where
// CANARY_BROKEN says so: it prints the rule's letter and ends the program with the exit code that ctest counts as
// skipped. Building with -DCANARY_RUN_ANYWAY runs the pattern all the same, to see how it breaks.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <set>
#include <utility>

// The version of g++, 0 for clang (which defines __GNUC__ as well).
#if defined(__GNUC__) && !defined(__clang__)
#  define CANARY_GCC __GNUC__
#else
#  define CANARY_GCC 0
#endif

#if defined(__clang__)
#  define CANARY_CLANG __clang_major__
#else
#  define CANARY_CLANG 0
#endif

namespace canary {

inline void broken(char rule, const char *why)
{
#ifdef CANARY_RUN_ANYWAY
    std::printf("rule %c: known to break here: %s\n", rule, why);
    std::fflush(stdout);
#else
    std::printf("SKIP: rule %c: %s\n", rule, why);
    std::exit(77);
#endif
}

inline int failures = 0;

inline void check(bool ok, const char *what)
{
    if (!ok) {
        std::printf("FAIL: %s\n", what);
        ++failures;
    }
}

// Has a destructor, knows where every instance lives.
class Counted
{
public:
    Counted() { enter(); }
    explicit Counted(int value) : m_value(value) { enter(); }
    Counted(const Counted &other) : m_value(other.m_value) { enter(); }
    Counted(Counted &&other) noexcept : m_value(other.m_value) { enter(); }
    Counted &operator=(const Counted &) = default;
    Counted &operator=(Counted &&) = default;
    ~Counted()
    {
        if (s_alive.erase(this) != 1)
            ++s_wrong;
        m_value = -1;
    }

    int value() const { return m_value; }
    bool isAlive() const { return s_alive.count(this) == 1; }

    static void verify()
    {
        check(s_wrong == 0, "an object was destroyed that was never constructed, or twice");
        check(s_alive.empty(), "an object was never destroyed");
    }

private:
    void enter() { s_alive.insert(this); }

    int m_value = 1;
    static inline std::set<const void *> s_alive;
    static inline int s_wrong = 0;
};

// Runs at once up to its first suspension; the frame lives as long as the handle.
class Eager
{
public:
    struct promise_type
    {
        Eager get_return_object() { return Eager(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() { }
        void unhandled_exception() { std::terminate(); }
        template<typename T>
        std::suspend_always yield_value(T &&)
        {
            return {};
        }
        template<typename A>
        A &&await_transform(A &&awaitable)
        {
            return static_cast<A &&>(awaitable);
        }
    };

    explicit Eager(std::coroutine_handle<promise_type> handle) : m_handle(handle) { }
    Eager(Eager &&other) noexcept : m_handle(std::exchange(other.m_handle, {})) { }
    Eager &operator=(Eager &&) = delete;
    ~Eager()
    {
        if (m_handle)
            m_handle.destroy();
    }

    void resume() { m_handle.resume(); }
    bool done() const { return m_handle.done(); }

private:
    std::coroutine_handle<promise_type> m_handle;
};

// Suspends; gives the value when somebody resumes.
template<typename T>
class Later
{
public:
    explicit Later(T value) : m_value(std::move(value)) { }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept { }
    T await_resume() { return std::move(m_value); }

private:
    T m_value;
};

inline Later<int> later(int value)
{
    return Later<int>(value);
}

// Takes something and awaits nothing of it, as a function with a callable or an option does.
template<typename T>
Later<int> take(T, int value = 1)
{
    return Later<int>(value);
}

// Runs a coroutine function twice: to its end, and destroyed at its first suspension.
template<typename F>
void toTheEndAndDestroyed(F coroutine)
{
    {
        Eager task = coroutine();
        int steps = 0;
        while (!task.done() && ++steps < 1000)
            task.resume();
        check(task.done(), "the coroutine never ended");
    }
    Counted::verify();
    {
        Eager task = coroutine();
    }
    Counted::verify();
}

inline int result()
{
    if (failures == 0)
        std::printf("works\n");
    return failures == 0 ? 0 : 1;
}

} // namespace canary
