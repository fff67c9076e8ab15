// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
// ctest: RUN_SERIAL ON

// Drives the window of dupefinder on a display of its own, an Xvfb, and leaves screenshots beside this program, or in the
// folder CODRIVE_SCREENSHOTS.

#include "words.h"

#include "window.h"

#include <QAbstractItemModel>
#include <QApplication>
#include <QCryptographicHash>
#include <QDesktopServices>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QImage>
#include <QQmlComponent>
#include <QQmlEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QSet>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace {

/// An X server without a screen.
class VirtualDisplay
{
public:
    VirtualDisplay()
    {
        int numbers[2];
        if (::pipe(numbers) != 0)
            return;
        m_process = ::fork();
        if (m_process == 0) {
            // Also when this program crashes.
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            const QByteArray descriptor = QByteArray::number(numbers[1]);
            if (!std::freopen("/dev/null", "w", stderr))
                ::_exit(1);
            ::execlp("Xvfb", "Xvfb", "-displayfd", descriptor.constData(), "-screen", "0", "1280x900x24",
                     "-nolisten", "tcp", static_cast<char *>(nullptr));
            ::_exit(127);
        }
        ::close(numbers[1]);
        char number[16] = {};
        ssize_t length = 0;
        // The number of the display, and the end of the line, when it is ready; nothing when there is no Xvfb.
        while (length < ssize_t(sizeof number) - 1 && !std::strchr(number, '\n')) {
            const ssize_t count = ::read(numbers[0], number + length, sizeof number - 1 - std::size_t(length));
            if (count <= 0)
                break;
            length += count;
        }
        ::close(numbers[0]);
        m_name = QByteArray(number).trimmed();
    }
    VirtualDisplay(VirtualDisplay &&) = delete;
    ~VirtualDisplay()
    {
        if (m_process <= 0)
            return;
        ::kill(m_process, SIGTERM);
        ::waitpid(m_process, nullptr, 0);
    }

    /// Empty: there is none.
    QByteArray name() const { return m_name; }

private:
    pid_t m_process = -1;
    QByteArray m_name;
};

QByteArray noise(qsizetype size, quint32 seed)
{
    QByteArray bytes(size, Qt::Uninitialized);
    QRandomGenerator random(seed);
    random.fillRange(reinterpret_cast<quint32 *>(bytes.data()), size / 4);
    return bytes;
}

