// Rule F: throw X(co_await ...). g++ 12 frees the exception object twice; clang 19 and g++ 14 leak it when the frame is
// destroyed while it waits there (LeakSanitizer sees it). No compiler is known that does it right.
#include "canary.h"

#include <stdexcept>
#include <string>

using namespace canary;

namespace {

class Error : public std::runtime_error
{
public:
    Error(Counted counted, int code)
        : std::runtime_error("an error with a text that is long enough to be allocated"), m_counted(counted), m_code(code)
    {
    }
    int code() const { return m_code; }
    bool isAlive() const { return m_counted.isAlive(); }

private:
    Counted m_counted;
    int m_code;
};

Eager throwing()
{
    try {
        throw Error(Counted(2), co_await later(3));
    } catch (const Error &error) {
        check(error.code() == 3 && error.isAlive(), "the exception that was thrown");
    }
}

} // namespace

int main()
{
#if CANARY_GCC && CANARY_GCC < 13
    broken('F', "g++ 12 frees the exception object while it is used");
#elif CANARY_GCC || CANARY_CLANG
    broken('F', "g++ and clang leak the exception object when the frame is destroyed");
#endif
    toTheEndAndDestroyed(throwing);
    return result();
}
