// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
// No #pragma once: it is compiled as a file of its own.
#ifndef REFUSED_H
#define REFUSED_H

// What refused.cpp includes, compiled once for all that must not compile.

#include <CoDrive/tasks/awaitables.h>
#include <CoDrive/tasks/cancelscope.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/context.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/suppress.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskpool.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>

#include <QString>

#endif
