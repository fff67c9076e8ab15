// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

import QtQuick
import QtQuick.Controls.Fusion
import QtQuick.Layouts

ApplicationWindow {
    id: window

    required property var backend
    readonly property var search: backend.search
    readonly property var groups: backend.groups
    readonly property var progress: backend.progress.value
    readonly property bool hasRun: search.runCount > 0

    function number(value) {
        return Number(value).toLocaleString(Qt.locale(), "f", 0)
    }
    function plural(count, one, many) {
        return number(count) + " " + (count === 1 ? one : many)
    }
    function start() {
        backend.folder = folderField.text
        search.start()
    }

    width: 980
    height: 660
    minimumWidth: 620
    minimumHeight: 440
    visible: true
    title: search.running ? qsTr("Searching \u2013 Duplicate Finder") : qsTr("Duplicate Finder")

    Shortcut {
        sequence: "Escape"
        enabled: window.search.running
        onActivated: window.search.cancel()
    }
    Shortcut {
        sequences: [StandardKey.Open]
        onActivated: window.backend.choose.start()
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: 12
        spacing: 10

        RowLayout {
            spacing: 8

            Label {
                text: qsTr("Folder:")
            }
            TextField {
                id: folderField
                objectName: "folderField"
                Layout.fillWidth: true
                text: window.backend.folder
                selectByMouse: true
                Accessible.name: qsTr("Folder")
                onAccepted: window.start()
            }
            Button {
                objectName: "chooseButton"
                text: qsTr("Choose\u2026")
                enabled: !window.backend.choose.running
                onClicked: window.backend.choose.start()
            }
            Item {
                implicitWidth: 8
            }
            Button {
                objectName: "startButton"
                text: window.search.running ? qsTr("Restart") : qsTr("Start")
                highlighted: !window.search.running
                enabled: folderField.text.length > 0
                onClicked: window.start()
            }
            Button {
                objectName: "cancelButton"
                text: qsTr("Cancel")
                enabled: window.search.running
                onClicked: window.search.cancel()
            }
        }

        ColumnLayout {
            spacing: 4

            ProgressBar {
                objectName: "progressBar"
                Layout.fillWidth: true
                Layout.preferredHeight: 14
                opacity: window.search.running ? 1 : 0.35
                indeterminate: window.search.running && window.progress.fraction < 0
                value: window.search.running ? Math.max(window.progress.fraction, 0) : window.backend.isComplete ? 1 : 0
            }
            RowLayout {
                spacing: 16

                Label {
                    objectName: "statusLabel"
                    Layout.fillWidth: !fileLabel.visible
                    elide: Text.ElideRight
                    text: {
                        const search = window.search
                        if (search.failed)
                            return search.error
                        if (!search.running)
                            return !window.hasRun ? qsTr("Ready")
                                 : window.backend.isComplete ? qsTr("Finished") : qsTr("Cancelled: there may be more")
                        const progress = window.progress
                        let files = window.number(progress.files)
                        if (progress.fileTotal > 0)
                            files += qsTr(" of ") + window.number(progress.fileTotal)
                        let text = progress.phase + ":  " + files + qsTr(" files")
                        if (progress.bytes > 0)
                            text += "  \u00b7  " + window.backend.bytes(progress.bytesPerSecond) + "/s"
                        return text
                    }
                }
                Label {
                    id: fileLabel
                    objectName: "fileLabel"
                    Layout.fillWidth: true
                    horizontalAlignment: Text.AlignRight
                    elide: Text.ElideMiddle
                    opacity: 0.7
                    visible: window.search.running && text.length > 0
                    text: window.progress.file
                }
            }
        }

        SplitView {
            Layout.fillWidth: true
            Layout.fillHeight: true
            handle: Item {
                implicitWidth: 10
            }

            Frame {
                id: groupFrame
                SplitView.fillWidth: true
                SplitView.minimumWidth: 300
                padding: 1

                readonly property int copiesWidth: 64
                readonly property int bytesWidth: 92
                readonly property int margin: 10

                background: Rectangle {
                    color: window.palette.base
                    border.color: window.palette.mid
                }

                ColumnLayout {
                    anchors.fill: parent
                    spacing: 0

                    RowLayout {
                        Layout.leftMargin: groupFrame.margin
                        Layout.rightMargin: groupFrame.margin + groupBar.width
                        spacing: 8

                        ColumnTitle {
                            Layout.fillWidth: true
                            groups: window.groups
                            sortKey: 3
                            text: qsTr("Files")
                            alignment: Text.AlignLeft
                        }
                        ColumnTitle {
                            Layout.preferredWidth: groupFrame.copiesWidth
                            groups: window.groups
                            sortKey: 2
                            text: qsTr("Copies")
                        }
                        ColumnTitle {
                            Layout.preferredWidth: groupFrame.bytesWidth
                            groups: window.groups
                            sortKey: 1
                            text: qsTr("Size")
                        }
                        ColumnTitle {
                            objectName: "wasteTitle"
                            Layout.preferredWidth: groupFrame.bytesWidth
                            groups: window.groups
                            sortKey: 0
                            text: qsTr("Wasted")
                        }
                    }
                    Rectangle {
                        Layout.fillWidth: true
                        implicitHeight: 1
                        color: window.palette.mid
                        opacity: 0.5
                    }
                    ListView {
                        id: groupView
                        objectName: "groupView"
                        Layout.fillWidth: true
                        Layout.fillHeight: true
                        clip: true
                        model: window.groups
                        currentIndex: -1
                        activeFocusOnTab: true
                        keyNavigationEnabled: true
                        boundsBehavior: Flickable.StopAtBounds
                        highlightMoveDuration: 0
                        ScrollBar.vertical: ScrollBar {
                            id: groupBar
                            policy: ScrollBar.AlwaysOn
                            visible: groupView.contentHeight > groupView.height
                        }

                        delegate: ItemDelegate {
                            id: row

                            required property int index
                            required property string name
                            required property int copies
                            required property real size
                            required property real wasted
                            required property var paths

                            width: ListView.view.width
                            highlighted: ListView.isCurrentItem
                            leftPadding: groupFrame.margin
                            rightPadding: groupFrame.margin + groupBar.width
                            onClicked: {
                                groupView.currentIndex = index
                                groupView.forceActiveFocus()
                            }

                            contentItem: RowLayout {
                                spacing: 8

                                Label {
                                    Layout.fillWidth: true
                                    text: row.name
                                    elide: Text.ElideMiddle
                                    color: row.highlighted ? row.palette.highlightedText : row.palette.text
                                }
                                Label {
                                    Layout.preferredWidth: groupFrame.copiesWidth
                                    horizontalAlignment: Text.AlignRight
                                    text: window.number(row.copies)
                                    color: row.highlighted ? row.palette.highlightedText : row.palette.text
                                }
                                Label {
                                    Layout.preferredWidth: groupFrame.bytesWidth
                                    horizontalAlignment: Text.AlignRight
                                    text: window.backend.bytes(row.size)
                                    color: row.highlighted ? row.palette.highlightedText : row.palette.text
                                }
                                Label {
                                    Layout.preferredWidth: groupFrame.bytesWidth
                                    horizontalAlignment: Text.AlignRight
                                    text: window.backend.bytes(row.wasted)
                                    font.bold: true
                                    color: row.highlighted ? row.palette.highlightedText : row.palette.text
                                }
                            }
                            background: Rectangle {
                                color: row.highlighted ? row.palette.highlight
                                     : row.hovered ? Qt.alpha(row.palette.highlight, 0.12)
                                     : row.index % 2 ? row.palette.alternateBase : row.palette.base
                            }
                        }

                        EmptyState {
                            anchors.centerIn: parent
                            width: Math.min(parent.width - 40, 340)
                            visible: groupView.count === 0
                            title: window.search.running ? qsTr("Nothing found yet")
                                 : !window.hasRun || window.search.failed ? qsTr("Find files with the same content")
                                 : window.backend.isComplete ? qsTr("No duplicates") : qsTr("Nothing found")
                            text: window.search.running ? qsTr("Groups of duplicates are listed as soon as they are known.")
                                : !window.hasRun || window.search.failed ? qsTr("Choose a folder, then press Start.")
                                : window.backend.isComplete ? qsTr("Every file in this folder has content of its own.")
                                : qsTr("The search was cancelled before a duplicate was known.")
                        }
                    }
                }
            }

            Frame {
                SplitView.preferredWidth: 380
                SplitView.minimumWidth: 220
                padding: 1
                background: Rectangle {
                    color: window.palette.base
                    border.color: window.palette.mid
                }

                ColumnLayout {
                    anchors.fill: parent
                    spacing: 0

                    Label {
                        Layout.fillWidth: true
                        Layout.leftMargin: 10
                        Layout.rightMargin: 10
                        topPadding: 5
                        bottomPadding: 5
                        elide: Text.ElideRight
                        text: groupView.currentItem
                              ? qsTr("%1 files of %2 each").arg(window.number(groupView.currentItem.copies))
                                                           .arg(window.backend.bytes(groupView.currentItem.size))
                              : qsTr("Copies")
                        opacity: groupView.currentItem ? 1 : 0.7
                    }
                    Rectangle {
                        Layout.fillWidth: true
                        implicitHeight: 1
                        color: window.palette.mid
                        opacity: 0.5
                    }
                    ListView {
                        id: fileView
                        objectName: "fileView"
                        Layout.fillWidth: true
                        Layout.fillHeight: true
                        clip: true
                        boundsBehavior: Flickable.StopAtBounds
                        model: groupView.currentItem ? groupView.currentItem.paths : []
                        ScrollBar.vertical: ScrollBar {
                            id: fileBar
                            policy: ScrollBar.AlwaysOn
                            visible: fileView.contentHeight > fileView.height
                        }

                        delegate: ItemDelegate {
                            id: file

                            required property int index
                            required property string modelData
                            readonly property int slash: modelData.lastIndexOf("/")

                            width: ListView.view.width
                            hoverEnabled: true
                            leftPadding: 10
                            rightPadding: 6 + fileBar.width
                            onDoubleClicked: window.backend.reveal.start(modelData)
                            Accessible.name: modelData

                            contentItem: RowLayout {
                                spacing: 8

                                ColumnLayout {
                                    spacing: 1

                                    Label {
                                        Layout.fillWidth: true
                                        text: file.modelData.substring(file.slash + 1)
                                        elide: Text.ElideMiddle
                                    }
                                    Label {
                                        Layout.fillWidth: true
                                        text: file.modelData.substring(0, Math.max(file.slash, 1))
                                        elide: Text.ElideMiddle
                                        opacity: 0.7
                                        font.pointSize: window.font.pointSize * 0.9
                                    }
                                }
                                Button {
                                    objectName: "revealButton"
                                    text: qsTr("Reveal")
                                    flat: !hovered && !activeFocus
                                    onClicked: window.backend.reveal.start(file.modelData)
                                    ToolTip.visible: hovered
                                    ToolTip.delay: 600
                                    ToolTip.text: qsTr("Show the file in the file manager")
                                }
                            }
                            background: Rectangle {
                                color: file.hovered ? Qt.alpha(file.palette.highlight, 0.12)
                                     : file.index % 2 ? file.palette.alternateBase : file.palette.base
                            }
                        }

                        EmptyState {
                            anchors.centerIn: parent
                            width: parent.width - 40
                            visible: fileView.count === 0
                            text: groupView.count > 0 ? qsTr("Select a group to see its files.") : ""
                        }
                    }
                }
            }
        }

        Frame {
            id: problemFrame
            Layout.fillWidth: true
            Layout.preferredHeight: Math.min(problemView.contentHeight, 84) + problemTitle.height + 2
            visible: problemView.count > 0
            padding: 1
            background: Rectangle {
                color: window.palette.base
                border.color: window.palette.mid
            }

            ColumnLayout {
                anchors.fill: parent
                spacing: 0

                Label {
                    id: problemTitle
                    objectName: "problemTitle"
                    Layout.fillWidth: true
                    leftPadding: 10
                    topPadding: 5
                    bottomPadding: 5
                    font.bold: true
                    text: problemView.count === 1 ? qsTr("1 file or folder could not be read")
                                                  : qsTr("%1 files or folders could not be read")
                                                    .arg(window.number(problemView.count))
                }
                ListView {
                    id: problemView
                    objectName: "problemView"
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    clip: true
                    boundsBehavior: Flickable.StopAtBounds
                    model: window.backend.problems
                    ScrollBar.vertical: ScrollBar {
                        policy: ScrollBar.AlwaysOn
                        visible: problemView.contentHeight > problemView.height
                    }
                    delegate: Label {
                        required property string display
                        width: ListView.view.width
                        leftPadding: 10
                        rightPadding: 20
                        bottomPadding: 4
                        elide: Text.ElideMiddle
                        text: display
                    }
                }
            }
        }

        RowLayout {
            spacing: 16

            Label {
                objectName: "summaryLabel"
                Layout.fillWidth: true
                elide: Text.ElideRight
                text: window.groups.count === 0 ? "" : qsTr("%1, %2, %3 wasted")
                          .arg(window.plural(window.groups.count, qsTr("group"), qsTr("groups")))
                          .arg(window.plural(window.groups.duplicates, qsTr("duplicate"), qsTr("duplicates")))
                          .arg(window.backend.bytes(window.groups.wasted))
            }
            Label {
                text: window.backend.reveal.failed ? window.backend.reveal.error : ""
                visible: text.length > 0
                elide: Text.ElideRight
            }
        }
    }
}
