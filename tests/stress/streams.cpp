// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Trees of streams. Every source numbers its items: a consumer gets each of them once, in order where order is
// promised, and all of them when the tree has come to its end undisturbed.

#include "sender.h"
#include "world.h"

#include <CoDrive/core/errors.h>
#include <CoDrive/core/yield.h>
#include <CoDrive/streams/amass.h>
#include <CoDrive/streams/buffered.h>
#include <CoDrive/streams/collect.h>
#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/merge.h>
#include <CoDrive/streams/queuestream.h>
#include <CoDrive/streams/reduce.h>
#include <CoDrive/streams/repeatperiodically.h>
#include <CoDrive/streams/shieldeach.h>
#include <CoDrive/streams/signalstream.h>
#include <CoDrive/streams/stream.h>
#include <CoDrive/streams/tostream.h>
#include <CoDrive/streams/yieldeach.h>
#include <CoDrive/streams/zipconcurrently.h>
#include <CoDrive/tasks/timeout.h>

namespace Stress {

namespace {

struct Piece
{
    std::size_t source;
    std::size_t number;
};

/// What is known of a tree of streams.
class Tally
{
public:
    struct Source
    {
        std::size_t given = 0;
        std::vector<bool> wasSeen;
    };

    Source &source(std::size_t index) { return m_sources[index]; }
    std::size_t addSource()
    {
        m_sources.emplace_back();
        return m_sources.size() - 1;
    }
    /// An item comes out.
    void see(const Piece &piece)
    {
        Source &from = m_sources.at(piece.source);
        check(piece.number < from.given, "a stream has given what its source has not");
        from.wasSeen.resize(std::max(from.wasSeen.size(), piece.number + 1));
        check(!from.wasSeen[piece.number], "a stream has given an item twice");
        from.wasSeen[piece.number] = true;
        check(!isOrdered || from.wasSeen.size() == piece.number + 1, "a stream has changed the order");
        check(!isOrdered || isDisturbed || piece.number == 0 || from.wasSeen[piece.number - 1],
              "a stream has lost an item");
        ++m_seen;
    }
    /// It has ended.
    void checkEnd() const
    {
        std::size_t given = 0;
        for (const Source &source : m_sources)
            given += source.given;
        check(isDisturbed || given == m_seen, "a stream has ended too early");
    }

    bool isOrdered = true;
    bool isShielded = false; ///< who leaves an ask disturbs nobody
    bool isDisturbed = false; ///< something in it was not run to its end, and its items are missing

private:
    std::vector<Source> m_sources;
    std::size_t m_seen = 0;
};

using TallyPointer = std::shared_ptr<Tally>;

/// In a frame inside a tree.
class Whole
{
public:
    explicit Whole(TallyPointer tally)
        : m_tally(std::move(tally))
    {
    }
    Whole(Whole &&) = delete;
    ~Whole()
    {
        if (!m_isFinished)
            m_tally->isDisturbed = true;
    }
    void finish() { m_isFinished = true; }

private:
    const TallyPointer m_tally;
    bool m_isFinished = false;
};

/// A stream that several tasks may turn to.
struct Shared
{
    Stream<Piece> stream;
    TallyPointer tally;
};

using SharedPointer = std::shared_ptr<Shared>;

/// A queue of numbers that several streams share.
class SharedQueue
{
public:
    void put()
    {
        const bool isPut = queue->tryPut(m_put + 1);
        m_put += isPut;
    }
    void take(int number)
    {
        const int missing = number - m_got - 1;
        check(missing >= 0, "a queue has changed the order");
        check(missing <= m_dropped, "a queue has lost an item");
        m_dropped -= missing;
        m_got = number;
    }
    /// A task was destroyed that may have had one.
    void drop() { ++m_dropped; }
    void checkRest() const
    {
        const qsizetype missing = m_put - m_got - queue->size();
        check(missing >= 0 && missing <= m_dropped, "a queue has lost an item");
    }

