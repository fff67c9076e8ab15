// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/tasks/prime.h>

#include <stdexcept>

namespace CoDrive::detail {

bool PrimedBase::takeOver(SharedTaskBase &child) noexcept
{
    m_child = &child;
    beginStart();
    if (!child.isFinished()) {
        child.owner()->release(child);
        adopt(child);
    }
    return endStart();
}

void dropPrimed(SharedTaskBase &task) noexcept
{
    if (!task.isFinished())
        task.destroy();
    else if (task.outcomeBase().errorPointer() && !task.isErrorTaken())
        task.reportErrorLater();
}

void throwPrimedTwice()
{
    throw std::logic_error("CoDrive::PrimedTask: awaited before, or moved from");
}

} // namespace CoDrive::detail
