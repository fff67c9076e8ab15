// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "window.h"

#include "backend.h"

#include <QGuiApplication>
#include <QQmlApplicationEngine>

int showWindow(const std::string &folder, int jobs)
{
    // Destroyed in reverse: first what is shown, then what works.
    Backend backend(folder, jobs);
    QQmlApplicationEngine engine;
    engine.setInitialProperties({{QStringLiteral("backend"), QVariant::fromValue<QObject *>(&backend)}});
    engine.load(QUrl(QStringLiteral("qrc:/dupefinder/Main.qml")));
    return engine.rootObjects().isEmpty() ? 1 : QGuiApplication::exec();
}