    std::unique_ptr<Queue<int>> queue = std::make_unique<Queue<int>>();

private:
    int m_put = 0;
    int m_got = 0;
    int m_dropped = 0;
};

/// Around next(): when an item is there, only a task that is being destroyed does not get it, because a co_yield is a
/// suspension then (law L14).
class Ask
{
public:
    explicit Ask(SharedQueue &queue)
        : m_queue(queue)
        , m_hasItem(queue.queue->size() > 0)
    {
    }
    Ask(Ask &&) = delete;
    ~Ask()
    {
        if (!m_isFinished && m_hasItem)
            m_queue.drop();
    }
    void finish() { m_isFinished = true; }

private:
    SharedQueue &m_queue;
    const bool m_hasItem;
    bool m_isFinished = false;
};

class Streams final : public Room
{
public:
    explicit Streams(World &ownWorld)
        : Room(ownWorld)
    {
        for (auto &sender : m_senders)
            sender = std::make_unique<Words::S>();
    }

    Task<> work(Place place) override;
    void poke() override;
    void release() override;
    void checkEmpty() override;

private:
    /// Waits a little, or fails, and may act.
    Task<> pass(Place place);
    Stream<Piece> count(TallyPointer tally, std::size_t source, int items, Place place);
    Task<Piece> give(TallyPointer tally, Piece piece, Place place);
    std::vector<Task<Piece>> tasks(const TallyPointer &tally, const Place &place);
    Stream<Piece> unzip(TallyPointer tally, Stream<Piece> left, Stream<Piece> right, Place place);
    Stream<Piece> unpack(TallyPointer tally, Stream<Outcome<Piece>> outcomes, Place place);
    Stream<Piece> make(const TallyPointer &tally, const Place &place);
    SharedPointer makeShared(const Place &place);

    Task<> take(SharedPointer shared, bool isOwn, Place place);
    Task<> consume(Place place);
    Task<> consumeShared(Place place);
    Task<> consumeAll(Place place);
    Task<> listen(Place place);
    Task<> repeat(Place place);
    Task<> drain(Place place);

    /// Items below need no more than this.
    Place forInside(const Place &place) const
    {
        return Place(place.record, place.frames, place.levels - 1, true);
    }

