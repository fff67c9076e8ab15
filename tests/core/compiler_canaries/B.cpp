// Rule B: co_await in the condition of a statement, in a coroutine whose body declares nothing. g++ 12 corrupts the
// frame. Fixed in 13.
#include "canary.h"

using namespace canary;

namespace {

int taken = 0;

Eager inIf()
{
    if (co_await later(1))
        ++taken;
}

Eager inWhile(int rounds)
{
    while (co_await later(rounds--))
        ++taken;
}

Eager inSwitch()
{
    switch (co_await later(2)) {
    case 2:
        ++taken;
        break;
    default:
        break;
    }
}

} // namespace

int main()
{
#if CANARY_GCC && CANARY_GCC < 13
    broken('B', "g++ 12 corrupts the frame of a coroutine that declares nothing");
#endif
    toTheEndAndDestroyed(inIf);
    check(taken == 1, "if");
    taken = 0;
    toTheEndAndDestroyed([] { return inWhile(3); });
    check(taken == 3, "while");
    taken = 0;
    toTheEndAndDestroyed(inSwitch);
    check(taken == 1, "switch");
    return result();
}
