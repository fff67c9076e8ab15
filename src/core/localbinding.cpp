// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/detail/localbinding.h>

#include <CoDrive/core/detail/loop.h>

#include <new>
#include <utility>
#include <vector>

namespace CoDrive::detail {

LocalBinding::LocalBinding(const void *key, LocalBindings outer)
    : m_key(key)
    , m_outer(std::move(outer))
{
}

LocalBinding::~LocalBinding() = default;

LocalBinding *LocalBinding::copyAround(const LocalBindings &) const
{
    return nullptr;
}

/// Code that runs for a task on a thread without a loop, such as the function of toThread().
static constinit thread_local const LocalBindings *t_adopted = nullptr;

const LocalBinding *findLocal(const void *key) noexcept
{
    const StartedTask *const task = Loop::currentTask();
    const LocalBindings *const bindings = task ? &task->m_locals : t_adopted;
    const LocalBinding *binding = bindings ? bindings->constData() : nullptr;
    while (binding && binding->key() != key)
        binding = binding->outer().constData();
    return binding;
}

LocalBindings currentLocals()
{
    const StartedTask *const task = Loop::currentTask();
    return task ? task->m_locals : t_adopted ? *t_adopted : LocalBindings();
}

const LocalBindings *adoptedLocals() noexcept
{
    return t_adopted;
}

LocalScope::LocalScope(LocalBindings bindings)
    : m_task(Loop::currentTask())
    , m_frame(m_task->currentFrame())
    , m_outerScope(std::exchange(m_task->m_localScope, this))
    , m_own(bindings.constData())
    , m_outer(std::exchange(m_task->m_locals, std::move(bindings)))
{
}

LocalScope::~LocalScope()
{
    m_task->m_localScope = m_outerScope;
    // What was bound inside and lasts longer, the innermost first.
    std::vector<const LocalBinding *> inside;
    const LocalBinding *binding = m_task->m_locals.constData();
    try {
        for (; binding && binding != m_own; binding = binding->outer().constData())
            inside.push_back(binding);
        for (; binding && !inside.empty(); inside.pop_back()) {
            if (LocalBinding *const copy = inside.back()->copyAround(m_outer))
                m_outer = LocalBindings(copy);
        }
    } catch (const std::bad_alloc &) {
        // It counts as bound in the scope only.
    }
    m_task->m_locals = std::move(m_outer);
}

void LocalScope::follow(StartedTask &from, StartedTask &to) noexcept
{
    to.m_localScope = from.m_localScope;
    LocalScope **end = &to.m_localScope;
    while (*end && (*end)->m_frame->m_task == &to) {
        (*end)->m_task = &to;
        from.m_locals = (*end)->m_outer;
        end = &(*end)->m_outerScope;
    }
    from.m_localScope = std::exchange(*end, nullptr);
}

AdoptedLocals::AdoptedLocals(const LocalBindings &bindings) noexcept
    : m_outer(std::exchange(t_adopted, &bindings))
{
}

AdoptedLocals::~AdoptedLocals()
{
    t_adopted = m_outer;
}

} // namespace CoDrive::detail
