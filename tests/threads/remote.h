// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The words of the acceptance cases for tasks on other threads: their gates are ThreadsafeEvents, and what is
// seen of them is atomic.
//
//     ThreadsafeEvent a, h;
//     RemoteProbe seen;
//     auto H = scope.spawn(W.run(slow(a, h, seen)));
//     cancel(H);
//     until([&] { return seen.requests == 1; });

#include "threadstest.h"

#include <CoDrive/threads/threadloop.h>
#include <CoDrive/threads/threadsafeevent.h>

#include <QCoreApplication>

namespace Words {

struct RemoteProbe
{
    std::atomic<bool> entered = false;
    std::atomic<int> requests = 0; ///< seen
};

/// Runs the event loop of home until \a isTrue().
template<typename Predicate>
void until(Predicate isTrue)
{
    while (!isTrue()) {
        QCoreApplication::processEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        std::this_thread::yield();
    }
}

/// How to call functions on the thread of \a loop, also when that is closing.
inline LoopCaller callerOf(ThreadLoop &loop)
{
    LoopCaller caller;
    loop.runSync([&]() -> Task<> {
        caller = LoopCaller(CoDrive::detail::Loop::current());
        co_return;
    });
    return caller;
}

/// True: the wait was ended by a request.
inline Task<bool> wasRequestedAt(ThreadsafeEvent &gate, RemoteProbe &probe)
{
    const Outcome<> outcome = co_await attempt(gate.wait());
    if (outcome.isCancelled() || currentTask().cancelRequested)
        ++probe.requests;
    co_return outcome.isCancelled();
}

/// Awaits \a gate; a request that meets it there unwinds it.
inline Task<int> remote(ThreadsafeEvent &gate, RemoteProbe &probe, int value = 1)
{
    const InstanceCounter alive;
    probe.entered = true;
    const bool wasRequested = co_await wasRequestedAt(gate, probe);
    if (wasRequested)
        co_await unwind();
    co_return value;
}

/// Awaits \a gate; a request that meets it there sends it on to \a cleanUp, after which it ends as cancelled.
inline Task<int> slow(ThreadsafeEvent &gate, ThreadsafeEvent &cleanUp, RemoteProbe &probe)
{
    const InstanceCounter alive;
    probe.entered = true;
    const bool wasRequested = co_await wasRequestedAt(gate, probe);
    if (wasRequested) {
        co_await wasRequestedAt(cleanUp, probe);
        co_await unwind();
    }
    co_return 1;
}

/// Awaits \a gate; a request that meets it there sends it on to \a cleanUp; gives \a value.
inline Task<int> absorb(ThreadsafeEvent &gate, ThreadsafeEvent &cleanUp, int value, RemoteProbe &probe)
{
    const InstanceCounter alive;
    probe.entered = true;
    const bool wasRequested = co_await wasRequestedAt(gate, probe);
    if (wasRequested)
        co_await wasRequestedAt(cleanUp, probe);
    co_return value;
}

/// Awaits \a gate; a request that meets it there makes it throw an E at once.
inline Task<int> dirty(ThreadsafeEvent &gate, RemoteProbe &probe)
{
    const InstanceCounter alive;
    probe.entered = true;
    const bool wasRequested = co_await wasRequestedAt(gate, probe);
    if (wasRequested)
        throw E("dirty");
    co_return 0;
}

/// Awaits \a gate, throws an E.
inline Task<int> failing(ThreadsafeEvent &gate)
{
    const InstanceCounter alive;
    co_await gate.wait();
    throw E("broken");
}

inline Task<int> failingAtOnce()
{
    const InstanceCounter alive;
    throw E("broken");
    co_return 0;
}

/// Notes the thread that destroys it.
class NotesDestruction
{
public:
    explicit NotesDestruction(std::atomic<std::thread::id> &thread)
        : m_thread(&thread)
    {
    }
    NotesDestruction(NotesDestruction &&other) noexcept
        : m_thread(std::exchange(other.m_thread, nullptr))
    {
    }
    ~NotesDestruction()
    {
        if (m_thread)
            *m_thread = std::this_thread::get_id();
    }

private:
    std::atomic<std::thread::id> *m_thread;
};

/// Waits for ever; notes where its frame dies.
inline Task<int> waiting(std::atomic<std::thread::id> &destroyedIn, std::atomic<bool> &entered)
{
    const InstanceCounter alive;
    const NotesDestruction note(destroyedIn);
    entered = true;
    co_await waitForever();
    co_return 0;
}

/// What awaiting \a task gives; it stays where it is, so that it can be cancelled.
inline Task<QString> textOfAwaiting(ThreadTask<int> &task)
{
    QString result;
    try {
        const int value = co_await task;
        result = QString::number(value);
    } catch (...) {
        result = "throws " + text(std::current_exception());
    }
    co_return result;
}

/// Sets \a flag when the thread-locals of this thread are destroyed.
inline void noteThreadEnd(std::atomic<bool> &flag)
{
    class AtTheEnd
    {
    public:
        ~AtTheEnd() { *flag = true; }
        std::atomic<bool> *flag = nullptr;
    };
    static thread_local AtTheEnd atTheEnd;
    atTheEnd.flag = &flag;
}

} // namespace Words
