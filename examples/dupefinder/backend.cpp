// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "backend.h"

#include "finder.h"

#include <CoDrive/core/sleep.h>
#include <CoDrive/qt/signal.h>
#include <CoDrive/tasks/context.h>

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDesktopServices>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QScopeGuard>
#include <QUrl>
#include <QWindow>

#include <filesystem>
#include <stdexcept>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace {

Task<> revealFile(QString path)
{
    const QDBusConnection bus = QDBusConnection::sessionBus();
    if (bus.isConnected()) {
        const QString service = QStringLiteral("org.freedesktop.FileManager1");
        QDBusMessage message = QDBusMessage::createMethodCall(
            service, QStringLiteral("/org/freedesktop/FileManager1"), service, QStringLiteral("ShowItems"));
        message << QStringList(QUrl::fromLocalFile(path).toString(QUrl::FullyEncoded)) << QString();
        QDBusPendingCallWatcher call(bus.asyncCall(message));
        if (!call.isFinished())
            co_await nextSignal(&call, &QDBusPendingCallWatcher::finished);
        if (!call.isError())
            co_return;
    }
    const QString folder = QFileInfo(path).path();
    if (!QDesktopServices::openUrl(QUrl::fromLocalFile(folder)))
        throw std::runtime_error("There is no program to show " + folder.toStdString());
}

std::string absolutePath(const std::string &path)
{
    const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
    const bool endsInSlash = !absolute.has_filename() && absolute.has_relative_path();
    return endsInSlash ? absolute.parent_path() : absolute;
}

} // namespace

Backend::Backend(const std::string &folder, int jobs)
    : m_firstPath(absolutePath(folder))
    , m_firstFolder(QFile::decodeName(m_firstPath.c_str()))
    , m_jobs(jobs)
    , m_folder(m_firstFolder)
    , m_watcher(watch(m_progress, this))
    , m_reveal(&revealFile, {.policy = CommandPolicy::Parallel})
{
}

void Backend::setFolder(const QString &folder)
{
    if (m_folder == folder)
        return;
    m_folder = folder;
    Q_EMIT folderChanged();
}

void Backend::setComplete(bool isComplete)
{
    if (m_isComplete == isComplete)
        return;
    m_isComplete = isComplete;
    Q_EMIT isCompleteChanged();
}

Task<> Backend::find()
{
    setComplete(false);
    m_groups.clear();
    m_problems.setStringList({});
    m_progress.set(Progress());
    const std::string path
        = m_folder == m_firstFolder ? m_firstPath : QFile::encodeName(m_folder).toStdString();
    if (!std::filesystem::is_directory(path))
        throw std::runtime_error(m_folder.toStdString() + " is not a folder");

    Finder finder(path, m_jobs, m_progress);
    finder.onProblem = [this](const std::string &problem) { addProblem(problem); };
    finder.onHashed = [this](const File &file) { m_groups.add(file); };
    const auto shown = qScopeGuard([this] { m_groups.update(); });
    const auto body = [&finder] { return finder.find(); };
    co_await contextualize(updateGroups(), body);
    setComplete(true);
}

Task<> Backend::updateGroups()
{
    for (;;) {
        co_await sleepFor(50ms);
        m_groups.update();
    }
}

void Backend::addProblem(const std::string &problem)
{
    const int row = m_problems.rowCount();
    m_problems.insertRow(row);
    m_problems.setData(m_problems.index(row), QString::fromLocal8Bit(problem));
}

Task<> Backend::chooseFolder()
{
    QFileDialog dialog(nullptr, tr("Choose a Folder"), m_folder);
    dialog.setFileMode(QFileDialog::Directory);
    dialog.setOption(QFileDialog::ShowDirsOnly);
    dialog.setWindowModality(Qt::ApplicationModal);
    dialog.winId(); // makes the handle
    dialog.windowHandle()->setTransientParent(QGuiApplication::focusWindow());
    dialog.open();
    const int result = co_await nextSignal(&dialog, &QDialog::finished);
    if (result == QDialog::Accepted)
        setFolder(dialog.selectedFiles().first());
}
