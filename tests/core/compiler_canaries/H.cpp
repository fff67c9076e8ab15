// Rule H: an awaiter of initial_suspend that throws, and unhandled_exception that rethrows before the first
// suspension. There are reports of g++ 12 destroying parameters and promise twice; these forms work on every supported
// compiler, and the library avoids them all the same.
#include "canary.h"

using namespace canary;

namespace {

// Nobody holds the frame: an exception that leaves unhandled_exception() ends in the caller of the coroutine.
template<typename Start>
class Task
{
public:
    struct promise_type
    {
        Counted counted;
        Task get_return_object() { return {}; }
        Start initial_suspend() noexcept(false) { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { }
        void unhandled_exception() { throw; }
    };
};

struct ThrowingReady
{
    bool await_ready() { throw 1; }
    void await_suspend(std::coroutine_handle<>) noexcept { }
    void await_resume() noexcept { }
};

struct ThrowingResume
{
    bool await_ready() noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) noexcept { }
    void await_resume() { throw 1; }
};

Task<std::suspend_never> throwsAtOnce(Counted)
{
    throw 1;
    co_return;
}

Task<ThrowingReady> throwsInReady(Counted)
{
    co_return;
}

Task<ThrowingResume> throwsInResume(Counted)
{
    co_return;
}

template<typename F>
void expectThrow(F coroutine, const char *what)
{
    bool thrown = false;
    try {
        coroutine(Counted(2));
    } catch (int) {
        thrown = true;
    }
    check(thrown, what);
    Counted::verify();
}

} // namespace

int main()
{
    expectThrow(throwsAtOnce, "body");
    expectThrow(throwsInReady, "await_ready");
    expectThrow(throwsInResume, "await_resume");
    return result();
}
