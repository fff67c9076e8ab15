// Rule D: a braced list that becomes a std::initializer_list in an expression with co_await. g++ 12 does not compile
// it ("array used as initializer"), so there the pattern is left out. Fixed in 13.
#include "canary.h"

#include <vector>

using namespace canary;

#if CANARY_GCC == 0 || CANARY_GCC >= 13 || defined(CANARY_RUN_ANYWAY)
namespace {

Later<int> sum(std::vector<int> values)
{
    int total = 0;
    for (const int value : values)
        total += value;
    return later(total);
}

Eager asArgument()
{
    const int value = co_await sum({1, 2, 3});
    check(value == 6, "argument");
}

Eager ofAwaited()
{
    const auto values = std::vector<int>{co_await later(1), co_await later(2)};
    check(values.size() == 2 && values[1] == 2, "elements");
}

} // namespace
#endif

int main()
{
#if CANARY_GCC && CANARY_GCC < 13
    broken('D', "g++ 12 refuses initializer_list in a co_await expression");
#endif
#if CANARY_GCC == 0 || CANARY_GCC >= 13 || defined(CANARY_RUN_ANYWAY)
    toTheEndAndDestroyed(asArgument);
    toTheEndAndDestroyed(ofAwaited);
#endif
    return result();
}
