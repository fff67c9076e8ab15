// Rule N: symmetric transfer. Built at -O0, where g++ makes a call out of it (fixed in 15), so that a loop that awaits
// children which are ready overflows the stack; clang always makes a jump.
#include "canary.h"

using namespace canary;

namespace {

class Child
{
public:
    struct promise_type
    {
        std::coroutine_handle<> parent;

        struct Final
        {
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> handle) const noexcept
            {
                return handle.promise().parent;
            }
            void await_resume() const noexcept { }
        };

        Child get_return_object() { return Child(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        Final final_suspend() noexcept { return {}; }
        void return_void() { }
        void unhandled_exception() { std::terminate(); }
    };

    explicit Child(std::coroutine_handle<promise_type> handle) : m_handle(handle) { }
    Child(Child &&other) noexcept : m_handle(std::exchange(other.m_handle, {})) { }
    Child &operator=(Child &&) = delete;
    ~Child()
    {
        if (m_handle)
            m_handle.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept
    {
        m_handle.promise().parent = parent;
        return m_handle;
    }
    void await_resume() const noexcept { }

private:
    std::coroutine_handle<promise_type> m_handle;
};

Child child()
{
    co_return;
}

Eager loop()
{
    for (int i = 0; i < 1000000; ++i)
        co_await child();
}

} // namespace

int main()
{
#if CANARY_GCC && CANARY_GCC < 15
    broken('N', "without optimisation g++ grows the stack with every symmetric transfer");
#endif
    Eager task = loop();
    check(task.done(), "the loop ended");
    return result();
}
