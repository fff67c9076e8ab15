// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// What the tests of this room share: a QML engine, objects made from QML text, and what nobody awaited.
//
//     QmlScene scene;
//     const auto item = scene.make("property bool on: command.running", {{"command", &c}});
//     QCOMPARE(item->property("on"), false);

#include "words.h"

#include <CoDrive/core/unhandled.h>

#include <QQmlComponent>
#include <QQmlContext>
#include <QQmlEngine>
#include <QVariantMap>

#include <memory>
#include <optional>

namespace Words {

/// An engine and what QML made.
class QmlScene
{
public:
    QmlScene()
        : m_engine(std::make_unique<QQmlEngine>())
    {
    }

    /// Whether a QML module is installed.
    static bool hasModule(const QByteArray &name)
    {
        QQmlEngine engine;
        QQmlComponent component(&engine);
        component.setData("import QtQml\nimport " + name + "\nQtObject {}", {});
        return component.isReady();
    }

    /// An object of the type \a type with \a body in it, for which \a names are properties.
    std::unique_ptr<QObject> make(const QByteArray &body, const QVariantMap &names = {},
                                  const QByteArray &type = "QtObject", const QByteArray &imports = {})
    {
        QByteArray text = "import QtQml\nimport CoDrive\n" + imports + "\n" + type + " {\n";
        for (auto name = names.begin(); name != names.end(); ++name)
            text += "    required property var " + name.key().toUtf8() + "\n";
        QQmlComponent component(m_engine.get());
        component.setData(text + body + "\n}\n", QUrl("test.qml"));
        std::unique_ptr<QObject> object(component.createWithInitialProperties(names));
        if (!object)
            qCritical().noquote() << component.errorString();
        return object;
    }

    QQmlEngine *engine() const { return m_engine.get(); }
    void destroyEngine() { m_engine.reset(); }

private:
    std::unique_ptr<QQmlEngine> m_engine;
};

/// A QObject as a value for QML.
inline QVariant asValue(QObject *object)
{
    return QVariant::fromValue(object);
}

/// Collects the errors that nobody awaited.
class UnhandledErrors
{
public:
    UnhandledErrors()
    {
        setUnhandledErrorHandler(
            [this](const std::exception_ptr &error, const TaskInfo &) { m_texts << text(error); });
    }
    UnhandledErrors(UnhandledErrors &&) = delete;
    ~UnhandledErrors() { setUnhandledErrorHandler({}); }

    QStringList texts() const { return m_texts; }

private:
    QStringList m_texts;
};

} // namespace Words
