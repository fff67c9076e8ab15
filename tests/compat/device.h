// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>
#include <QIODevice>

#include <cstring>

namespace Words {

/// A sequential device whose other side is the test.
class Device : public QIODevice
{
public:
    Device() { open(ReadWrite | Unbuffered); }
    ~Device() { close(); } // as QLocalSocket's and QTcpSocket's do

    bool isSequential() const override { return true; }
    qint64 bytesAvailable() const override { return m_input.size() + QIODevice::bytesAvailable(); }
    qint64 bytesToWrite() const override { return m_unwritten; }
    bool canReadLine() const override { return m_input.contains('\n') || QIODevice::canReadLine(); }
    void receive(const QByteArray &data)
    {
        m_input += data;
        Q_EMIT readyRead();
    }
    void flush() { Q_EMIT bytesWritten(std::exchange(m_unwritten, 0)); }

protected:
    qint64 readData(char *data, qint64 maxSize) override
    {
        const auto size = std::min<qint64>(maxSize, m_input.size());
        std::memcpy(data, m_input.constData(), static_cast<std::size_t>(size));
        m_input.remove(0, static_cast<qsizetype>(size));
        return size;
    }
    qint64 writeData(const char *, qint64 size) override
    {
        m_unwritten += size;
        return size;
    }

private:
    QByteArray m_input;
    qint64 m_unwritten = 0;
};

} // namespace Words
