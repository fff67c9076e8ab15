// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// An intrusive doubly linked list: waiting must not allocate (law L15) and whoever is
// destroyed must leave every list he stands in, at once and from the middle (law L13).

#include <QtGlobal>

namespace CoDrive::detail {

/// Base of what can stand in one List of its Tag at a time; leaves it when destroyed.
template<typename Tag>
class ListLink
{
public:
    ListLink() noexcept = default;
    ListLink(ListLink &&other) noexcept { Q_ASSERT(!other.isLinked()); }
    ListLink &operator=(ListLink &&) = delete;
    ~ListLink() { unlink(); }

    bool isLinked() const noexcept { return m_next != nullptr; }

    void unlink() noexcept
    {
        if (!m_next)
            return;
        m_previous->m_next = m_next;
        m_next->m_previous = m_previous;
        m_previous = m_next = nullptr;
    }

private:
    template<typename, typename>
    friend class List;

    ListLink *m_previous = nullptr;
    ListLink *m_next = nullptr;
};

/// First in, first out. Items are not owned; those left are released when the list dies.
template<typename T, typename Tag>
class List
{
    using Link = ListLink<Tag>;

public:
    List() noexcept { m_head.m_previous = m_head.m_next = &m_head; }
    List(List &&) = delete;
    ~List()
    {
        while (!isEmpty())
            first()->Link::unlink();
        m_head.m_previous = m_head.m_next = nullptr;
    }

    bool isEmpty() const noexcept { return m_head.m_next == &m_head; }

    T *first() const noexcept { return isEmpty() ? nullptr : toItem(m_head.m_next); }
    T *last() const noexcept { return isEmpty() ? nullptr : toItem(m_head.m_previous); }
    T *next(const T *item) const noexcept
    {
        Link *link = static_cast<const Link *>(item)->m_next;
        return link == &m_head ? nullptr : toItem(link);
    }

    T *previous(const T *item) const noexcept
    {
        Link *link = static_cast<const Link *>(item)->m_previous;
        return link == &m_head ? nullptr : toItem(link);
    }

    void append(T *item) noexcept
    {
        Link *link = item;
        Q_ASSERT(!link->isLinked());
        link->m_next = &m_head;
        link->m_previous = m_head.m_previous;
        m_head.m_previous->m_next = link;
        m_head.m_previous = link;
    }

    T *takeFirst() noexcept
    {
        T *item = first();
        if (item)
            static_cast<Link *>(item)->unlink();
        return item;
    }

    /// Moves all of \a other behind the last item.
    void append(List &other) noexcept
    {
        while (T *item = other.takeFirst())
            append(item);
    }

private:
    static T *toItem(Link *link) noexcept { return static_cast<T *>(link); }

    mutable Link m_head;
};

} // namespace CoDrive::detail
