// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// gallery_of_patterns [NAME...]: shows the patterns of these names, else all; the last one ends with Ctrl-C.

#include "gallery.h"

#include <CoDrive/core/run.h>

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cstdio>
#include <vector>

int main(int argc, char *argv[])
{
    const QCoreApplication app(argc, argv);
    const QStringList wanted = QCoreApplication::arguments().mid(1);
    const Gallery::Say say = [](const QString &line) {
        std::puts(qPrintable(line));
        std::fflush(stdout);
    };
    const std::vector<Gallery::Demo> demos = Gallery::demos();
    for (const QString &name : wanted) {
        if (std::ranges::find(demos, name, &Gallery::Demo::name) == demos.end()) {
            std::fprintf(stderr, "gallery_of_patterns: there is no pattern \"%s\", only", qPrintable(name));
            for (const Gallery::Demo &demo : demos)
                std::fprintf(stderr, " %s", qPrintable(demo.name));
            std::fputs("\n", stderr);
            return 2;
        }
    }
    for (const Gallery::Demo &demo : demos) {
        if (wanted.isEmpty() || wanted.contains(demo.name)) {
            say(QStringLiteral("--- %1").arg(demo.name));
            CoDrive::run(demo.start(say));
        }
    }
    return 0;
}
