// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/timerheap.h>

#include <utility>

namespace CoDrive::detail {

TimePoint deadlineAfter(TimePoint now, std::chrono::nanoseconds duration) noexcept
{
    return duration > TimePoint::max() - now ? TimePoint::max() : now + duration;
}

void TimerNode::disarm() noexcept
{
    if (m_heap)
        m_heap->remove(*this);
}

TimerHeap::~TimerHeap()
{
    while (m_root)
        remove(*m_root);
}

bool TimerHeap::isBefore(const TimerNode &a, const TimerNode &b) noexcept
{
    return a.m_deadline != b.m_deadline ? a.m_deadline < b.m_deadline : a.m_order < b.m_order;
}

TimerNode *TimerHeap::merge(TimerNode *a, TimerNode *b) noexcept
{
    if (!a || !b)
        return a ? a : b;
    if (isBefore(*b, *a))
        std::swap(a, b);
    b->m_sibling = a->m_child;
    if (b->m_sibling)
        b->m_sibling->m_previous = b;
    b->m_previous = a;
    a->m_child = b;
    return a;
}

// The two passes of a pairing heap, with the pairs chained through m_previous in between.
TimerNode *TimerHeap::mergeSiblings(TimerNode *first) noexcept
{
    TimerNode *pairs = nullptr;
    while (first) {
        TimerNode *const a = first;
        TimerNode *const b = a->m_sibling;
        first = b ? b->m_sibling : nullptr;
        a->m_sibling = nullptr;
        if (b)
            b->m_sibling = nullptr;
        TimerNode *const pair = merge(a, b);
        pair->m_previous = pairs;
        pairs = pair;
    }
    TimerNode *merged = nullptr;
    while (pairs) {
        TimerNode *const pair = pairs;
        pairs = pair->m_previous;
        pair->m_previous = nullptr;
        merged = merge(merged, pair);
    }
    return merged;
}

void TimerHeap::insert(TimerNode &node, TimePoint deadline) noexcept
{
    Q_ASSERT(!node.m_heap);
    node.m_deadline = deadline;
    node.m_order = m_armed++;
    node.m_heap = this;
    m_root = merge(m_root, &node);
}

void TimerHeap::remove(TimerNode &node) noexcept
{
    Q_ASSERT(node.m_heap == this);
    TimerNode *const children = mergeSiblings(std::exchange(node.m_child, nullptr));
    if (&node == m_root) {
        m_root = children;
    } else {
        TimerNode *const previous = node.m_previous;
        if (previous->m_child == &node)
            previous->m_child = node.m_sibling;
        else
            previous->m_sibling = node.m_sibling;
        if (node.m_sibling)
            node.m_sibling->m_previous = previous;
        m_root = merge(m_root, children);
    }
    node.m_sibling = node.m_previous = nullptr;
    node.m_heap = nullptr;
    if (!m_root)
        becameEmpty();
}

TimerNode *TimerHeap::takeExpired(TimePoint now) noexcept
{
    TimerNode *const node = m_root;
    if (!node || node->m_deadline > now)
        return nullptr;
    remove(*node);
    return node;
}

} // namespace CoDrive::detail
