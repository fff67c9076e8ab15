// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// gallery_of_patterns [NAME...]: shows the patterns of these names, else all; the last one ends with Ctrl-C.

#include "gallery.h"

#include <CoDrive/core/run.h>

#include <QCoreApplication>
#include <QStringList>

#include <cstdio>

int main(int argc, char *argv[])
{
    const QCoreApplication app(argc, argv);
    const QStringList wanted = QCoreApplication::arguments().mid(1);
    const Gallery::Say say = [](const QString &line) {
        std::puts(qPrintable(line));
        std::fflush(stdout);
    };
    for (const Gallery::Demo &demo : Gallery::demos()) {
        if (wanted.isEmpty() || wanted.contains(demo.name)) {
            say(QStringLiteral("--- %1").arg(demo.name));
            CoDrive::run(demo.start(say));
        }
    }
    return 0;
}
