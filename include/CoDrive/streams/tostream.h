// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// toStream(): anything that gives items as a Stream.
//
//     auto numbers = toStream(std::views::iota(1, 100));
//     auto rows = toStream(readRows(file)); // a QCoro::AsyncGenerator<Row>
//     auto jobs = toStream(queue);          // with <CoDrive/streams/queuestream.h>

#include <CoDrive/streams/detail/detachedask.h>
#include <CoDrive/streams/stream.h>

#include <qcoroasyncgenerator.h>
#include <qcorogenerator.h>
#include <qcorotask.h>

#include <concepts>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace CoDrive {

namespace detail {

template<typename X>
inline constexpr bool isStream = false;
template<typename T>
inline constexpr bool isStream<Stream<T>> = true;

/// A range whose elements are taken one by one; it is advanced only when it is asked.
template<typename R>
class RangeItems
{
public:
    using Item = std::ranges::range_value_t<R>;

    explicit RangeItems(R &&range)
        : m_range(std::move(range))
    {
    }
    /// Before the first element was taken.
    RangeItems(RangeItems &&other)
        : m_range(std::move(other.m_range))
    {
    }

    std::optional<Item> next()
    {
        if (m_position)
            ++*m_position;
        else
            m_position.emplace(std::ranges::begin(m_range));
        if (*m_position == std::ranges::end(m_range))
            return std::nullopt;
        // What a view shows belongs to others.
        if constexpr (std::ranges::view<R> && std::constructible_from<Item, std::ranges::range_reference_t<R>>)
            return std::optional<Item>(**m_position);
        else
            return std::optional<Item>(std::ranges::iter_move(*m_position));
    }

private:
    R m_range;
    std::optional<std::ranges::iterator_t<R>> m_position;
};

template<typename R>
std::optional<std::size_t> sizeOf([[maybe_unused]] R &range)
{
    if constexpr (std::ranges::sized_range<R>)
        return static_cast<std::size_t>(std::ranges::size(range));
    else
        return std::nullopt;
}

template<typename R>
Stream<std::ranges::range_value_t<R>> streamItems(RangeItems<R> items)
{
    for (;;) {
        std::optional<std::ranges::range_value_t<R>> item = items.next();
        if (!item)
            co_return;
        co_yield *std::move(item);
    }
}

/// What a generator has yielded. Mostly that is a variable of its own, with which it goes on.
template<typename T>
auto yielded(T &item)
{
    using Item = std::remove_const_t<T>;
    if constexpr (std::copy_constructible<Item>)
        return std::optional<Item>(std::as_const(item));
    else
        return std::optional<Item>(std::move(item));
}

/// Holds a generator. Up to QCoro 0.8 one that was moved from still destroys its coroutine.
template<typename T>
class GeneratorHolder
{
public:
    explicit GeneratorHolder(QCoro::Generator<T> &&generator)
        : m_generator(std::move(generator))
    {
        Emptied emptied;
        generator = std::move(emptied.generator);
    }
    GeneratorHolder(GeneratorHolder &&) = delete;

    QCoro::Generator<T> &operator*() noexcept { return m_generator; }

private:
    // The assignment leaves a second owner, which must not destroy.
    union Emptied {
        Emptied()
            : generator(nothing())
        {
        }
        ~Emptied() { }
        QCoro::Generator<T> generator;
    };
    static QCoro::Generator<T> nothing() { co_return; }

    QCoro::Generator<T> m_generator;
};

template<typename T>
Stream<std::remove_cvref_t<T>> streamGenerator(std::unique_ptr<GeneratorHolder<T>> holder)
{
    auto position = (**holder).begin();
    const auto end = (**holder).end();
    while (position != end) {
        std::optional<std::remove_cvref_t<T>> item = yielded(*position);
        co_yield *std::move(item);
        ++position;
    }
}

/// A generator and how far it has come, shared with the coroutine that advances it, which cannot
/// be cancelled.
template<typename T>
class GeneratorState
{
public:
    using Item = std::remove_cvref_t<T>;

    explicit GeneratorState(QCoro::AsyncGenerator<T> &&generator) noexcept
        : m_generator(std::move(generator))
    {
    }

