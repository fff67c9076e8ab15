// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What Latch and ThreadsafeEvent share: a flag, and who waits for one of its changes.

#include <CoDrive/threads/detail/waitqueue.h>

#include <memory>

namespace CoDrive::detail {

enum class LatchWish { Set, Unset, AnyChange };

class LatchEntry : public WaitEntry
{
public:
    LatchWish m_wish = LatchWish::AnyChange;
    bool m_result = false; ///< what the change that ended the wait brought
};

class LatchCore final : public WaitQueue
{
public:
    using WaitQueue::WaitQueue;

    bool isSet();
    /// Wakes those who wait for this.
    void change(bool isSet);
    void destroy();
    /// Blocks this thread. \throws ObjectDestroyed
    bool waitSync(LatchWish wish);

    /// With the mutex held.
    bool isFulfilled(LatchWish wish) const noexcept
    {
        return wish != LatchWish::AnyChange && m_isSet == (wish == LatchWish::Set);
    }
    bool isSetNow() const noexcept { return m_isSet; }

private:
    bool m_isSet = false;
};

class LatchOperation : public QueueOperationWith<LatchEntry>
{
public:
    LatchOperation(LatchOperation &&) noexcept = default;

    bool isReady();
    bool start();

protected:
    LatchOperation(std::shared_ptr<LatchCore> core, LatchWish wish) noexcept
        : QueueOperationWith(core)
        , m_core(*core)
        , m_wish(wish)
    {
    }
    ~LatchOperation() { finish(); }

    /// What the change brought.
    bool takeChange();

private:
    LatchCore &m_core;
    LatchWish m_wish;
};

/// Waits for a certain state.
class LatchWait final : public LatchOperation, public AwaitableInAnyCoroutine<LatchWait>
{
public:
    using Result = void;

    LatchWait(std::shared_ptr<LatchCore> core, LatchWish wish) noexcept
        : LatchOperation(std::move(core), wish)
    {
    }
    LatchWait(LatchWait &&) noexcept = default;

    void takeResult() { takeChange(); }
};

/// Waits for any change.
class LatchChange final : public LatchOperation, public AwaitableInAnyCoroutine<LatchChange>
{
public:
    using Result = bool;

    explicit LatchChange(std::shared_ptr<LatchCore> core) noexcept
        : LatchOperation(std::move(core), LatchWish::AnyChange)
    {
    }
    LatchChange(LatchChange &&) noexcept = default;

    bool takeResult() { return takeChange(); }
};

} // namespace CoDrive::detail
