// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What the tests of this room share: a consumer C that logs what it gets, and sources that wait.
//
//     auto s = amass(vectorOf(val(a, 1), val(b, 2)));
//     ask(s);
//     open(b);
//     QCOMPARE(result(), "2");

#include "../tasks/taskstest.h"

#include <CoDrive/streams/stream.h>

#include <array>
#include <limits>

namespace Words {

/// Asks \a stream \a count times, or until it ends, and logs what it gets; "kept" for a request that
/// is pending then.
template<typename T>
Task<> consumes(EventLog &log, Stream<T> &stream, int count)
{
    const InstanceCounter alive;
    bool isOver = false;
    for (int i = 0; i < count && !isOver; ++i) {
        QString got;
        try {
            const std::optional<T> item = co_await stream.next();
            isOver = !item;
            got = QStringLiteral("end");
            if (item)
                got = show(*item);
        } catch (...) {
            got = QStringLiteral("throws ") + text(std::current_exception());
        }
        if (currentTask().cancelRequested) {
            got += QStringLiteral(" kept");
            isOver = true;
        }
        log << got;
    }
}

/// Closes \a stream and logs how that went.
template<typename T>
Task<> closes(EventLog &log, Stream<T> &stream)
{
    const InstanceCounter alive;
    QString got = QStringLiteral("closed");
    try {
        co_await stream.close();
    } catch (...) {
        got = QStringLiteral("throws ") + text(std::current_exception());
    }
    if (currentTask().cancelRequested)
        got += QStringLiteral(" kept");
    log << got;
}

/// 1, 2, ... without waiting.
inline Stream<int> upTo(int last)
{
    const InstanceCounter alive;
    for (int i = 1; i <= last; ++i)
        co_yield i;
}

/// 1, 2, ..., each when its gate has opened.
template<std::size_t count>
Stream<int> gated(std::array<Event *, count> gates, int first = 1)
{
    const InstanceCounter alive;
    for (Event *const gate : gates) {
        co_await gate->wait();
        co_yield first++;
    }
}

/// What \a task gives, then the end.
template<typename T>
Stream<T> once(Task<T> task)
{
    const InstanceCounter alive;
    T value = co_await std::move(task);
    co_yield std::move(value);
}

/// Some numbers, then what \a task gives.
template<typename T>
Stream<T> upToThen(T last, Task<T> task)
{
    const InstanceCounter alive;
    for (T i = 1; i <= last; ++i)
        co_yield i;
    T value = co_await std::move(task);
    co_yield std::move(value);
}

/// Endless, without waiting; notes how many were given, and whether two asks overlap.
inline Stream<int> counting(int &given)
{
    const InstanceCounter alive;
    for (;;) {
        ++given;
        co_yield int(given);
    }
}

class StreamsTest : protected TasksTest
{
protected:
    QString end()
    {
        D = {};
        return TasksTest::end();
    }

    /// Starts C, which asks \a stream.
    template<typename T>
    void ask(Stream<T> &stream, int count = 1)
    {
        C = scope->spawn(consumes(log, stream, count), QStringLiteral("C"));
    }
    template<typename T>
    void askAll(Stream<T> &stream)
    {
        ask(stream, std::numeric_limits<int>::max());
    }
    template<typename T>
    void close(Stream<T> &stream)
    {
        C = scope->spawn(closes(log, stream), QStringLiteral("C"));
    }
    /// What another task gets.
    template<typename T>
    void askToo(Stream<T> &stream)
    {
        D = scope->spawn(consumes(log, stream, 1), QStringLiteral("D"));
    }

    TaskHandle<> D;
};

} // namespace Words
