// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

import QtQuick
import QtQuick.Controls.Fusion

// What stands where there is nothing to list.
Column {
    id: state

    property alias title: titleLabel.text
    property alias text: textLabel.text

    spacing: 6

    Label {
        id: titleLabel
        width: parent.width
        font.pointSize: textLabel.font.pointSize * 1.25
        visible: text.length > 0
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
    }
    Label {
        id: textLabel
        width: parent.width
        opacity: 0.7
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
        visible: text.length > 0
    }
}
