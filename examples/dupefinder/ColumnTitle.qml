// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

import QtQuick
import QtQuick.Controls.Fusion

// The title of a column; a click sorts by it.
AbstractButton {
    id: title

    required property var groups
    required property int sortKey
    readonly property bool isSorted: groups.sortKey === sortKey
    property int alignment: Text.AlignRight

    implicitHeight: label.implicitHeight + 10
    focusPolicy: Qt.TabFocus
    Accessible.name: qsTr("Sort by %1").arg(text)
    onClicked: groups.sortKey = sortKey

    contentItem: Label {
        id: label
        text: title.isSorted ? title.text + " \u25be" : title.text
        font.bold: title.isSorted
        horizontalAlignment: title.alignment
        verticalAlignment: Text.AlignVCenter
        elide: Text.ElideRight
        opacity: title.isSorted || title.hovered ? 1 : 0.7
    }
    background: Rectangle {
        color: "transparent"
        radius: 2
        border.width: title.visualFocus ? 1 : 0
        border.color: title.palette.highlight
    }
}
