// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// MessageCapture: what was written through Qt's logging while it lives.
//
//     const MessageCapture messages;
//     doSomething();
//     QCOMPARE(messages.texts("codrive"), QStringList("unhandled error ..."));

#include <QString>
#include <QStringList>
#include <QtGlobal>

namespace Words {

/// Takes all messages of the process, from any thread, in place of the handler before. One at a time.
class MessageCapture
{
public:
    MessageCapture();
    MessageCapture(const MessageCapture &) = delete;
    MessageCapture &operator=(const MessageCapture &) = delete;
    ~MessageCapture();

    /// The texts so far; with a \a category only its own.
    QStringList texts(const char *category = nullptr) const;

private:
    QtMessageHandler m_before;
};

} // namespace Words
