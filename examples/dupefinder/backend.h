// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include "groupmodel.h"
#include "progress.h"

#include <CoDrive/core/task.h>
#include <CoDrive/qml/asynccommand.h>
#include <CoDrive/qml/statewatcher.h>

#include <QObject>
#include <QString>
#include <QStringListModel>

#include <string>

/// What the window shows and can do.
class Backend : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString folder READ folder WRITE setFolder NOTIFY folderChanged)
    Q_PROPERTY(bool isComplete READ isComplete NOTIFY isCompleteChanged)
    Q_PROPERTY(GroupModel *groups READ groups CONSTANT)
    Q_PROPERTY(QAbstractItemModel *problems READ problems CONSTANT)
    Q_PROPERTY(CoDrive::StateWatcher *progress READ progress CONSTANT)
    Q_PROPERTY(CoDrive::AsyncCommand *search READ search CONSTANT)
    Q_PROPERTY(CoDrive::AsyncCommand *choose READ choose CONSTANT)
    Q_PROPERTY(CoDrive::AsyncCommand *reveal READ reveal CONSTANT)

public:
    /// \param jobs how many files are read at once
    Backend(const std::string &folder, int jobs);

    QString folder() const { return m_folder; }
    void setFolder(const QString &folder);
    /// Whether the last search has seen everything.
    bool isComplete() const { return m_isComplete; }
    GroupModel *groups() { return &m_groups; }
    /// The files and folders that could not be read, and why.
    QAbstractItemModel *problems() { return &m_problems; }
    CoDrive::StateWatcher *progress() { return m_watcher; }

    /// Searches the folder; when it is searched already, begins anew.
    CoDrive::AsyncCommand *search() { return &m_search; }
    /// Asks for another folder.
    CoDrive::AsyncCommand *choose() { return &m_choose; }
    /// Shows a file, its path given, in the file manager.
    CoDrive::AsyncCommand *reveal() { return &m_reveal; }

    /// "1.5 GiB"
    Q_INVOKABLE QString bytes(double count) const { return byteText(count); }

Q_SIGNALS:
    void folderChanged();
    void isCompleteChanged();

private:
    CoDrive::Task<> find();
    CoDrive::Task<> updateGroups();
    CoDrive::Task<> chooseFolder();
    void setComplete(bool isComplete);
    void addProblem(const std::string &problem);

    const std::string m_firstPath; ///< need not be text
    const QString m_firstFolder;
    const int m_jobs;
    QString m_folder;
    bool m_isComplete = false;
    GroupModel m_groups;
    QStringListModel m_problems;
    SharedProgress m_progress;
    CoDrive::StateWatcher *const m_watcher;

    // Last: their coroutines end before what they use.
    CoDrive::AsyncCommand m_search{[this] { return find(); }, {.policy = CoDrive::CommandPolicy::Restart}};
    CoDrive::AsyncCommand m_choose{[this] { return chooseFolder(); }};
    CoDrive::AsyncCommand m_reveal;
};
