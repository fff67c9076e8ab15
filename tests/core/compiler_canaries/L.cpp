// Rule L: std::source_location as a default argument of await_transform gives the line of the co_await. Works on every
// supported compiler for an expression on one line; of an expression over several lines g++ gives the last line, clang the first.
#include "canary.h"

#include <source_location>

using namespace canary;

namespace {

unsigned seen = 0;

class Located
{
public:
    struct promise_type
    {
        Located get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { }
        void unhandled_exception() { std::terminate(); }
        std::suspend_never await_transform(int, std::source_location where = std::source_location::current())
        {
            seen = where.line();
            return {};
        }
    };
};

unsigned expected = 0;

Located coroutine()
{
    expected = __LINE__ + 1;
    co_await 1;
}

} // namespace

int main()
{
    coroutine();
    check(seen == expected, "the line of the co_await");
    return result();
}
