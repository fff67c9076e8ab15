// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// S of the cases: an object with signals, and a thread to let it live in.

#include <QCoreApplication>
#include <QEvent>
#include <QMetaMethod>
#include <QObject>
#include <QString>
#include <QThread>

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <utility>

namespace Words {

/// Whose emissions must not be needed to be known to the meta-type system.
struct Unregistered
{
    int value = 0;
};

class S : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    void emitPriv(int value) { Q_EMIT priv(value, QPrivateSignal()); }
    /// Whether anything is connected to any signal.
    bool isConnected() const
    {
        const QMetaObject *const meta = metaObject();
        for (int i = 0; i < meta->methodCount(); ++i) {
            if (meta->method(i).methodType() == QMetaMethod::Signal
                && isSignalConnected(meta->method(i)))
                return true;
        }
        return false;
    }

Q_SIGNALS:
    void none();
    void one(int value);
    void two(int value, const QString &text);
    void priv(int value, QPrivateSignal);
    void reference(const QString &text);
    void odd(const Words::Unregistered &value);
};

/// T of the cases: a thread with an event loop. Functions run there in order; they are handed over under
/// a mutex that ThreadSanitizer can see.
class Worker
{
public:
    Worker()
    {
        m_receiver.moveToThread(&m_thread);
        m_thread.start();
        // Made first, it is destroyed last among the thread's own objects: a loop is closed by then.
        run([this] {
            struct Last
            {
                std::shared_ptr<std::promise<void>> isOver;
                ~Last() { isOver->set_value(); }
            };
            static thread_local Last last{m_isOver};
        });
    }
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;
    ~Worker()
    {
        if (m_thread.isRunning())
            end();
    }

    QThread *thread() { return &m_thread; }
    /// Runs \a function there and waits for it.
    template<typename Function>
    void run(Function function)
    {
        std::promise<void> isDone;
        post([&isDone, &function] {
            function();
            isDone.set_value();
        });
        isDone.get_future().wait();
    }
    /// Lets \a function run there.
    void post(std::function<void()> function)
    {
        {
            const std::scoped_lock lock(m_receiver.mutex);
            m_receiver.functions.push_back(std::move(function));
        }
        QCoreApplication::postEvent(&m_receiver, new QEvent(QEvent::User));
    }
    /// Ends the event loop, and waits until the thread is gone; on Qt 6.4 QThread::wait() returns
    /// before thread_local objects are destroyed.
    void end()
    {
        m_thread.quit();
        m_thread.wait();
        m_isOver->get_future().wait();
    }

private:
    class Receiver : public QObject
    {
    public:
        bool event(QEvent *event) override
        {
            if (event->type() != QEvent::User)
                return QObject::event(event);
            std::function<void()> function;
            {
                const std::scoped_lock lock(mutex);
                function = std::move(functions.front());
                functions.pop_front();
            }
            function();
            return true;
        }

        std::mutex mutex;
        std::deque<std::function<void()>> functions;
    };

    const std::shared_ptr<std::promise<void>> m_isOver = std::make_shared<std::promise<void>>();
    Receiver m_receiver;
    QThread m_thread;
};

} // namespace Words
