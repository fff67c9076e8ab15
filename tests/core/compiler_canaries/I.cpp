// Rule I: order of evaluation in an expression with co_await. C++17 evaluates the right side of an assignment first;
// g++ evaluates the left side before it suspends.
#include "canary.h"

#include <map>
#include <string>

using namespace canary;

namespace {

std::string order;

int key()
{
    order += 'k';
    return 1;
}

Later<int> value()
{
    order += 'v';
    return later(2);
}

Eager assignment()
{
    std::map<int, int> map;
    map[key()] = co_await value();
    check(map[1] == 2, "value");
    check(order == "vk", "the right side of an assignment is evaluated first");
}

} // namespace

int main()
{
#if CANARY_GCC
    broken('I', "g++ evaluates the left side of an assignment before the co_await on its right");
#endif
    Eager task = assignment();
    task.resume();
    check(task.done(), "the coroutine never ended");
    return result();
}
