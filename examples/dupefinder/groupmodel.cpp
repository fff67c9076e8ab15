// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "groupmodel.h"

#include <QFile>

#include <algorithm>
#include <functional>
#include <tuple>

class GroupModel::Above
{
public:
    explicit Above(SortKey key)
        : m_key(key)
    {
    }

    bool operator()(const Group *a, const Group *b) const
    {
        const qint64 first = number(*a);
        const qint64 second = number(*b);
        if (first != second)
            return first > second;
        // No path is in two groups.
        return a->paths.first() < b->paths.first();
    }

private:
    qint64 number(const Group &group) const
    {
        switch (m_key) {
        case ByWaste:
            return group.wasted();
        case BySize:
            return group.size;
        case ByCopies:
            return group.paths.size();
        case ByName:
            break;
        }
        return 0;
    }

    SortKey m_key;
};

void GroupModel::clear()
{
    beginResetModel();
    m_rows.clear();
    m_groups.clear();
    m_added.clear();
    m_duplicates = 0;
    m_wasted = 0;
    endResetModel();
    Q_EMIT totalsChanged();
}

void GroupModel::update()
{
    if (m_added.empty())
        return;
    const int before = m_duplicates;
    for (const File &file : std::exchange(m_added, {}))
        addNow(file);
    if (m_duplicates != before)
        Q_EMIT totalsChanged();
}

GroupModel::Rows::iterator GroupModel::placeOf(const Group &group)
{
    return std::ranges::lower_bound(m_rows, &group, Above(m_sortKey));
}

void GroupModel::addNow(const File &file)
{
    Group &group = m_groups[{file.size, file.hash}];
    group.size = file.size;
    const auto insertPath = [&] {
        const QString path = QFile::decodeName(file.path.c_str());
        group.paths.insert(std::ranges::lower_bound(group.paths, path), path);
    };
    if (group.paths.isEmpty()) {
        insertPath();
        return;
    }
    ++m_duplicates;
    m_wasted += static_cast<double>(group.size);
    if (group.paths.size() == 1) {
        insertPath();
        const auto place = placeOf(group);
        const auto row = static_cast<int>(place - m_rows.begin());
        beginInsertRows({}, row, row);
        m_rows.insert(place, &group);
        endInsertRows();
        return;
    }

    const auto from = placeOf(group);
    insertPath();
    // The rest is sorted without it.
    const Above above(m_sortKey);
    const auto higher = std::lower_bound(m_rows.begin(), from, &group, above);
    const auto lower = std::lower_bound(from + 1, m_rows.end(), &group, above);
    const auto rowOf = [this](Rows::iterator place) { return static_cast<int>(place - m_rows.begin()); };
    int row = rowOf(from);
    if (higher != from) {
        row = rowOf(higher);
        beginMoveRows({}, rowOf(from), rowOf(from), {}, row);
        std::rotate(higher, from, from + 1);
        endMoveRows();
    } else if (lower != from + 1) {
        row = rowOf(lower) - 1;
        beginMoveRows({}, rowOf(from), rowOf(from), {}, rowOf(lower));
        std::rotate(from, from + 1, lower);
        endMoveRows();
    }
    Q_EMIT dataChanged(index(row), index(row));
}

void GroupModel::setSortKey(SortKey key)
{
    if (m_sortKey == key)
        return;
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList before = persistentIndexList();
    const Rows old = m_rows;
    m_sortKey = key;
    std::ranges::sort(m_rows, Above(key));
    QModelIndexList after;
    for (const QModelIndex &index : before)
        after << this->index(static_cast<int>(placeOf(*old[static_cast<std::size_t>(index.row())]) - m_rows.begin()));
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged();
    Q_EMIT sortKeyChanged();
}

int GroupModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant GroupModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Group &group = *m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case NameRole:
        return group.paths.first().section(u'/', -1);
    case CopiesRole:
        return group.paths.size();
    case SizeRole:
        return static_cast<double>(group.size);
    case WastedRole:
        return static_cast<double>(group.wasted());
    case PathsRole:
        return group.paths;
    }
    return {};
}

QHash<int, QByteArray> GroupModel::roleNames() const
{
    return {
        {NameRole, "name"}, {CopiesRole, "copies"}, {SizeRole, "size"},
        {WastedRole, "wasted"}, {PathsRole, "paths"},
    };
}
