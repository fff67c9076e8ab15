// Rule G: a [[no_unique_address]] member initialised from a prvalue of immovable type. g++ (12 and 14 tried) does not
// compile it, so there the pattern is left out.
#include "canary.h"

using namespace canary;

#if CANARY_GCC == 0 || defined(CANARY_RUN_ANYWAY)
namespace {

class Immovable
{
public:
    Immovable() = default;
    Immovable(Immovable &&) = delete;
    Immovable &operator=(Immovable &&) = delete;
    int value() const { return m_value; }

private:
    int m_value = 7;
};

Immovable make()
{
    return Immovable();
}

class Holder
{
public:
    Holder() : m_member(make()) { }
    int value() const { return m_member.value(); }

private:
    [[no_unique_address]] Immovable m_member;
};

} // namespace
#endif

int main()
{
#if CANARY_GCC
    broken('G', "g++ refuses to initialise a [[no_unique_address]] member from an immovable prvalue");
#endif
#if CANARY_GCC == 0 || defined(CANARY_RUN_ANYWAY)
    check(Holder().value() == 7, "value");
#endif
    return result();
}
