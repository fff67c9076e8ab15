// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The input of a function that works on a stream: borrowed, or owned by what the function gives.

#include <CoDrive/streams/tostream.h>

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace CoDrive::detail {

[[noreturn]] void throwSourceDestroyed();

/// A stream that was given as an lvalue, which may be destroyed or moved meanwhile, or as an rvalue.
template<typename T>
class StreamSource
{
public:
    using Item = T;

    explicit StreamSource(Stream<T> &borrowed)
        : m_borrowed(borrowed.anchor())
    {
    }
    explicit StreamSource(Stream<T> &&owned) noexcept
        : m_owned(std::move(owned))
    {
    }

    /// \throws ObjectDestroyed when it was borrowed and is gone
    StreamNext<T> next()
    {
        if (!m_borrowed)
            return m_owned.next();
        if (!*m_borrowed)
            throwSourceDestroyed();
        return static_cast<Stream<T> *>(*m_borrowed)->next();
    }
    std::optional<std::size_t> size() const noexcept
    {
        if (!m_borrowed)
            return m_owned.size();
        return *m_borrowed ? (*m_borrowed)->size() : std::nullopt;
    }
    /// Appends the stream if it is owned.
    void appendOwned(std::vector<StreamBase *> &streams) noexcept
    {
        if (!m_borrowed)
            streams.push_back(&m_owned);
    }

private:
    StreamBase::Anchor m_borrowed;
    Stream<T> m_owned;
};

/// The source that \a input is: a stream, or what toStream() makes one of.
template<typename Input>
auto sourceOf(Input &&input)
{
    using Item = typename std::remove_cvref_t<decltype(toStream(std::forward<Input>(input)))>::Item;
    return StreamSource<Item>(toStream(std::forward<Input>(input)));
}

/// What the items of an input are.
template<typename Input>
using SourceItem = typename decltype(sourceOf(std::declval<Input>()))::Item;

} // namespace CoDrive::detail
