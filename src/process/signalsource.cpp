// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "signalsource.h"

#include <CoDrive/process/signal.h>

#include <QScopeGuard>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#ifdef Q_OS_WIN
#include <semaphore>
#include <qt_windows.h>
#else
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#endif

namespace CoDrive::detail::SignalSource {

namespace {

/// Written by signal handlers.
struct Arrivals
{
    std::atomic<quint32> count = 0;
    std::atomic<quint64> last = 0;
};
static_assert(std::atomic<quint32>::is_always_lock_free
              && std::atomic<quint64>::is_always_lock_free);

constinit Arrivals s_arrivals[SignalSet::LastCode + 1];
constinit std::atomic<quint64> s_arrivalCount = 0;

void noteArrival(int code) noexcept
{
    s_arrivals[code].last = ++s_arrivalCount;
    ++s_arrivals[code].count;
    wake();
}

} // namespace

quint32 count(int code) noexcept
{
    return s_arrivals[code].count;
}

quint64 lastArrival(int code) noexcept
{
    return s_arrivals[code].last;
}

#ifdef Q_OS_WIN

namespace {

std::counting_semaphore<> s_wakeUps{0};
std::atomic<bool> s_isInstalled[SignalSet::LastCode + 1];
int s_installedCount = 0;

// Called by Windows in a thread of its own.
BOOL WINAPI handleControlEvent(DWORD event)
{
    const int code = event == CTRL_C_EVENT ? SIGINT : event == CTRL_BREAK_EVENT ? SIGBREAK : SIGTERM;
    if (!s_isInstalled[code])
        return FALSE;
    noteArrival(code);
    // The process is ended as soon as this returns: leave it the time that Windows grants it.
    if (code == SIGTERM)
        Sleep(INFINITE);
    return TRUE;
}

} // namespace

bool isCatchable(int code) noexcept
{
    return code == SIGINT || code == SIGBREAK || code == SIGTERM;
}

void install(int code)
{
    if (s_installedCount == 0 && !SetConsoleCtrlHandler(handleControlEvent, TRUE))
        throw std::system_error(static_cast<int>(GetLastError()), std::system_category());
    ++s_installedCount;
    s_isInstalled[code] = true;
}

void restore(int code) noexcept
{
    s_isInstalled[code] = false;
    if (--s_installedCount == 0)
        SetConsoleCtrlHandler(handleControlEvent, FALSE);
}

std::thread startThread(std::function<void()> function)
{
    return std::thread(std::move(function));
}

void wait() noexcept
{
    s_wakeUps.acquire();
}

void wake() noexcept
{
    s_wakeUps.release();
}

#else

namespace {

// Never closed: a handler may still be writing on another thread.
constinit int s_pipe[2] = {-1, -1};
constinit std::atomic<pid_t> s_process = 0;
struct sigaction s_before[SignalSet::LastCode + 1];

[[noreturn]] void throwErrno(const char *what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

void openPipe()
{
    if (s_pipe[0] >= 0)
        return;
    int ends[2];
    if (::pipe(ends) != 0)
        throwErrno("pipe");
    for (const int end : ends)
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    // A handler must not block; when the pipe is full, its reader wakes up anyway.
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    s_pipe[0] = ends[0];
    s_pipe[1] = ends[1];
}

} // namespace

// Only what is async-signal-safe from here on.
extern "C" {
static void codriveHandleSignal(int code)
{
    const int errorBefore = errno;
    if (::getpid() == s_process) {
        noteArrival(code);
    } else {
        // A child between fork and exec has our handlers and our pipe: the signal is its own.
        ::signal(code, SIG_DFL);
        ::raise(code);
    }
    errno = errorBefore;
}
}

bool isCatchable(int code) noexcept
{
    switch (code) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
        return false;
    default:
        return ::sigaction(code, nullptr, nullptr) == 0;
    }
}

void install(int code)
{
    openPipe();
    s_process = ::getpid();
    struct sigaction action = {};
    action.sa_handler = codriveHandleSignal;
    action.sa_flags = SA_RESTART;
    ::sigfillset(&action.sa_mask);
    if (::sigaction(code, &action, &s_before[code]) != 0)
        throwErrno("sigaction");
}

void restore(int code) noexcept
{
    ::sigaction(code, &s_before[code], nullptr);
}

std::thread startThread(std::function<void()> function)
{
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before); // a new thread inherits the mask
    const auto restored
        = qScopeGuard([&before] { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); });
    return std::thread(std::move(function));
}

void wait() noexcept
{
    char bytes[64];
    while (::read(s_pipe[0], bytes, sizeof bytes) < 0 && errno == EINTR) { }
}

void wake() noexcept
{
    [[maybe_unused]] const auto written = ::write(s_pipe[1], "", 1);
}

#endif

} // namespace CoDrive::detail::SignalSource
