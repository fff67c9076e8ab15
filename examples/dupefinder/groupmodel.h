// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include "filelist.h"

#include <QAbstractListModel>
#include <QStringList>

#include <map>
#include <utility>
#include <vector>

/// The groups of files with the same content found so far, as rows that stay sorted.
class GroupModel : public QAbstractListModel
{
    Q_OBJECT
    Q_PROPERTY(int count READ count NOTIFY totalsChanged)
    Q_PROPERTY(int duplicates READ duplicates NOTIFY totalsChanged)
    Q_PROPERTY(double wasted READ wasted NOTIFY totalsChanged)
    Q_PROPERTY(SortKey sortKey READ sortKey WRITE setSortKey NOTIFY sortKeyChanged)

public:
    enum Role { NameRole = Qt::UserRole, CopiesRole, SizeRole, WastedRole, PathsRole };
    /// Large ones first; names in the order of the alphabet.
    enum SortKey { ByWaste, BySize, ByCopies, ByName };
    Q_ENUM(SortKey)

    void clear();
    /// Notes a file whose content is known. It is seen after the next update().
    void add(const File &file) { m_added.push_back(file); }
    /// Shows what was added: together, so that the view has less to do.
    void update();

    int count() const { return static_cast<int>(m_rows.size()); }
    /// How many files could be removed.
    int duplicates() const { return m_duplicates; }
    /// Their bytes.
    double wasted() const { return m_wasted; }
    SortKey sortKey() const { return m_sortKey; }
    void setSortKey(SortKey key);

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

Q_SIGNALS:
    void totalsChanged();
    void sortKeyChanged();

private:
    struct Group
    {
        qint64 size = 0;
        QStringList paths; ///< sorted

        qint64 duplicates() const { return paths.size() - 1; }
        qint64 wasted() const { return duplicates() * size; }
    };
    using Rows = std::vector<const Group *>;

    /// Whether one stands above the other.
    class Above;
    void addNow(const File &file);
    Rows::iterator placeOf(const Group &group);

    std::map<std::pair<qint64, QByteArray>, Group> m_groups; ///< by size and hash; also of one file
    Rows m_rows; ///< those of two files or more
    std::vector<File> m_added;
    SortKey m_sortKey = ByWaste;
    int m_duplicates = 0;
    double m_wasted = 0;
};
