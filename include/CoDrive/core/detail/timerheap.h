// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The deadlines of a loop in one heap, so that Qt sees one timer however many tasks sleep.
// A pairing heap, because its nodes live in the waiting frames: arming one allocates nothing.

#include <QtGlobal>

#include <chrono>

namespace CoDrive::detail {

using TimePoint = std::chrono::steady_clock::time_point;

/// \a duration after \a now, or the end of time when that is beyond it.
TimePoint deadlineAfter(TimePoint now, std::chrono::nanoseconds duration) noexcept;

/// Any duration in nanoseconds, cut off at the largest.
template<typename Rep, typename Period>
constexpr std::chrono::nanoseconds toNanoseconds(std::chrono::duration<Rep, Period> duration)
{
    using std::chrono::nanoseconds;
    if (std::chrono::duration<double>(duration) >= std::chrono::duration<double>(nanoseconds::max()))
        return nanoseconds::max();
    if (std::chrono::duration<double>(duration) <= std::chrono::duration<double>(nanoseconds::min()))
        return nanoseconds::min();
    return std::chrono::ceil<nanoseconds>(duration);
}

class TimerHeap;

/// Something that happens at a time; leaves its heap when destroyed.
class TimerNode
{
public:
    TimerNode() noexcept = default;
    TimerNode(TimerNode &&other) noexcept { Q_ASSERT(!other.isArmed()); }
    TimerNode &operator=(TimerNode &&) = delete;

    bool isArmed() const noexcept { return m_heap != nullptr; }
    TimePoint deadline() const noexcept { return m_deadline; }
    void disarm() noexcept;

    /// Called by the loop, once, when the deadline has come; not armed any more.
    virtual void expired() noexcept = 0;

protected:
    ~TimerNode() { disarm(); }

private:
    friend class TimerHeap;

    TimePoint m_deadline;
    quint64 m_order = 0; ///< of arming: decides between equal deadlines
    TimerHeap *m_heap = nullptr;
    TimerNode *m_child = nullptr;
    TimerNode *m_sibling = nullptr;
    TimerNode *m_previous = nullptr; ///< left sibling, or the parent of a first child
};

class TimerHeap
{
public:
    TimerHeap() noexcept = default;
    TimerHeap(TimerHeap &&) = delete;
    virtual ~TimerHeap();

    bool isEmpty() const noexcept { return !m_root; }
    /// The earliest node, or null.
    TimerNode *first() const noexcept { return m_root; }
    void insert(TimerNode &node, TimePoint deadline) noexcept;
    void remove(TimerNode &node) noexcept;
    /// Takes the earliest node off when its deadline is not after \a now.
    TimerNode *takeExpired(TimePoint now) noexcept;

protected:
    /// Called when the last node has left.
    virtual void becameEmpty() noexcept { }

private:
    static bool isBefore(const TimerNode &a, const TimerNode &b) noexcept;
    static TimerNode *merge(TimerNode *a, TimerNode *b) noexcept;
    static TimerNode *mergeSiblings(TimerNode *first) noexcept;

    TimerNode *m_root = nullptr;
    quint64 m_armed = 0;
};

} // namespace CoDrive::detail
