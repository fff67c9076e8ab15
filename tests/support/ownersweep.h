// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Destroys the owner of a scenario before the n-th thing that happens to it, for every n until it ends by itself.
//
//     const int runs = sweepOwner([](TaskScope &scope) { scope.spawn(work()); });
//
// The loop resumes one task at a time, each by an event of its own: before each event that comes, be it a resumption, a
// deadline or something of Qt's, the owner is destroyed in one of the runs. Whatever the scenario needs besides the
// owner it returns, to be kept until the run is over. Time is virtual; what other threads do is waited for.

#include "words.h"

#include <QCoreApplication>
#include <QPointer>

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>

namespace Words {

namespace detail {

/// Calls a function before the n-th event.
class BeforeEvent final : public QObject
{
public:
    BeforeEvent(int n, std::function<void()> function)
        : m_left(n)
        , m_function(std::move(function))
    {
        QCoreApplication::instance()->installEventFilter(this);
    }

protected:
    bool eventFilter(QObject *receiver, QEvent *) override
    {
        if (m_left-- != 0)
            return false;
        const QPointer<QObject> target(receiver);
        m_function();
        return !target; // it may have been the owner's
    }

private:
    int m_left;
    const std::function<void()> m_function;
};

/// False: it has ended by itself.
inline bool isDestroyedBefore(int n, const std::function<std::shared_ptr<void>(TaskScope &)> &start)
{
    VirtualClock clock;
    CoDrive::detail::Loop::current().setDrainBudget(0ns);
    std::optional<TaskScope> owner(std::in_place);
    owner->onError([](std::exception_ptr, const TaskInfo &) { });
    std::shared_ptr<void> kept;
    {
        const BeforeEvent filter(n, [&] { owner.reset(); });
        kept = start(*owner);
        while (owner && owner->count() > 0) {
            clock.advance(5ms);
            if (CoDrive::detail::Loop::current().isBusyElsewhere())
                std::this_thread::sleep_for(100us);
            else
                std::this_thread::yield();
        }
    }
    const bool isDestroyed = !owner;
    owner.reset();
    // What is left on purpose, by shieldEach() say, ends now.
    clock.advance(1h);
    return isDestroyed;
}

} // namespace detail

/// \param start starts tasks in the scope it is given; it may return a std::shared_ptr of what they need. Returns the
/// number of runs; 0 when something was left, which fails the test.
template<typename Start>
int sweepOwner(Start start)
{
    const auto startOne = [&](TaskScope &scope) -> std::shared_ptr<void> {
        if constexpr (std::is_void_v<std::invoke_result_t<Start &, TaskScope &>>) {
            start(scope);
            return nullptr;
        } else {
            return start(scope);
        }
    };
    for (int n = 0;; ++n) {
        const bool isDestroyed = detail::isDestroyedBefore(n, startOne);
        CoDrive::detail::Loop::current().setDrainBudget(5ms);
        const QString left = leftBehind();
        const QByteArray where = QStringLiteral("destroyed before event %1: %2 left").arg(n).arg(left).toUtf8();
        if (!QTest::qVerify(left.isEmpty(), "nothing is left", where, __FILE__, __LINE__))
            return 0;
        if (!isDestroyed)
            return n + 1;
    }
}

} // namespace Words
