// Rule O: clang takes the thread's id, and the address of a thread_local variable, for constant across a suspension
// (llvm-project issue 111257). A function that is not inlined is not enough: clang sees that it reads no memory and
// moves its call over the suspension. It needs a barrier inside (or a definition that the optimiser cannot see).
#include "canary.h"

#include <pthread.h>
#include <thread>

using namespace canary;

namespace {

__attribute__((noinline)) pthread_t currentThread()
{
    asm volatile("" ::: "memory");
    return pthread_self();
}

bool movedSeen = false;
bool movedSeenInline = false;

Eager hop()
{
    const pthread_t before = currentThread();
    const pthread_t beforeInline = pthread_self();
    co_await later(1);
    movedSeen = pthread_equal(currentThread(), before) == 0;
    movedSeenInline = pthread_equal(pthread_self(), beforeInline) == 0;
}

} // namespace

int main()
{
    Eager task = hop();
    std::thread([&task] { task.resume(); }).join();
    check(movedSeen, "a function with a barrier sees the new thread");
    if (failures > 0)
        return result();
#if CANARY_CLANG && defined(__OPTIMIZE__)
    broken('O', "clang takes the thread's id for constant across a suspension; a function with a barrier works");
#endif
    check(movedSeenInline, "the thread's id is read anew after a suspension");
    return result();
}
