// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What the tests of this room share: signals that are sent to the own process, and what is set for them.
//
//     scope.spawn(waitForSignal(SignalSet(SIGUSR1)));
//     QVERIFY(!isDefault(SIGUSR1));
//     raiseAndSettle(SIGUSR1);

#include "threadsanitizer.h"
#include "words.h"

#include <CoDrive/process/signal.h>

#include <QThread>

#include <csignal>
#include <memory>

#include <unistd.h>

namespace Words {

/// Whether this thread gets no signals.
inline bool blocksSignals()
{
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    return ::sigismember(&blocked, SIGUSR1) != 0;
}

/// The runtime of ThreadSanitizer (LLVM 19) sometimes leaves all signals blocked in a thread that has
/// handled one while it waited in QThread::wait(), and all threads which that one starts inherit it.
inline void unblockSignals()
{
    if (!underThreadSanitizer)
        return;
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

inline void raiseInProcess(int code)
{
    unblockSignals();
    ::kill(::getpid(), code);
}

/// Sends \a code to this process and waits until every listener of this thread has heard of it.
inline void raiseAndSettle(int code)
{
    TaskScope scope;
    scope.spawn(waitForSignal(SignalSet(code))); // notified last
    raiseInProcess(code);
    waitForEnd(scope);
    settle();
}

using Handler = void (*)(int);

inline Handler disposition(int code)
{
    struct sigaction action = {};
    ::sigaction(code, nullptr, &action);
    return action.sa_handler;
}

inline bool isDefault(int code)
{
    return disposition(code) == SIG_DFL;
}

/// A thread with an event loop that runs a task to its end.
template<typename Function>
std::unique_ptr<QThread> runInThread(Function function)
{
    std::unique_ptr<QThread> thread(QThread::create([function] { run(function()); }));
    thread->start();
    return thread;
}

} // namespace Words
