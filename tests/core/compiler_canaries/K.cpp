// Rule K: locals of a coroutine with an alignment above that of operator new. Neither g++
// (12 and 14) nor clang 19 honours it.
#include "canary.h"

#include <cstdint>
#include <vector>

using namespace canary;

namespace {

struct alignas(64) Line
{
    int value = 5;
};

bool aligned = true;

__attribute__((noinline)) void look(const Line *line)
{
    if (reinterpret_cast<std::uintptr_t>(line) % alignof(Line) != 0)
        aligned = false;
}

Eager local()
{
    Line line;
    look(&line);
    co_await later(1);
    look(&line);
}

} // namespace

int main()
{
#if CANARY_GCC || CANARY_CLANG
    broken('K', "the frame is allocated with the alignment of operator new");
#endif
    std::vector<Eager> tasks;
    for (int i = 0; i < 64; ++i)
        tasks.push_back(local());
    for (Eager &task : tasks)
        task.resume();
    check(aligned, "an aligned local is aligned");
    return result();
}
