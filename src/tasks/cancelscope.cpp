// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/cancelscope.h>

#include <stdexcept>

namespace CoDrive {

void CancelScope::cancel(const QString &reason) const
{
    if (!m_link->scope)
        throw std::logic_error("CoDrive::CancelScope::cancel: the scope has ended");
    m_link->scope->cancel(reason);
}

namespace detail {

CancelScopeBase::~CancelScopeBase()
{
    if (m_link)
        m_link->scope = nullptr;
}

CancelScope CancelScopeBase::makeScope()
{
    m_link = std::make_shared<CancelScopeLink>(CancelScopeLink{this});
    return CancelScope(m_link);
}

void CancelScopeBase::cancel(const QString &reason) noexcept
{
    if (!reason.isEmpty())
        body()->setReason(reason);
    if (std::exchange(m_isScopeCancelled, true))
        requestChildren();
    else
        cancelChildren();
}

void CancelScopeBase::onChildEnded(StartedTask &) noexcept
{
    m_link->scope = nullptr;
}

bool CancelScopeBase::hasResult() const noexcept
{
    return !body()->isCancelled() || (m_isScopeCancelled && !isRequestedFromOutside());
}

} // namespace detail

} // namespace CoDrive
