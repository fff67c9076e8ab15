// Rule C: ?: with operands of class type in an expression with co_await. g++ 12 destroys them too early or twice.
// Fixed in 13.
#include "canary.h"

using namespace canary;

namespace {

bool yes = true;

int valueOf(const Counted &counted)
{
    return counted.isAlive() ? counted.value() : -1;
}

Eager operand()
{
    const int value = co_await take(yes ? Counted(2) : Counted(3));
    check(value == 1, "value");
}

Eager usedAfterwards()
{
    const int value = co_await later(1) + valueOf(yes ? Counted(2) : Counted(3));
    check(value == 3, "a temporary is alive until the end of its expression");
}

Eager awaited()
{
    const int value = co_await (yes ? Later<int>(2) : Later<int>(3));
    check(value == 2, "what is awaited");
}

Later<int> takeReference(const Counted &counted)
{
    return Later<int>(counted.value());
}

class Holder
{
public:
    explicit Holder(const Counted &counted) : m_counted(&counted) { }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept { }
    int await_resume() { return valueOf(*m_counted); }

private:
    const Counted *m_counted;
};

Eager heldAcross()
{
    const int value = co_await Holder(yes ? Counted(2) : Counted(3));
    check(value == 2, "a temporary is alive across the suspension");
}

Eager inBranch()
{
    const Counted counted = yes ? co_await Later<Counted>(Counted(2)) : Counted(3);
    check(counted.value() == 2, "branch");
    co_await takeReference(counted);
}

} // namespace

int main()
{
#if CANARY_GCC && CANARY_GCC < 13
    broken('C', "g++ 12 destroys the operands of ?: in a co_await expression wrongly");
#endif
    toTheEndAndDestroyed(operand);
    toTheEndAndDestroyed(usedAfterwards);
    toTheEndAndDestroyed(awaited);
    toTheEndAndDestroyed(heldAcross);
    toTheEndAndDestroyed(inBranch);
    return result();
}
