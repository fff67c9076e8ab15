// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What the tests of this room share: threads with a loop that the test orders about step by step, plain
// threads, and ways to know that somebody has come to wait.
//
//     LoopThread W;
//     W.call([&] { W.scope().spawn(waiter()); });
//     latch.set();
//     settleAll(W);

#include "words.h"

#include <CoDrive/core/detail/loop.h>
#include <CoDrive/threads/detail/waitqueue.h>

#include <QEventLoop>
#include <QThread>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

namespace Words {

/// Calls functions on the thread of a loop, from that loop.
class LoopCaller
{
public:
    LoopCaller() = default;
    explicit LoopCaller(CoDrive::detail::Loop &loop)
        : m_loop(&loop)
    {
    }

    /// Calls \a function there and waits until it has returned.
    template<typename Function>
    void call(Function function)
    {
        post(std::ref(function))->done.acquire();
    }

    class Call final : public CoDrive::detail::InboxItem, private CoDrive::detail::ReadyItem
    {
    public:
        std::function<void()> function;
        std::binary_semaphore done{0};

        void deliver() noexcept override { CoDrive::detail::Loop::current().makeReady(*this); }

    private:
        void run() override
        {
            function();
            done.release();
        }
    };
    /// Has \a function called there; what is returned must live until then.
    [[nodiscard]] std::shared_ptr<Call> post(std::function<void()> function)
    {
        const auto item = std::make_shared<Call>();
        item->function = std::move(function);
        m_loop->post(item);
        return item;
    }

private:
    CoDrive::detail::LoopPointer m_loop;
};

/// A thread with a loop, made without the room under test, and a scope in it. The scope lives on when the
/// loop has been quit, as long as this object.
class LoopThread
{
public:
    LoopThread()
        : m_thread([this] { run(); })
    {
        m_isRunning.acquire();
    }
    LoopThread(LoopThread &&) = delete;
    ~LoopThread()
    {
        if (m_thread.joinable()) {
            call([this] { m_scope.reset(); });
            quit();
        }
    }

    template<typename Function>
    void call(Function function)
    {
        m_caller.call(std::move(function));
    }
    /// Ends the loop and joins the thread; tasks that wait there are dead from then on.
    void quit()
    {
        call([this] { m_eventLoop->exit(); });
        m_thread.join();
    }
    /// The same, and \a function is called before. What that sends to this loop stays in its inbox.
    template<typename Function>
    void quitAfter(Function function)
    {
        call([&] {
            function();
            m_eventLoop->exit();
        });
        m_thread.join();
    }
    /// The same; tasks that are woken by it get on the ready list, and no further.
    template<typename Function>
    void quitWhenReady(Function function)
    {
        std::shared_ptr<LoopCaller::Call> exit;
        call([&] {
            CoDrive::detail::Loop::current().setDrainBudget(0ns);
            exit = m_caller.post([this] { m_eventLoop->exit(); });
            function();
        });
        m_thread.join();
    }
    TaskScope &scope() { return *m_scope; }
    /// Destroys the tasks, on the thread while it lives.
    void destroyScope()
    {
        if (m_thread.joinable())
            call([this] { m_scope.reset(); });
        else
            m_scope.reset();
    }
    /// Destroys the tasks; others can follow.
    void renewScope()
    {
        call([this] {
            m_scope.reset();
            m_scope.emplace();
        });
    }
    std::thread::id id() const { return m_thread.get_id(); }

    template<typename A>
    auto spawn(A awaitable)
    {
        TaskHandle<AwaitResult<A>> handle;
        call([&] { handle = m_scope->spawn(std::move(awaitable)); });
        return handle;
    }

private:
    void run()
    {
        QEventLoop eventLoop;
        m_eventLoop = &eventLoop;
        m_caller = LoopCaller(CoDrive::detail::Loop::current());
        m_scope.emplace();
        m_isRunning.release();
        eventLoop.exec();
    }

    std::binary_semaphore m_isRunning{0};
    QEventLoop *m_eventLoop = nullptr;
    LoopCaller m_caller;
    std::optional<TaskScope> m_scope;
    std::thread m_thread;
};

/// Lets happen what is ready on home and on \a threads.
template<typename... Threads>
void settleAll(Threads &...threads)
{
    for (int i = 0; i < 3; ++i) {
        (threads.call([] { settle(); }), ...);
        settle();
    }
}

/// How many wait in \a queue now.
inline int waitingAt(CoDrive::detail::WaitQueue &queue)
{
    const std::scoped_lock lock(queue.m_mutex);
    int count = 0;
    for (auto *entry = queue.first(); entry; entry = queue.next(*entry))
        ++count;
    return count;
}

/// Returns when \a count threads or tasks wait at \a object.
template<typename Object>
void untilWaiting(Object &object, int count)
{
    while (waitingAt(*object.core()) != count)
        std::this_thread::yield();
}

/// What several threads log.
class SharedLog
{
public:
    void add(const QString &event)
    {
        const std::scoped_lock lock(m_mutex);
        m_events << event;
    }
    QString take()
    {
        const std::scoped_lock lock(m_mutex);
        return std::exchange(m_events, {}).join(QStringLiteral(", "));
    }

private:
    std::mutex m_mutex;
    QStringList m_events;
};

/// The text of what \a function returns or throws.
template<typename Function>
QString textOfCall(Function function)
{
    using Result = std::invoke_result_t<Function>;
    return text(Outcome<Result>::of(function));
}

/// A thread without event loop; joined by its destructor. Keeps the text of what its function gave.
class PlainThread
{
public:
    template<typename Function>
    explicit PlainThread(Function function)
        : m_thread([this, function = std::move(function)] { m_text = textOfCall(function); })
    {
    }
    PlainThread(PlainThread &&) = delete;
    ~PlainThread()
    {
        if (m_thread.joinable())
            m_thread.join();
    }

    QString text()
    {
        if (m_thread.joinable())
            m_thread.join();
        return m_text;
    }

private:
    QString m_text;
    std::thread m_thread;
};

/// Of a task of any thread: whether it has ended, and how.
class End
{
public:
    QString text()
    {
        const std::scoped_lock lock(m_mutex);
        return m_text;
    }
    std::thread::id thread()
    {
        const std::scoped_lock lock(m_mutex);
        return m_thread;
    }
    void set(const QString &text)
    {
        const std::scoped_lock lock(m_mutex);
        m_text = text;
        m_thread = std::this_thread::get_id();
    }

private:
    std::mutex m_mutex;
    QString m_text = QStringLiteral("waits");
    std::thread::id m_thread;
};

/// Awaits \a awaitable and notes what it gave.
template<typename A>
Task<> noting(End &end, A awaitable)
{
    const InstanceCounter alive;
    const OnDestruction atTheEnd([&end] {
        if (end.text() == QLatin1String("waits"))
            end.set(QStringLiteral("cancelled"));
    });
    const QString result = co_await textOf(std::move(awaitable));
    end.set(result);
}

} // namespace Words
