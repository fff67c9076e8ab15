// Rule E: co_await inside an aggregate or array initialiser. g++ 12 corrupts what was initialised before it. Fixed in 13.
#include "canary.h"

using namespace canary;

namespace {

struct Pair
{
    Counted first;
    int second;
};

struct Two
{
    Counted first;
    Counted second;
};

Eager aggregate()
{
    const Pair pair{Counted(2), co_await later(3)};
    check(pair.first.value() == 2 && pair.second == 3, "aggregate");
    check(pair.first.isAlive(), "a member is where it was constructed");
}

Eager temporaryAggregate()
{
    co_await take(Two{Counted(2), co_await Later<Counted>(Counted(3))});
}

Eager array()
{
    const Counted counted[] = {Counted(2), co_await Later<Counted>(Counted(3))};
    check(counted[0].value() == 2 && counted[1].value() == 3, "array");
    check(counted[0].isAlive() && counted[1].isAlive(), "an element is where it was constructed");
}

} // namespace

int main()
{
#if CANARY_GCC && CANARY_GCC < 13
    broken('E', "g++ 12 corrupts aggregates that are initialised with co_await");
#endif
    toTheEndAndDestroyed(aggregate);
    toTheEndAndDestroyed(temporaryAggregate);
    toTheEndAndDestroyed(array);
    return result();
}
