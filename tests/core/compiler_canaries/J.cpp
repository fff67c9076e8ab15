// Rule J: an allocator chosen by what the promise sees of the arguments. The standard passes the
// object of a member function, so also the closure of a lambda without captures; g++ and clang differ in it.
#include "canary.h"

using namespace canary;

namespace {

int seen = 0;

class Chosen
{
public:
    struct promise_type
    {
        template<typename... Args>
        explicit promise_type(Args &&...)
        {
            seen = static_cast<int>(sizeof...(Args));
        }
        Chosen get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { }
        void unhandled_exception() { std::terminate(); }
    };
};

} // namespace

int main()
{
#if CANARY_CLANG
    broken('J', "clang does not show the closure of a lambda to the promise");
#endif
    const auto lambda = [](int) -> Chosen { co_return; };
    lambda(1);
    check(seen == 2, "the promise sees the closure and the argument");
    return result();
}