/// A folder with groups of photographs, as people have them, and some files without a copy.
class Photographs
{
public:
    Photographs()
    {
        const QStringList folders = {"2023/Summer in Norway", "2024/Birthday", "Old laptop/Pictures", "Inbox", "2024"};
        for (const QString &folder : folders)
            QDir(path()).mkpath(folder);
        QRandomGenerator random(7);
        for (int i = 0; i < 60; ++i) {
            const QByteArray content = noise(4 * random.bounded(800, 400'000), 100 + quint32(i));
            const int copies = i % 4 == 3 ? 1 : random.bounded(2, 5);
            for (int copy = 0; copy < copies; ++copy) {
                add(QStringLiteral("%1/IMG_%2%3.jpg")
                        .arg(folders[random.bounded(folders.size())])
                        .arg(2000 + i)
                        .arg(copy ? QStringLiteral(" (%1)").arg(copy) : QString()),
                    content);
            }
            groups += copies > 1;
            duplicates += copies - 1;
            wasted += double(copies - 1) * double(content.size());
        }
    }

    QString path(const QString &name = {}) const { return m_folder.path() + (name.isEmpty() ? "" : "/") + name; }
    void add(const QString &name, const QByteArray &content) const
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    /// Two files that read as zeros without end, nearly.
    void addHuge() const
    {
        for (const char *const name : {"video1.mov", "video2.mov"}) {
            add(name, {});
            QVERIFY(QFile::resize(path(name), qint64(200) * 1024 * 1024 * 1024));
        }
    }

    int groups = 0;
    int duplicates = 0;
    double wasted = 0;

private:
    QTemporaryDir m_folder;
};

QQuickWindow *window()
{
    for (QWindow *const window : QGuiApplication::topLevelWindows()) {
        auto *const quick = qobject_cast<QQuickWindow *>(window);
        if (quick && quick->isVisible())
            return quick;
    }
    return nullptr;
}

QQuickItem *find(QQuickItem *root, const QString &name)
{
    if (root->objectName() == name)
        return root;
    for (QQuickItem *const child : root->childItems()) {
        if (QQuickItem *const found = find(child, name))
            return found;
    }
    return nullptr;
}

QQuickItem *item(const char *name)
{
    return window() ? find(window()->contentItem(), name) : nullptr;
}

QString textOf(const char *name)
{
    return item(name)->property("text").toString();
}

void click(QQuickItem *item)
{
    QTest::mouseClick(window(), Qt::LeftButton, {},
                      item->mapToScene(QPointF(item->width() / 2, item->height() / 2)).toPoint());
}

void click(const char *name)
{
    click(item(name));
}

int rowsOf(const char *view)
{
    return item(view)->property("count").toInt();
}

void shoot(const char *name)
{
    QDir folder(qEnvironmentVariable("CODRIVE_SCREENSHOTS", QCoreApplication::applicationDirPath() + "/screenshots"));
    QVERIFY(folder.mkpath("."));
    // What is on the screen of the X server, not what the scene holds.
    const QImage image = window()->screen()->grabWindow(window()->winId()).toImage();
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 3) {
        for (int x = 0; x < image.width(); x += 3)
            colours << image.pixel(x, y);
    }
    QVERIFY2(colours.size() > 20, "the window is empty");
    QVERIFY(image.save(folder.filePath(QStringLiteral("dupefinder-%1.png").arg(name))));
}

/// What this thread has had of a processor, in microseconds.
qint64 processorTime()
{
    timespec time;
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return qint64(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

/// The longest time, in milliseconds, that passed between two frames, and between two turns of the event loop; and what
/// this thread worked at most between two turns, which no other program on the machine changes.
class Intervals : public QObject
{
public:
    Intervals()
    {
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.callOnTimeout(this, [this] {
            note(m_lastTurn, m_longestTurn);
            const qint64 worked = processorTime();
            m_mostWork = std::max(m_mostWork, worked - std::exchange(m_lastWorked, worked));
        });
        m_timer.start(5);
        connect(window(), &QQuickWindow::frameSwapped, this, [this] {
            note(m_lastFrame, m_longestFrame);
            ++m_frames;
            window()->update(); // also when nothing has changed
        });
        m_clock.start();
        window()->update();
    }

    qint64 longestFrame() const { return m_longestFrame / 1000; }
    qint64 longestTurn() const { return m_longestTurn / 1000; }
    qint64 mostWork() const { return m_mostWork / 1000; }
    int frames() const { return m_frames; }

private:
    void note(std::optional<qint64> &last, qint64 &longest)
    {
        const qint64 now = m_clock.nsecsElapsed() / 1000;
        if (last)
            longest = std::max(longest, now - *last);
        last = now;
    }

    QTimer m_timer;
    QElapsedTimer m_clock;
    std::optional<qint64> m_lastTurn, m_lastFrame;
    qint64 m_lastWorked = processorTime();
    qint64 m_mostWork = 0;
    qint64 m_longestTurn = 0;
    qint64 m_longestFrame = 0;
    int m_frames = 0;
};

/// Reads and hashes as the program does, without anything else of it.
void hash(std::stop_token stop, const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        return;
    QCryptographicHash hash(QCryptographicHash::Blake2b_256);
    while (!stop.stop_requested())
        hash.addData(file.read(256 * 1024));
}

/// Receives what is to be shown in the file manager.
class FileManager : public QObject
{
    Q_OBJECT

public:
    FileManager() { QDesktopServices::setUrlHandler("file", this, "show"); }
    ~FileManager() override { QDesktopServices::unsetUrlHandler("file"); }

    QStringList shown;

public Q_SLOTS:
    void show(const QUrl &url) { shown << url.toLocalFile(); }
};

} // namespace

class TestDupefinderWindow : public QObject
{
    Q_OBJECT

private:
    /// Shows the window of \a folder, and calls \a drive with it; returns how long it took to end after it was closed.
    template<typename Drive>
    qint64 withWindow(const QString &folder, Drive drive)
    {
        QElapsedTimer closed;
        const auto driveWhenShown = [&] {
            QTRY_VERIFY(window());
            QVERIFY(QTest::qWaitForWindowExposed(window()));
            drive();
        };
        QTimer::singleShot(0, this, [&] {
            driveWhenShown();
            closed.start();
            for (QWindow *const open : QGuiApplication::topLevelWindows())
                open->close();
        });
        const int result = showWindow(folder.toStdString(), 3);
        const qint64 elapsed = closed.elapsed();
        [&] { QCOMPARE(result, 0); }();
        return elapsed;
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (s_obstacle)
            QSKIP(s_obstacle);
        for (const char *const module : {"QtQuick", "QtQuick.Controls.Fusion", "QtQuick.Layouts"}) {
            QQmlEngine engine;
            QQmlComponent component(&engine);
            component.setData(QByteArray("import QtQml\nimport ") + module + "\nQtObject {}", {});
            if (!component.isReady())
                QSKIP(qPrintable(QStringLiteral("the QML module %1 is not installed").arg(module)));
        }
    }
    void init() { Words::failOnWarnings(); }

    void findsDuplicates()
    {
        const Photographs photographs;
        FileManager fileManager;
        withWindow(photographs.path(), [&] {
            QCOMPARE(item("folderField")->property("text"), photographs.path());
            QCOMPARE(textOf("statusLabel"), "Ready");
            QVERIFY(!item("cancelButton")->isEnabled());
            QCOMPARE(rowsOf("groupView"), 0);
            QTest::qWait(100);
            shoot("idle");

            click("startButton");
            QVERIFY(item("cancelButton")->isEnabled());
            QTRY_COMPARE_WITH_TIMEOUT(textOf("statusLabel"), "Finished", 30'000);
            QVERIFY(!item("cancelButton")->isEnabled());
            QCOMPARE(rowsOf("groupView"), photographs.groups);
            QVERIFY2(textOf("summaryLabel").startsWith(QStringLiteral("%1 groups, %2 duplicates, ")
                                                           .arg(photographs.groups)
                                                           .arg(photographs.duplicates)),
                     qPrintable(textOf("summaryLabel")));
            QVERIFY(textOf("problemTitle").startsWith("0 "));

            // The largest waste comes first.
            auto *const model = item("groupView")->property("model").value<QAbstractItemModel *>();
            QVERIFY(model);
            const int wasted = model->roleNames().key("wasted");
            for (int row = 1; row < model->rowCount(); ++row)
                QVERIFY(model->index(row - 1, 0).data(wasted).toDouble() >= model->index(row, 0).data(wasted).toDouble());

            QCOMPARE(rowsOf("fileView"), 0);
            click(item("groupView")->property("contentItem").value<QQuickItem *>()->childItems().first());
            QTRY_COMPARE(rowsOf("fileView"), model->index(item("groupView")->property("currentIndex").toInt(), 0)
                                                 .data(model->roleNames().key("copies"))
                                                 .toInt());
            QTest::qWait(100);
            shoot("done");

            QTRY_VERIFY(item("revealButton"));
            click("revealButton");
            QTRY_COMPARE(fileManager.shown.size(), 1);
            QVERIFY(fileManager.shown.first().startsWith(photographs.path()));
        });
    }

    void staysAliveWhileHashing()
    {
        const Photographs photographs;
        photographs.addHuge();
        constexpr qint64 limit = 50; // ms
        qint64 usual = 0;
        qint64 longest = 0;
        int frames = 0;
        qint64 work = 0;
        const qint64 ended = withWindow(photographs.path(), [&] {
            const auto measure = [&](int duration) {
                const Intervals intervals;
                // QTest::qWait() sleeps between its turns.
                QEventLoop loop;
                QTimer::singleShot(duration, &loop, &QEventLoop::quit);
                loop.exec();
                frames = intervals.frames();
                work = intervals.mostWork();
                return std::max(intervals.longestFrame(), intervals.longestTurn());
            };
            {
                const std::jthread first(&hash, photographs.path("video1.mov"));
                const std::jthread second(&hash, photographs.path("video2.mov"));
                usual = measure(2000);
            }
            click("startButton");
            QTRY_VERIFY(textOf("fileLabel").endsWith(".mov"));
            QVERIFY(textOf("statusLabel").contains("/s"));
            // It fills while the search runs.
            QTRY_COMPARE_WITH_TIMEOUT(rowsOf("groupView"), photographs.groups, 30'000);
            QVERIFY(item("cancelButton")->isEnabled());
            click(item("groupView")->property("contentItem").value<QQuickItem *>()->childItems().first());
            for (int attempt = 0; attempt < 3; ++attempt) {
                longest = measure(2000);
                if (longest < limit)
                    break;
            }
            shoot("running");
            QVERIFY(item("cancelButton")->isEnabled());
        });
        qInfo("%d frames in 2 s, at most %lld ms apart (%lld ms beside threads that only hash), at most %lld ms of work "
              "between two turns; ended after %lld ms",
              frames, longest, usual, work, ended);
        QVERIFY(frames > 0);
        QVERIFY2(work < limit, qPrintable(QStringLiteral("%1 ms of work in a turn").arg(work)));
#if defined(CODRIVE_NO_FRAME_CACHE) || !defined(__OPTIMIZE__)
        QSKIP("times on the wall are judged in plain, optimised builds");
#endif
        // A machine with much else to do lets any program wait.
        if (usual > limit / 2)
            QSKIP("frames are late on this machine, whatever the program does");
        QVERIFY2(longest < limit, qPrintable(QStringLiteral("%1 ms without a frame").arg(longest)));
        QVERIFY2(ended < 200, qPrintable(QStringLiteral("ended after %1 ms").arg(ended)));
    }

    void cancel()
    {
        const Photographs photographs;
        photographs.addHuge();
        withWindow(photographs.path(), [&] {
            click("startButton");
            QTRY_COMPARE_WITH_TIMEOUT(rowsOf("groupView"), photographs.groups, 30'000);
            click("cancelButton");
            QTRY_VERIFY(textOf("statusLabel").startsWith("Cancelled"));
            QCOMPARE(rowsOf("groupView"), photographs.groups);
            QVERIFY(!item("cancelButton")->isEnabled());
        });
    }

    void restart()
    {
        const Photographs slow;
        slow.addHuge();
        const QTemporaryDir other;
        for (const char *const name : {"one", "two"}) {
            QFile file(other.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write("same");
        }
        withWindow(slow.path(), [&] {
            click("startButton");
            QTRY_COMPARE_WITH_TIMEOUT(rowsOf("groupView"), slow.groups, 30'000);
            QCOMPARE(textOf("startButton"), "Restart");
            item("folderField")->setProperty("text", other.path());
            click("startButton");
            QTRY_COMPARE_WITH_TIMEOUT(textOf("statusLabel"), "Finished", 30'000);
            QTest::qWait(100);
            QCOMPARE(rowsOf("groupView"), 1);
            QVERIFY2(textOf("summaryLabel").startsWith("1 group, 1 duplicate, "), qPrintable(textOf("summaryLabel")));
        });
    }

    void problems()
    {
        const Photographs photographs;
        photographs.add("secret1", "same");
        photographs.add("secret2", "same");
        ::chmod(QFile::encodeName(photographs.path("secret1")).constData(), 0);
        ::chmod(QFile::encodeName(photographs.path()).constData(), 0755);
        withWindow(photographs.path(), [&] {
            // Root can read everything.
            const bool isRoot = ::geteuid() == 0;
            const auto becomeRoot = qScopeGuard([isRoot] {
                if (isRoot)
                    [[maybe_unused]] const int result = ::seteuid(0);
            });
            QVERIFY(!isRoot || ::seteuid(65534) == 0);
            click("startButton");
            QTRY_COMPARE_WITH_TIMEOUT(textOf("statusLabel"), "Finished", 30'000);
            QVERIFY(!isRoot || ::seteuid(0) == 0);
            QCOMPARE(rowsOf("problemView"), 1);
            QCOMPARE(textOf("problemTitle"), "1 file or folder could not be read");
            QTest::qWait(100);
            shoot("problems");
        });
    }

    void noFolder()
    {
        withWindow(QDir::rootPath(), [&] {
            item("folderField")->setProperty("text", "/there/is/none");
            click("startButton");
            QTRY_COMPARE(textOf("statusLabel"), "/there/is/none is not a folder");
            QCOMPARE(rowsOf("groupView"), 0);
        });
    }

    void chooseFolder()
    {
        const Photographs photographs;
        withWindow(photographs.path(), [&] {
            click("chooseButton");
            QTRY_VERIFY(QApplication::activeModalWidget());
            auto *const dialog = qobject_cast<QFileDialog *>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            dialog->setDirectory(photographs.path("2024"));
            QMetaObject::invokeMethod(dialog, "accept");
            QTRY_COMPARE(item("folderField")->property("text"), photographs.path("2024"));
            QTRY_VERIFY(item("chooseButton")->isEnabled());
            // Closing the window takes an open dialog with it.
            click("chooseButton");
            QTRY_VERIFY(QApplication::activeModalWidget());
        });
        QVERIFY(!QApplication::activeModalWidget());
    }

public:
    static const char *s_obstacle;
};

const char *TestDupefinderWindow::s_obstacle = nullptr;

int main(int argc, char **argv)
{
    const VirtualDisplay display;
    if (display.name().isEmpty()) {
        TestDupefinderWindow::s_obstacle = "Xvfb is not installed";
        qputenv("QT_QPA_PLATFORM", "offscreen");
    } else {
        qputenv("DISPLAY", ':' + display.name());
        qputenv("QT_QPA_PLATFORM", "xcb");
        qunsetenv("WAYLAND_DISPLAY");
        qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    }
    qputenv("QT_QUICK_BACKEND", "software");
    QApplication app(argc, argv);
    TestDupefinderWindow test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_dupefinder_window.moc"
