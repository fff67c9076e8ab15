// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/qml/asynccommand.h>

#include <QCoreApplication>
#include <QQmlComponent>
#include <QQmlEngine>

#include <cstdio>
#include <memory>

using namespace CoDrive;

static Task<int> twice(int number)
{
    co_return 2 * number;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    AsyncCommand command{&twice};
    QQmlEngine engine;
    QQmlComponent component(&engine);
    component.setData("import QtQml\nimport CoDrive\n"
                      "QtObject {\n"
                      "    required property AsyncCommand command\n"
                      "    property var result: command.value\n"
                      "    property bool running: command.running\n"
                      "    onRunningChanged: if (!running) Qt.exit(result === 42 ? 0 : 1)\n"
                      "    Component.onCompleted: command.start(21)\n"
                      "}",
                      {});
    QObject::connect(&engine, &QQmlEngine::exit, &app, &QCoreApplication::exit, Qt::QueuedConnection);
    const std::unique_ptr<QObject> object(
        component.createWithInitialProperties({{"command", QVariant::fromValue<QObject *>(&command)}}));
    if (!object) {
        std::fprintf(stderr, "%s\n", qPrintable(component.errorString()));
        return 1;
    }
    return QCoreApplication::exec();
}