    static QCoro::Task<> advance(std::shared_ptr<GeneratorState> state)
    {
        state->m_isAdvanced = false;
        try {
            if (state->m_position) {
                co_await ++*state->m_position;
            } else {
                auto position = co_await state->m_generator.begin();
                state->m_position.emplace(std::move(position));
            }
        } catch (...) {
            state->m_error = std::current_exception();
        }
        state->m_isAdvanced = true;
    }
    static Task<> finishAdvance(QCoro::Task<> advancing) { co_await std::move(advancing); }

    /// Whether there is a step that nobody has taken yet.
    bool isAdvanced() const noexcept { return m_isAdvanced; }
    /// Takes that step: an item, the end, or the error.
    std::optional<Item> take()
    {
        m_isAdvanced = false;
        if (m_error)
            std::rethrow_exception(std::exchange(m_error, nullptr));
        if (*m_position == m_generator.end())
            return std::nullopt;
        return yielded(**m_position);
    }

private:
    QCoro::AsyncGenerator<T> m_generator;
    std::optional<typename QCoro::AsyncGenerator<T>::iterator> m_position;
    std::exception_ptr m_error;
    bool m_isAdvanced = false;
};

template<typename T>
class GeneratorEngine final : public StreamEngineOf<std::remove_cvref_t<T>>
{
    using State = GeneratorState<T>;
    using Item = typename State::Item;

public:
    explicit GeneratorEngine(QCoro::AsyncGenerator<T> &&generator)
        : m_state(std::make_shared<State>(std::move(generator)))
    {
    }

    bool goesOn() const noexcept override { return true; }

protected:
    Stream<Item> body() override
    {
        for (;;) {
            if (!m_ask.isRunning() && !m_state->isAdvanced()) {
                QCoro::Task<> advancing = State::advance(m_state);
                if (!advancing.isReady())
                    m_ask.start(State::finishAdvance(std::move(advancing)), Loop::current().independent());
            }
            if (m_ask.isRunning())
                co_await m_ask.waitForEnd();
            std::optional<Item> item = m_state->take();
            if (!item)
                co_return;
            co_yield *std::move(item);
        }
    }

private:
    std::shared_ptr<State> m_state;
    DetachedAsk m_ask;
};

} // namespace detail

/// The stream itself. Like aiodrive's ensure_aiter.
template<typename T>
[[nodiscard]] Stream<T> &toStream(Stream<T> &stream) noexcept
{
    return stream;
}
/// The stream itself, moved.
template<typename T>
[[nodiscard]] Stream<T> toStream(Stream<T> &&stream) noexcept
{
    return std::move(stream);
}

/// The elements of \a range, which is copied or moved into the stream, without suspension. A lazy
/// view is advanced only by next(), which throws what advancing it throws.
template<typename R>
    requires std::ranges::input_range<std::remove_cvref_t<R>>
[[nodiscard]] auto toStream(R &&range)
{
    using Range = std::remove_cvref_t<R>;
    Range own(std::forward<R>(range));
    const std::optional<std::size_t> size = detail::sizeOf(own);
    auto stream = detail::streamItems<Range>(detail::RangeItems<Range>(std::move(own)));
    stream.setSize(size);
    return stream;
}

/// What \a generator gives, on the thread of who asks. The generator cannot be cancelled: a caller
/// that is cancelled waits for its next item or end, which is then given with the request kept.
/// When the stream is destroyed meanwhile, the generator is destroyed once its own wait is over.
/// The items are copies, if their type has any: the generator may go on with what it yielded.
template<typename T>
[[nodiscard]] Stream<std::remove_cvref_t<T>> toStream(QCoro::AsyncGenerator<T> &&generator)
{
    return Stream<std::remove_cvref_t<T>>(
        std::make_shared<detail::GeneratorEngine<T>>(std::move(generator)), std::nullopt);
}

/// What \a generator gives, without suspension; copied as above.
template<typename T>
[[nodiscard]] Stream<std::remove_cvref_t<T>> toStream(QCoro::Generator<T> &&generator)
{
    return detail::streamGenerator<T>(
        std::make_unique<detail::GeneratorHolder<T>>(std::move(generator)));
}

} // namespace CoDrive
