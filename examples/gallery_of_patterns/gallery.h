// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The patterns at work in a pretended world.

#include "world.h"

#include <vector>

namespace Gallery {

/// A pattern, and something for it to do.
class Demo
{
public:
    Demo(const char *demoName, CoDrive::Task<> (*demo)(Say))
        : name(QString::fromUtf8(demoName))
        , start(demo)
    {
    }
    QString name;
    CoDrive::Task<> (*start)(Say);
};

std::vector<Demo> demos();

} // namespace Gallery
