// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// CODRIVE_TEST: a Qt Test slot written as a coroutine.
//
//     class TestLoader : public QObject
//     {
//         Q_OBJECT
//     private Q_SLOTS:
//         void loads() { CODRIVE_TEST(loadsTask()); }
//     private:
//         Task<> loadsTask()
//         {
//             const QByteArray data = co_await load();
//             CODRIVE_COMPARE(data, "x");
//         }
//     };

#include <CoDrive/core/run.h>
#include <CoDrive/core/task.h>

#include <QTest>

/// Runs the Task \a task in the body of a test slot. An exception that leaves it fails the test.
#define CODRIVE_TEST(task) \
    do { \
        try { \
            ::CoDrive::run(task); \
        } catch (const std::exception &error) { \
            QFAIL(error.what()); \
        } catch (...) { \
            QFAIL("unknown exception"); \
        } \
    } while (false)

/// QVERIFY in a coroutine: ends it when \a condition is false. No co_await inside (rule M).
#define CODRIVE_VERIFY(condition) \
    do { \
        if (!QTest::qVerify(static_cast<bool>(condition), #condition, "", __FILE__, __LINE__)) \
            co_return; \
    } while (false)

/// QCOMPARE in a coroutine: ends it when the values differ. No co_await inside (rule M).
#define CODRIVE_COMPARE(actual, expected) \
    do { \
        if (!QTest::qCompare(actual, expected, #actual, #expected, __FILE__, __LINE__)) \
            co_return; \
    } while (false)
