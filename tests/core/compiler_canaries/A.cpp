// Rule A: a lambda with captures that have destructors, or an aggregate with such members, written inline in an
// expression with co_await. g++ 12 copies it bit by bit into the frame and destroys it twice. Fixed in 13.
#include "canary.h"

using namespace canary;

namespace {

struct Options
{
    Counted first;
    int second = 0;
};

Eager lambdaWithCapture()
{
    const Counted counted;
    co_await take([counted] { return counted.value(); });
}

Eager aggregateArgument()
{
    co_await take(Options{Counted(2), 3});
}

Later<int> withDefault(Options = {})
{
    return later(1);
}

Eager aggregateDefaultArgument()
{
    co_await withDefault();
}

Eager aggregateYielded()
{
    co_yield Options{Counted(2), 3};
}

} // namespace

int main()
{
#if CANARY_GCC && CANARY_GCC < 13
    broken('A', "g++ 12 destroys closures and aggregates in a co_await expression twice");
#endif
    toTheEndAndDestroyed(lambdaWithCapture);
    toTheEndAndDestroyed(aggregateArgument);
    toTheEndAndDestroyed(aggregateDefaultArgument);
    toTheEndAndDestroyed(aggregateYielded);
    return result();
}