    std::array<SharedPointer, 3> m_shared;
    std::array<std::unique_ptr<Words::S>, 2> m_senders;
    std::array<int, 2> m_emitted{};
    std::array<SharedQueue, 2> m_queues;
};

Task<> Streams::pass(Place place)
{
    const Alive alive(world, place);
    if (world.isQuiet)
        co_return;
    ++s_run.step;
    world.maybeAct(12);
    if (world.random.oneIn(60))
        world.throwFault();
    if (world.random.oneIn(2))
        co_await leaf(world, inside(place));
}

Stream<Piece> Streams::count(TallyPointer tally, std::size_t source, int items, Place place)
{
    const Alive alive(world, place);
    Whole whole(tally);
    for (int i = 0; i < items; ++i) {
        co_await pass(inside(place));
        const std::size_t number = tally->source(source).given++;
        co_yield Piece{source, number};
        ++world.segments;
    }
    whole.finish();
}

Task<Piece> Streams::give(TallyPointer tally, Piece piece, Place place)
{
    const Alive alive(world, place);
    Whole whole(tally);
    co_await pass(inside(place));
    whole.finish();
    co_return piece;
}

std::vector<Task<Piece>> Streams::tasks(const TallyPointer &tally, const Place &place)
{
    std::vector<Task<Piece>> result;
    for (int i = world.random.below(4); i > 0; --i) {
        const std::size_t source = tally->addSource();
        tally->source(source).given = 1;
        result.push_back(give(tally, Piece{source, 0}, below(world, place, true)));
    }
    return result;
}

Stream<Piece> Streams::unzip(TallyPointer tally, Stream<Piece> left, Stream<Piece> right, Place place)
{
    const Alive alive(world, place);
    tally->isDisturbed = true; // the longer one is not asked to its end
    auto zipped = zipConcurrently(left, std::move(right));
    for (;;) {
        std::optional<std::tuple<Piece, Piece>> both = co_await zipped.next();
        ++world.segments;
        if (!both)
            break;
        co_yield std::get<0>(*both);
        co_yield std::get<1>(*both);
    }
}

Stream<Piece> Streams::unpack(TallyPointer tally, Stream<Outcome<Piece>> outcomes, Place place)
{
    const Alive alive(world, place);
    Whole whole(tally);
    for (;;) {
        const std::optional<Outcome<Piece>> outcome = co_await outcomes.next();
        ++world.segments;
        if (!outcome)
            break;
        if (outcome->isFailure())
            checkError(outcome->error());
        if (outcome->isSuccess())
            co_yield outcome->value();
    }
    whole.finish();
}

Stream<Piece> Streams::make(const TallyPointer &tally, const Place &place)
{
    Random &random = world.random;
    const Place inner = below(world, place, true);
    const auto source = [&] {
        const std::size_t index = tally->addSource();
        return count(tally, index, random.below(5), inner);
    };
    switch (place.levels <= 0 || world.isFull() ? random.below(3) : random.below(15)) {
    case 0:
    case 1:
        return source();
    case 2: {
        std::vector<Piece> pieces;
        const std::size_t index = tally->addSource();
        for (int i = random.below(4); i > 0; --i)
            pieces.push_back(Piece{index, pieces.size()});
        tally->source(index).given = pieces.size();
        return toStream(std::move(pieces));
    }
    case 3:
        return merge(make(tally, inner), make(tally, inner));
    case 4: {
        Stream<Piece> first = make(tally, inner);
        return merge(std::move(first), source(), source());
    }
    case 5:
    case 6:
    case 7: {
        const bool isOrdered = random.oneIn(2);
        tally->isOrdered = tally->isOrdered && isOrdered;
        const auto function = [this, tally, inner](Piece piece) {
            if (world.random.oneIn(80)) {
                tally->isDisturbed = true;
                world.throwFault();
            }
            return give(tally, piece, below(world, inner, true));
        };
        const MapOptions options{.maxConcurrent = 1 + random.below(3), .ordered = isOrdered};
        return mapConcurrently(function, make(tally, inner), options);
    }
    case 8:
    case 9:
        return buffered(make(tally, inner), 1 + random.below(3));
    case 10:
        tally->isOrdered = false;
        if (random.oneIn(2))
            return amass(tasks(tally, inner), {.sensitive = random.oneIn(2)});
        return amass(tasks(tally, inner), {.maxConcurrent = 1 + random.below(2)});
    case 11:
        tally->isOrdered = false;
        return unpack(tally, asCompleted(tasks(tally, inner), {.maxConcurrent = 1 + random.below(3)}), inner);
    case 12:
        return unzip(tally, make(tally, inner), make(tally, inner), inner);
    case 13:
        return yieldEach(make(tally, inner));
    default:
        // What it leaves running may outlive the owner.
        return shieldEach(make(tally, apart(world, place.levels - 1)));
    }
}

SharedPointer Streams::makeShared(const Place &place)
{
    const auto shared = std::make_shared<Shared>();
    shared->tally = std::make_shared<Tally>();
    shared->tally->isShielded = world.random.oneIn(6);
    if (shared->tally->isShielded)
        shared->stream = shieldEach(make(shared->tally, apart(world, place.levels - 1)));
    else
        shared->stream = make(shared->tally, place);
    return shared;
}

/// Takes some items, and closes the stream now and then.
Task<> Streams::take(SharedPointer shared, bool isOwn, Place place)
{
    const Alive alive(world, place);
    const int most = 1 + world.random.below(12);
    for (int i = 0; i < most && !world.isQuiet; ++i) {
        ++s_run.step;
        Whole whole(shared->tally);
        std::optional<Piece> piece;
        bool hasItem = true;
        bool wasAskedToEnd = false;
        if (isOwn && world.random.oneIn(6)) {
            const auto limit = std::chrono::milliseconds(world.random.below(20) - 1);
            const auto deadline = detail::Loop::current().now() + limit;
            std::optional<std::optional<Piece>> result = co_await moveOnAfter(limit, shared->stream.next());
            wasAskedToEnd = detail::Loop::current().now() >= deadline;
            hasItem = result.has_value();
            if (hasItem)
                piece = *result;
        } else {
            piece = co_await shared->stream.next();
        }
        ++world.segments;
        // Also when it has an item, a stream that was asked to end gives no other.
        wasAskedToEnd = wasAskedToEnd || currentTask().cancelRequested;
        if (!wasAskedToEnd || shared->tally->isShielded)
            whole.finish();
        if (!hasItem)
            continue;
        if (!piece) {
            shared->tally->checkEnd();
            break;
        }
        shared->tally->see(*piece);
        world.maybeAct(20);
    }
    if (!world.random.oneIn(3))
        co_return;
    shared->tally->isDisturbed = true;
    co_await shared->stream.close();
    ++world.segments;
    const std::optional<Piece> end = co_await shared->stream.next();
    check(!end, "a stream that was closed has given an item");
}

Task<> Streams::consume(Place place)
{
    const Alive alive(world, place);
    const SharedPointer own = makeShared(place);
    co_await take(own, true, inside(place));
}

/// Somebody else may ask meanwhile, close the stream, or destroy it.
Task<> Streams::consumeShared(Place place)
{
    const Alive alive(world, place);
    SharedPointer &slot = world.random.oneOf(m_shared);
    if (!slot)
        slot = makeShared(apart(world, place.levels));
    const SharedPointer shared = slot;
    try {
        co_await take(shared, false, inside(place));
    } catch (const std::logic_error &error) {
        const QByteArray text = error.what();
        check(text.contains("next()") || text.contains("close()") || text.contains("moved from")
                  || text.contains("no stream"),
              error.what());
    }
}

Task<> Streams::consumeAll(Place place)
{
    const Alive alive(world, place);
    const SharedPointer own = makeShared(place);
    Whole whole(own->tally);
    if (world.random.oneIn(2)) {
        const std::vector<Piece> pieces = co_await collect(std::move(own->stream));
        ++world.segments;
        for (const Piece &piece : pieces)
            own->tally->see(piece);
    } else {
        const auto add = [&](int sum, const Piece &piece) {
            own->tally->see(piece);
            return sum + 1;
        };
        const int sum = co_await reduce(add, own->stream, 0);
        ++world.segments;
        check(sum >= 0, "a sum is wrong");
    }
    whole.finish();
    // One that was asked to end gives what it has, and no more.
    if (!currentTask().cancelRequested)
        own->tally->checkEnd();
}

/// What a sender emits while there is a stream of it.
Task<> Streams::listen(Place place)
{
    const Alive alive(world, place);
    const auto index = static_cast<std::size_t>(world.random.below(static_cast<int>(m_senders.size())));
    Stream<int> numbers = signalStream(m_senders[index].get(), &Words::S::one);
    int expected = m_emitted[index];
    for (int i = world.random.below(6); i >= 0 && !world.isQuiet; --i) {
        ++s_run.step;
        std::optional<int> number;
        bool hasResult = true;
        if (world.random.oneIn(3)) {
            std::optional<std::optional<int>> result = co_await moveOnAfter(5ms, numbers.next());
            hasResult = result.has_value();
            if (hasResult)
                number = *result;
        } else {
            number = co_await numbers.next();
        }
        ++world.segments;
        if (hasResult && !number)
            break; // its sender is gone
        if (number)
            check(*number == ++expected, "a stream has lost an emission");
    }
}

Task<> Streams::repeat(Place place)
{
    const Alive alive(world, place);
    auto ticks = repeatPeriodically(std::chrono::milliseconds(1 + world.random.below(5)));
    for (int i = world.random.below(5); i >= 0 && !world.isQuiet; --i) {
        ++s_run.step;
        const auto tick = co_await ticks.next();
        ++world.segments;
        check(tick.has_value(), "a stream without end has ended");
    }
}

/// Several streams share the items of a queue: each is got once, in order.
Task<> Streams::drain(Place place)
{
    const Alive alive(world, place);
    SharedQueue &queue = world.random.oneOf(m_queues);
    Stream<int> numbers = toStream(*queue.queue);
    for (int i = world.random.below(4); i >= 0 && !world.isQuiet; --i) {
        ++s_run.step;
        std::optional<int> number;
        {
            Ask ask(queue);
            number = co_await numbers.next();
            ask.finish();
        }
        ++world.segments;
        if (!number)
            break;
        queue.take(*number);
    }
}

Task<> Streams::work(Place place)
{
    const Alive alive(world, place);
    switch (world.isQuiet ? -1 : world.random.below(10)) {
    case -1:
        co_await yieldNow();
        break;
    case 0:
    case 1:
    case 2:
    case 3:
        co_await consume(inside(place));
        break;
    case 4:
    case 5:
        co_await consumeShared(inside(place));
        break;
    case 6:
        co_await consumeAll(inside(place));
        break;
    case 7:
        co_await listen(inside(place));
        break;
    case 8:
        co_await repeat(inside(place));
        break;
    default:
        co_await drain(inside(place));
    }
}

void Streams::poke()
{
    Random &random = world.random;
    const auto index = static_cast<std::size_t>(random.below(2));
    switch (random.below(12)) {
    case 0:
        // Whoever waits in it.
        if (SharedPointer &slot = random.oneOf(m_shared); slot) {
            const SharedPointer shared = std::exchange(slot, nullptr);
            shared->tally->isDisturbed = true;
            shared->stream = Stream<Piece>();
        }
        break;
    case 1:
    case 2:
        if (SharedPointer &slot = random.oneOf(m_shared); !world.isFull()) {
            const SharedPointer old = std::exchange(slot, makeShared(apart(world, 1 + random.below(5))));
        }
        break;
    case 3:
        // Whoever waits in it goes on with the place it had.
        if (const SharedPointer shared = random.oneOf(m_shared)) {
            Stream<Piece> moved;
            world.quietly([&] {
                moved = std::move(shared->stream);
                shared->stream = std::move(moved);
            });
        }
        break;
    case 4:
        if (random.oneIn(4)) {
            world.quietly([&] { m_senders[index] = std::make_unique<Words::S>(); });
            m_emitted[index] = 0;
        }
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        world.quietly([&] { Q_EMIT m_senders[index]->one(++m_emitted[index]); });
        break;
    default:
        world.quietly([&] { m_queues[index].put(); });
    }
}

void Streams::release()
{
    for (SharedPointer &slot : m_shared) {
        if (const SharedPointer shared = std::exchange(slot, nullptr)) {
            shared->tally->isDisturbed = true;
            shared->stream = Stream<Piece>();
        }
    }
    for (std::size_t i = 0; i < m_senders.size(); ++i) {
        m_senders[i] = std::make_unique<Words::S>();
        m_emitted[i] = 0;
        m_queues[i].queue->close();
    }
}

void Streams::checkEmpty()
{
    for (SharedQueue &queue : m_queues) {
        queue.checkRest();
        queue = SharedQueue();
    }
    for (const auto &sender : m_senders)
        check(!sender->isConnected(), "a sender is still connected");
}

const RoomEntry s_entry("streams",
                        [](World &world) -> std::unique_ptr<Room> { return std::make_unique<Streams>(world); });

} // namespace

} // namespace Stress
