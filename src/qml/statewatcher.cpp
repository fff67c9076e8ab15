// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qml/statewatcher.h>

#include <CoDrive/qml/detail/plainvalue.h>
#include <CoDrive/qml/detail/registration.h>

#include <QLoggingCategory>
#include <QPointer>

namespace CoDrive {

Q_LOGGING_CATEGORY(lcState, "codrive.state")

StateWatcher::StateWatcher(QMetaType type, Write write, QObject *parent)
    : QObject(parent)
    , m_type(type)
    , m_write(std::move(write))
{
    detail::keepQmlTypes();
}

StateWatcher::~StateWatcher() = default;

void StateWatcher::show(const QVariant &value)
{
    if (m_value.valueBypassingBindings() == value)
        return;
    m_value.setValueBypassingBindings(value);
    const QPointer<StateWatcher> alive(this);
    m_value.notify();
    if (alive)
        Q_EMIT valueChanged(value);
}

void StateWatcher::setValue(const QVariant &value)
{
    if (!m_write) {
        qCWarning(lcState, "StateWatcher: the value of a watcher that is not writable was set");
        return;
    }
    QVariant converted = detail::plainValue(value);
    const char *const given = converted.isValid() ? converted.typeName() : "value that is undefined";
    if (m_type != QMetaType::fromType<QVariant>() && !converted.convert(m_type)) {
        qCWarning(lcState, "StateWatcher: a %s does not convert to %s", given, m_type.name());
        return;
    }
    m_write(converted);
}

} // namespace CoDrive
