// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The values of TaskLocals that a task sees: an immutable chain, shared with whom it starts.

#include <QExplicitlySharedDataPointer>
#include <QSharedData>

namespace CoDrive::detail {

class LocalBinding;
using LocalBindings = QExplicitlySharedDataPointer<LocalBinding>;

class LocalBinding : public QSharedData
{
public:
    LocalBinding(const void *key, LocalBindings outer);
    virtual ~LocalBinding();

    const void *key() const noexcept { return m_key; }
    const LocalBindings &outer() const noexcept { return m_outer; }
    /// A copy of this around \a outer, when it still means something where the LocalScope ends that it was
    /// made in; else null.
    virtual LocalBinding *copyAround(const LocalBindings &outer) const;

private:
    const void *m_key;
    LocalBindings m_outer;
};

/// The innermost binding of \a key that the running task sees, or null.
const LocalBinding *findLocal(const void *key) noexcept;

/// What the running task, or else the code on this thread, sees: the bindings as a whole.
LocalBindings currentLocals();

/// What code on this thread that belongs to no task sees (AdoptedLocals); null: nothing.
const LocalBindings *adoptedLocals() noexcept;

class FrameBase;
class StartedTask;

/// While it lives, code on this thread that belongs to no task, and what that starts, sees \a bindings.
class AdoptedLocals
{
public:
    explicit AdoptedLocals(const LocalBindings &bindings) noexcept;
    AdoptedLocals(AdoptedLocals &&) = delete;
    ~AdoptedLocals();

private:
    const LocalBindings *m_outer;
};

/// While it lives, the running task and what it starts see \a bindings. A local of a frame.
class LocalScope
{
public:
    explicit LocalScope(LocalBindings bindings);
    LocalScope(LocalScope &&) = delete;
    ~LocalScope();

    /// Frames of \a from belong to \a to now, which sees what they saw: so do the scopes in them.
    static void follow(StartedTask &from, StartedTask &to) noexcept;

private:
    StartedTask *m_task;
    const FrameBase *m_frame;
    LocalScope *m_outerScope; ///< of the same task
    const LocalBinding *m_own;
    LocalBindings m_outer;
};

} // namespace CoDrive::detail
