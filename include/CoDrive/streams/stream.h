// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Stream: items one after the other, each of which may have to be waited for.
//
//     Stream<QByteArray> lines(QFile &file)
//     {
//         while (!file.atEnd())
//             co_yield co_await toThread([&] { return file.readLine(); });
//     }
//
//     auto stream = lines(file);
//     while (true) {
//         const std::optional<QByteArray> line = co_await stream.next();
//         if (!line)
//             break;
//         show(*line);
//     }

#include <CoDrive/streams/detail/streambase.h>

#include <qcoroasyncgenerator.h> // QCORO_FOREACH

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace CoDrive {

template<typename T>
class Stream;

namespace detail {

template<typename T>
class StreamPromise;

/// Waits for an item.
template<typename T>
class StreamNextAwaiter : public StreamAsk
{
public:
    explicit StreamNextAwaiter(Stream<T> &stream) noexcept
        : StreamAsk(stream)
    {
    }

    bool await_ready() { return !isBodyReady(); }
    template<std::derived_from<FrameBase> Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter)
    {
        return runBody(waiter.promise());
    }
    std::optional<T> await_resume()
    {
        checkEnd();
        return std::move(m_item);
    }

protected:
    friend class StreamPromise<T>;

    std::optional<T> m_item;
};

/// What Stream::next() gives.
template<typename T>
class [[nodiscard]] StreamNext : public AwaitableInAnyCoroutine<StreamNext<T>>
{
public:
    using Result = std::optional<T>;

    explicit StreamNext(Stream<T> &stream) noexcept
        : m_stream(&stream)
    {
    }
    StreamNext(StreamNext &&) noexcept = default;
    StreamNextAwaiter<T> toFrameAwaiter() { return StreamNextAwaiter<T>(*m_stream); }

private:
    Stream<T> *m_stream;
};

class StreamCloseAwaiter : public StreamAsk
{
public:
    explicit StreamCloseAwaiter(StreamBase &stream) noexcept
        : StreamAsk(stream)
    {
    }

    bool await_ready() { return !canClose(); }
    template<std::derived_from<FrameBase> Promise>
    void await_suspend(std::coroutine_handle<Promise> waiter)
    {
        TaskPromise<void> *const frame = closeEngine().takeFrame();
        frame->setOutcome(m_outcome);
        runClose(waiter.promise(), *frame);
    }
    void await_resume()
    {
        closed();
        setError(m_outcome.error());
        checkEnd();
    }

private:
    Outcome<> m_outcome;
};

/// What Stream::close() gives.
class [[nodiscard]] StreamClose : public AwaitableInAnyCoroutine<StreamClose>
{
public:
    using Result = void;

    explicit StreamClose(StreamBase &stream) noexcept
        : m_stream(&stream)
    {
    }
    StreamClose(StreamClose &&) noexcept = default;
    StreamCloseAwaiter toFrameAwaiter() { return StreamCloseAwaiter(*m_stream); }

private:
    StreamBase *m_stream;
};

template<typename T>
class StreamBegin;
template<typename T>
class StreamAdvance;

} // namespace detail

/// A sequence of items that are asked for one by one with next(): a coroutine that says co_yield, or
/// what the functions of this room return. It can be moved, also while somebody waits in it, and
/// belongs to the thread it was first asked on.
///
/// As a coroutine it is lazy: no code of it runs before the first next(), and between two of them.
/// It runs inside the task that asks, which its co_awaits suspend. When that task is cancelled or
/// destroyed while it waits there, the frames of the stream go with it and the stream has ended.
/// After the end, an error or close(), every next() gives the end.
///
/// Destroying it destroys what runs in it at once, without a wait (law L13); who waits in next() or
/// close() gets ObjectDestroyed. Like an asynchronous generator of Python.
/// \tparam T the items; may be move-only, not a reference
template<typename T>
class [[nodiscard]] Stream : public detail::StreamBase
{
    static_assert(std::is_object_v<T>, "a stream has items, which are no references");

public:
    using promise_type = detail::StreamPromise<T>; ///< what makes it a coroutine type
    using Item = T; ///< what next() gives, in an optional

    /// An iterator for QCORO_FOREACH.
    class iterator;

    /// No stream: next() and close() throw std::logic_error.
    Stream() noexcept = default;
    /// Takes the sequence; \a other is no stream then.
    Stream(Stream &&other) noexcept = default;
    /// Takes the sequence; the one it had is destroyed.
    Stream &operator=(Stream &&other) noexcept = default;

    /// Asks for the next item: nothing happens before it is awaited. Does not suspend when the
    /// item needs no waiting. A cancellation of the caller unwinds the body, and with it the
    /// caller, when the body waits in something that can be withdrawn.
    /// \return to be awaited: the item, or an empty optional for the end
    /// \throws the error of the stream, once; std::logic_error while another task waits in next()
    /// or close(), or when it is moved from; ObjectDestroyed when the stream is destroyed meanwhile
    detail::StreamNext<T> next() noexcept { return detail::StreamNext<T>(*this); }

