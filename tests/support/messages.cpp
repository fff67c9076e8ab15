// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "messages.h"

#include <QList>

#include <mutex>
#include <utility>

namespace Words {

namespace {

std::mutex s_mutex;
QList<std::pair<QString, QString>> s_messages;

void capture(QtMsgType, const QMessageLogContext &context, const QString &text)
{
    const std::scoped_lock lock(s_mutex);
    s_messages.append({QString::fromUtf8(context.category), text});
}

} // namespace

MessageCapture::MessageCapture()
{
    {
        const std::scoped_lock lock(s_mutex);
        s_messages.clear();
    }
    m_before = qInstallMessageHandler(capture);
}

MessageCapture::~MessageCapture()
{
    qInstallMessageHandler(m_before);
}

QStringList MessageCapture::texts(const char *category) const
{
    const std::scoped_lock lock(s_mutex);
    QStringList texts;
    for (const auto &[from, text] : std::as_const(s_messages)) {
        if (!category || from == QLatin1String(category))
            texts << text;
    }
    return texts;
}

} // namespace Words
