// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qml/detail/registration.h>

#include <QtGlobal>

// Generated, see CMakeLists.txt. It is called by a static object beside it.
extern void qml_register_types_CoDrive();

void CoDrive::detail::keepQmlTypes()
{
    void (*volatile const types)() = &qml_register_types_CoDrive;
    Q_UNUSED(types)
}