    /// Ends the stream: a body is destroyed where it stands, without suspension; children are
    /// cancelled and awaited, and then the sources that it owns are closed. Items that nobody took
    /// are dropped. A request made to the caller meanwhile is kept. Closing it twice does nothing.
    /// \return to be awaited: nothing \throws errors that nobody took; std::logic_error while
    /// another task waits in next() or close()
    detail::StreamClose close() noexcept { return detail::StreamClose(*this); }

    /// How many items it gives in all, if that is known; it does not change. Any time.
    std::optional<std::size_t> size() const noexcept { return StreamBase::size(); }

    /// For QCORO_FOREACH: to be awaited.
    detail::StreamBegin<T> begin() noexcept;
    /// For QCORO_FOREACH.
    iterator end() const noexcept { return iterator(); }

    /// \cond internal
    explicit Stream(promise_type *body) noexcept
        : StreamBase(body)
    {
    }
    Stream(std::shared_ptr<detail::StreamEngine> engine, std::optional<std::size_t> size) noexcept
        : StreamBase(std::move(engine), size)
    {
    }
    using StreamBase::takeBody;
    /// \endcond
};

/// Stands at an item of a stream, which it holds.
template<typename T>
class Stream<T>::iterator
{
public:
    iterator() noexcept = default;

    /// The item.
    T &operator*() noexcept { return *m_item; }
    /// To be awaited: asks for the next item, at which it stands then.
    detail::StreamAdvance<T> operator++() noexcept;
    /// Whether both stand at the end.
    bool operator==(const iterator &other) const noexcept
    {
        return m_item.has_value() == other.m_item.has_value();
    }

    /// \cond internal
    iterator(Stream *stream, std::optional<T> &&item) noexcept
        : m_stream(stream)
        , m_item(std::move(item))
    {
    }
    /// \endcond

private:
    Stream *m_stream = nullptr;
    std::optional<T> m_item;
};

namespace detail {

/// Asks for the first item and gives an iterator that holds it.
template<typename T>
class StreamBeginAwaiter : public StreamNextAwaiter<T>
{
public:
    explicit StreamBeginAwaiter(Stream<T> &stream) noexcept
        : StreamNextAwaiter<T>(stream)
        , m_stream(&stream)
    {
    }
    typename Stream<T>::iterator await_resume()
    {
        this->checkEnd();
        return typename Stream<T>::iterator(m_stream, std::move(this->m_item));
    }

private:
    Stream<T> *m_stream;
};

template<typename T>
class [[nodiscard]] StreamBegin : public AwaitableInAnyCoroutine<StreamBegin<T>>
{
public:
    using Result = typename Stream<T>::iterator;

    explicit StreamBegin(Stream<T> &stream) noexcept
        : m_stream(&stream)
    {
    }
    StreamBegin(StreamBegin &&) noexcept = default;
    StreamBeginAwaiter<T> toFrameAwaiter() { return StreamBeginAwaiter<T>(*m_stream); }

private:
    Stream<T> *m_stream;
};

/// Asks for the next item and puts it into an iterator.
template<typename T>
class StreamAdvanceAwaiter : public StreamNextAwaiter<T>
{
public:
    StreamAdvanceAwaiter(Stream<T> &stream, std::optional<T> &place) noexcept
        : StreamNextAwaiter<T>(stream)
        , m_place(place)
    {
    }
    void await_resume()
    {
        this->checkEnd();
        if (this->m_item)
            m_place.emplace(*std::move(this->m_item));
        else
            m_place.reset();
    }

private:
    std::optional<T> &m_place;
};

template<typename T>
class [[nodiscard]] StreamAdvance : public AwaitableInAnyCoroutine<StreamAdvance<T>>
{
public:
    using Result = void;

    StreamAdvance(Stream<T> &stream, std::optional<T> &place) noexcept
        : m_stream(&stream)
        , m_place(&place)
    {
    }
    StreamAdvance(StreamAdvance &&) noexcept = default;
    StreamAdvanceAwaiter<T> toFrameAwaiter() { return StreamAdvanceAwaiter<T>(*m_stream, *m_place); }

private:
    Stream<T> *m_stream;
    std::optional<T> *m_place;
};

template<typename T>
class StreamPromise final : public StreamFrame
{
public:
    StreamPromise() noexcept
        : StreamFrame(std::coroutine_handle<StreamPromise>::from_promise(*this))
    {
    }

    Stream<T> get_return_object() noexcept { return Stream<T>(this); }

    Yield yield_value(T &&item)
    {
        static_cast<StreamNextAwaiter<T> &>(ask()).m_item.emplace(std::move(item));
        return {};
    }
    Yield yield_value(const T &item)
        requires std::copy_constructible<T>
    {
        static_cast<StreamNextAwaiter<T> &>(ask()).m_item.emplace(item);
        return {};
    }
};

/// An engine whose body is a coroutine of its own.
template<typename T>
class StreamEngineOf : public StreamEngine
{
public:
    StreamFrame *makeBody() final { return body().takeBody(); }

protected:
    virtual Stream<T> body() = 0;
};

} // namespace detail

template<typename T>
detail::StreamBegin<T> Stream<T>::begin() noexcept
{
    return detail::StreamBegin<T>(*this);
}

template<typename T>
detail::StreamAdvance<T> Stream<T>::iterator::operator++() noexcept
{
    return detail::StreamAdvance<T>(*m_stream, m_item);
}

} // namespace CoDrive
