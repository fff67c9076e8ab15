// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Runs the example dupefinder, whose path is CODRIVE_EXAMPLE.

// ctest: RUN_SERIAL ON

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QRandomGenerator>
#include <QScopeGuard>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr qint64 HeadSize = 64 * 1024;

using Group = QByteArrayList;

/// The groups that fdupes or dupefinder have printed, sorted.
QList<Group> groupsOf(const QByteArray &output)
{
    // A name may hold a newline, but not two in these tests.
    QList<Group> groups;
    for (qsizetype begin = 0; begin < output.size();) {
        const qsizetype end = output.indexOf("\n\n", begin);
        Group group = output.mid(begin, end - begin).split('\n');
        std::ranges::sort(group);
        groups << group;
        begin = end + 2;
    }
    std::ranges::sort(groups);
    return groups;
}

/// A folder of the test's.
class Tree
{
public:
    Tree()
    {
        // Also for another user.
        ::chmod(path().constData(), 0755);
    }
    ~Tree()
    {
        // QTemporaryDir cannot remove what has no name in UTF-8.
        std::error_code error;
        std::filesystem::remove_all(path().toStdString(), error);
    }
    Tree(Tree &&) = delete;

    QByteArray path(const QByteArray &name = {}) const
    {
        return QFile::encodeName(m_folder.path()) + (name.isEmpty() ? "" : "/") + name;
    }
    void addFolder(const QByteArray &name) const { ::mkdir(path(name).constData(), 0755); }
    void add(const QByteArray &name, const QByteArray &content) const
    {
        // Not every name here can be a QString.
        std::FILE *const file = std::fopen(path(name).constData(), "wb");
        QVERIFY2(file, name.constData());
        std::fwrite(content.constData(), 1, static_cast<std::size_t>(content.size()), file);
        std::fclose(file);
    }
    void addSparse(const QByteArray &name, qint64 size) const
    {
        add(name, {});
        QCOMPARE(::truncate(path(name).constData(), size), 0);
    }
    void addHardLink(const QByteArray &target, const QByteArray &name) const
    {
        QCOMPARE(::link(path(target).constData(), path(name).constData()), 0);
    }
    void addSymbolicLink(const QByteArray &target, const QByteArray &name) const
    {
        QCOMPARE(::symlink(target.constData(), path(name).constData()), 0);
    }
    void remove(const QByteArray &name) const
    {
        QCOMPARE(::unlink(path(name).constData()), 0);
    }

private:
    QTemporaryDir m_folder;
};

class Finder : public QProcess
{
public:
    explicit Finder(const QStringList &arguments)
    {
        setProgram(QStringLiteral(CODRIVE_EXAMPLE));
        setArguments(arguments);
        setProcessChannelMode(SeparateChannels);
        // There is no display.
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove("DISPLAY");
        environment.remove("WAYLAND_DISPLAY");
        setProcessEnvironment(environment);
    }
    ~Finder() override
    {
        kill();
        waitForFinished();
    }

    /// Runs it to its end. Returns the exit code.
    int run()
    {
        start();
        waitToEnd();
        return exitCode();
    }
    void waitToEnd()
    {
        QVERIFY(waitForFinished(60'000));
        QCOMPARE(exitStatus(), QProcess::NormalExit);
        m_output = readAllStandardOutput();
        m_messages = readAllStandardError();
    }

    /// How many bytes it has read of the files it has open below \a folder: one entry a file.
    QList<qint64> openFiles(const QByteArray &folder) const
    {
        QList<qint64> positions;
        const QString process = QStringLiteral("/proc/%1/").arg(processId());
        for (const QString &number : QDir(process + "fd").entryList(QDir::System | QDir::Files)) {
            if (!QFile::encodeName(QFile::symLinkTarget(process + "fd/" + number))
                     .startsWith(folder))
                continue;
            QFile info(process + "fdinfo/" + number);
            if (info.open(QIODevice::ReadOnly))
                positions << info.readLine().mid(4).trimmed().toLongLong();
        }
        return positions;
    }
    /// Waits until it reads a file below \a folder behind its head.
    void waitUntilInContents(const QByteArray &folder)
    {
        QVERIFY(waitForStarted());
        const auto isInContents = [&] {
            const QList<qint64> positions = openFiles(folder);
            return std::ranges::any_of(positions, [](qint64 position) { return position > HeadSize; });
        };
        QTRY_VERIFY_WITH_TIMEOUT(isInContents(), 30'000);
    }

    QList<Group> groups() const { return groupsOf(m_output); }
    QByteArray output() const { return m_output; }
    QByteArray messages() const { return m_messages; }

private:
    QByteArray m_output;
    QByteArray m_messages;
};

bool canWatchProcesses()
{
    return QFile::exists(QStringLiteral("/proc/self/fdinfo"));
}

/// A tree with everything that could be taken for a duplicate; returns the groups to be found.
QList<Group> fill(const Tree &tree)
{
    const QByteArray head(HeadSize, 'h');
    for (const char *const folder : {"a", "a/b", "a/b/c", "d"})
        tree.addFolder(folder);
    tree.add("small", "same");
    tree.add("a/small", "same");
    tree.add("a/b/c/small", "same");
    tree.add("other", "else");
    tree.add("empty1", "");
    tree.add("empty2", "");
    tree.add("head1", head);
    tree.add("a/head2", head);
    tree.add("long1", head + "1");
    tree.add("long2", head + "2");
    tree.add("a/long2", head + "2");
    tree.add("longer1", head + head + head + "1");
    tree.add("a/longer1", head + head + head + "1");
    tree.add("a/longer2", head + head + head + "2");
    tree.add("new\nline", "odd");
    tree.add("no utf8 \xff\xfe", "odd");
    tree.add("-n", "odd");
    tree.add(" blank ", "odd");
    tree.add("hard", "link");
    tree.addHardLink("hard", "d/hard");
    tree.addSymbolicLink("small", "symbolic");
    tree.addSymbolicLink("a", "symbolic folder");
    tree.addSymbolicLink("nothing", "broken");
    ::mkfifo(tree.path("pipe").constData(), 0600);

    QList<QByteArrayList> names = {
        {"a/longer1", "longer1"},
        {"a/long2", "long2"},
        {"a/head2", "head1"},
        {"a/b/c/small", "a/small", "small"},
        {" blank ", "-n", "new\nline", "no utf8 \xff\xfe"},
    };
    for (QByteArrayList &group : names) {
        for (QByteArray &name : group)
            name = tree.path(name);
    }
    return names;
}

QByteArray printed(const QList<Group> &groups)
{
    QByteArray text;
    for (const Group &group : groups)
        text += group.join('\n') + "\n\n";
    return text;
}

} // namespace

class TestDupefinder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsDuplicates_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("text") << QStringList({"--text"});
        QTest::newRow("one job") << QStringList({"--text", "--jobs", "1"});
        QTest::newRow("many jobs") << QStringList({"--text", "-j", "20"});
        QTest::newRow("more jobs than there is memory") << QStringList({"--text", "-j", "2147483647"});
        QTest::newRow("no display") << QStringList();
    }
    void findsDuplicates()
    {
        QFETCH(const QStringList, options);
        const Tree tree;
        const QList<Group> expected = fill(tree);
        Finder finder(options + QStringList(QFile::decodeName(tree.path())));
        QCOMPARE(finder.run(), 0);
        QCOMPARE(finder.output(), printed(expected));
        QVERIFY(finder.messages().contains("groups: 5, duplicates: 8 ("));
        QCOMPARE(finder.messages().contains("window"), options.isEmpty());
        QVERIFY(!finder.messages().contains('\r'));
    }

    void currentFolder()
    {
        const Tree tree;
        tree.add("1", "same");
        tree.add("2", "same");
        Finder finder({"--text"});
        finder.setWorkingDirectory(QFile::decodeName(tree.path()));
        QCOMPARE(finder.run(), 0);
        QCOMPARE(finder.output(), "./1\n./2\n\n");
    }

    void nothingFound()
    {
        const Tree tree;
        Finder finder({"--text", QFile::decodeName(tree.path()) + '/'});
        QCOMPARE(finder.run(), 0);
        QCOMPARE(finder.output(), "");
    }

    void folderWhoseNameIsNoText()
    {
        const Tree tree;
        tree.addFolder("caf\xe9");
        tree.add("caf\xe9/1", "same");
        tree.add("caf\xe9/2", "same");
        // A QString could not name it.
        QProcess shell;
        shell.start("/bin/sh", {"-c", "cd \"$1\" && exec \"$0\" --text caf\"$(printf '\\351')\"",
                                QStringLiteral(CODRIVE_EXAMPLE), QFile::decodeName(tree.path())});
        QVERIFY(shell.waitForFinished());
        QCOMPARE(shell.readAllStandardOutput(), "caf\xe9/1\ncaf\xe9/2\n\n");
        QCOMPARE(shell.exitCode(), 0);
    }

    void outputThatCannotBeWritten()
    {
        if (!QFile::exists("/dev/full"))
            QSKIP("needs /dev/full");
        const Tree tree;
        tree.add("1", "same");
        tree.add("2", "same");
        Finder finder({"--text", QFile::decodeName(tree.path())});
        finder.setStandardOutputFile("/dev/full");
        QCOMPARE(finder.run(), 1);
        QVERIFY2(finder.messages().contains("standard output: No space left"), finder.messages().constData());
    }

    void progressBar_data()
    {
        QTest::addColumn<int>("columns");
        QTest::newRow("wide") << 132;
        QTest::newRow("usual") << 80;
        QTest::newRow("narrow") << 40;
        QTest::newRow("unknown") << 0;
    }
    void progressBar()
    {
        QFETCH(const int, columns);
        const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
        const auto closed = qScopeGuard([&] { ::close(terminal); });
        if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0)
            QSKIP("there are no pseudo terminals");
        struct winsize size = {};
        size.ws_col = static_cast<unsigned short>(columns);
        QCOMPARE(::ioctl(terminal, TIOCSWINSZ, &size), 0);

        const Tree tree;
        for (int i = 0; i < 3; ++i)
            tree.addSparse("large" + QByteArray::number(i), 128 * 1024 * 1024);
        Finder finder({"--text", QFile::decodeName(tree.path())});
        finder.setStandardErrorFile(QString::fromLocal8Bit(::ptsname(terminal)));
        finder.start();
        QByteArray shown;
        for (bool isOver = false; !isOver;) {
            isOver = finder.waitForFinished(10);
            char part[4096];
            for (ssize_t count; (count = ::read(terminal, part, sizeof part)) > 0;)
                shown.append(part, count);
        }
        QCOMPARE(finder.exitCode(), 0);

        // Wiped before the summary is printed.
        const qsizetype end = shown.lastIndexOf("\r\033[K");
        QVERIFY2(shown.mid(end + 4).startsWith("groups: 1"), shown.constData());
        const QByteArray drawn = shown.left(end);
        QVERIFY2(drawn.contains("Comparing contents"), shown.constData());
        if (columns != 40)
            QVERIFY2(drawn.contains("[#") && drawn.contains("files/s") && drawn.contains("iB/s"), shown.constData());
        for (const QByteArray &line : drawn.split('\r'))
            QVERIFY2(line.size() - 3 < (columns > 0 ? columns : 80), line.constData());
    }

    void hardLinksCountOnce()
    {
        const Tree tree;
        tree.add("1", "same");
        tree.addHardLink("1", "1b");
        tree.addHardLink("1", "1c");
        tree.add("2", "same");
        tree.addHardLink("2", "2b");
        Finder finder({"--text", QFile::decodeName(tree.path())});
        QCOMPARE(finder.run(), 0);
        QCOMPARE(finder.groups().size(), 1);
        const Group group = finder.groups().first();
        QCOMPARE(group.size(), 2);
        QVERIFY(group[0].startsWith(tree.path("1")));
        QVERIFY(group[1].startsWith(tree.path("2")));
    }

    void sameAsFdupes()
    {
        const QString fdupes = QStandardPaths::findExecutable("fdupes");
        if (fdupes.isEmpty())
            QSKIP("fdupes is not installed");
        const quint32 seed = QRandomGenerator::global()->generate();
        QRandomGenerator random(seed);
        const Tree tree;
        fill(tree);
        QByteArrayList folders = {""};
        QByteArrayList files = {"small"};
        for (int i = 0; i < 600; ++i) {
            const QByteArray folder = folders[random.bounded(folders.size())];
            const QByteArray name = folder + 'r' + QByteArray::number(i);
            switch (random.bounded(10)) {
            case 0:
                tree.addFolder(name);
                folders << name + '/';
                break;
            case 1:
                tree.addHardLink(files[random.bounded(files.size())], name);
                break;
            case 2:
                tree.addSymbolicLink(tree.path(files[random.bounded(files.size())]), name);
                break;
            default:
                tree.add(name, QByteArray(random.bounded(4) * HeadSize / 2, 'x')
                                   + QByteArray(random.bounded(5), char('a' + random.bounded(3))));
                files << name;
            }
        }
        const QString folder = QFile::decodeName(tree.path());
        Finder finder({"--text", folder});
        QCOMPARE(finder.run(), 0);
        QProcess reference;
        reference.start(fdupes, {"-r", "-n", "-q", folder});
        QVERIFY(reference.waitForFinished());
        QVERIFY2(finder.groups() == groupsOf(reference.readAllStandardOutput()),
                 qPrintable(QString("seed %1").arg(seed)));
    }

    void wrongUsage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("missing folder") << QStringList({"--text", "/there/is/none"})
                                        << QByteArray("/there/is/none: No such file");
        QTest::newRow("no folder") << QStringList({"--text", CODRIVE_EXAMPLE})
                                   << QByteArray(CODRIVE_EXAMPLE ": Not a directory");
        QTest::newRow("unknown option") << QStringList({"--bogus"}) << QByteArray("bogus");
        QTest::newRow("no jobs") << QStringList({"--jobs", "0"}) << QByteArray("--jobs");
        QTest::newRow("two folders") << QStringList({".", "."}) << QByteArray("one folder");
    }
    void wrongUsage()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QByteArray, message);
        Finder finder(arguments);
        QCOMPARE(finder.run(), 2);
        QCOMPARE(finder.output(), "");
        QVERIFY2(finder.messages().contains(message), finder.messages().constData());
    }

    void unreadable()
    {
        const Tree tree;
        for (const char *const name : {"1", "2", "3"})
            tree.add(name, "same");
        tree.addFolder("shut");
        ::chmod(tree.path("2").constData(), 0);
        ::chmod(tree.path("shut").constData(), 0);
        Finder finder({"--text", QFile::decodeName(tree.path())});
        if (::geteuid() == 0) {
            if (!canOthersRunIt())
                QSKIP("root can read everything, and other users cannot run the program");
            finder.setChildProcessModifier([] {
                if (::setgid(65534) != 0 || ::setuid(65534) != 0)
                    ::_exit(99);
            });
        }
        QCOMPARE(finder.run(), 1);
        QCOMPARE(finder.groups(), QList<Group>({{tree.path("1"), tree.path("3")}}));
        QVERIFY(finder.messages().contains(tree.path("2") + ": Permission denied"));
        QVERIFY(finder.messages().contains(tree.path("shut") + ": Permission denied"));
        QVERIFY(finder.messages().contains("could not be read: 2"));
        ::chmod(tree.path("shut").constData(), 0755);
    }

    void vanished()
    {
        if (!canWatchProcesses())
            QSKIP("needs /proc");
        const Tree tree;
        tree.addSparse("large1", 256 * 1024 * 1024);
        tree.addSparse("large2", 256 * 1024 * 1024);
        tree.addSparse("vanishing1", 2 * HeadSize);
        tree.addSparse("vanishing2", 2 * HeadSize);
        Finder finder({"--text", "--jobs", "1", QFile::decodeName(tree.path())});
        finder.start();
        finder.waitUntilInContents(tree.path("large")); // large files come first
        tree.remove("vanishing2");
        finder.waitToEnd();
        QCOMPARE(finder.exitCode(), 1);
        QCOMPARE(finder.groups(), QList<Group>({{tree.path("large1"), tree.path("large2")}}));
        QVERIFY(finder.messages().contains(tree.path("vanishing2") + ": No such file"));
        QVERIFY(finder.messages().contains("could not be read: 1"));
    }

    void interrupted_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
    }
    void interrupted()
    {
        QFETCH(const int, signal);
        if (!canWatchProcesses())
            QSKIP("needs /proc");
        const Tree tree;
        tree.addSparse("huge1", qint64(8) * 1024 * 1024 * 1024);
        tree.addSparse("huge2", qint64(8) * 1024 * 1024 * 1024);
        tree.add("small1", "same");
        tree.add("small2", "same");
        Finder finder({"--text", QFile::decodeName(tree.path())});
        finder.start();
        finder.waitUntilInContents(tree.path("huge"));
        QElapsedTimer timer;
        timer.start();
        ::kill(static_cast<pid_t>(finder.processId()), signal);
        finder.waitToEnd();
        const qint64 elapsed = timer.elapsed();
        QCOMPARE(finder.exitCode(), 128 + signal);
        QCOMPARE(finder.groups(), QList<Group>({{tree.path("small1"), tree.path("small2")}}));
        QVERIFY(finder.messages().endsWith("cancelled\n"));
        // 100 ms are promised; a machine with much else to do gets some more.
        QVERIFY2(elapsed < 1000, qPrintable(QString("%1 ms").arg(elapsed)));
    }

    void limitedJobs()
    {
        if (!canWatchProcesses())
            QSKIP("needs /proc");
        const Tree tree;
        for (int i = 0; i < 6; ++i)
            tree.addSparse("large" + QByteArray::number(i), 64 * 1024 * 1024);
        Finder finder({"--text", "--jobs", "2", QFile::decodeName(tree.path())});
        finder.start();
        finder.waitUntilInContents(tree.path("large"));
        qsizetype most = 0;
        while (!finder.waitForFinished(1))
            most = std::max(most, finder.openFiles(tree.path("large")).size());
        QCOMPARE(most, 2);
        QCOMPARE(finder.exitCode(), 0);
    }

private:
    static bool canOthersRunIt()
    {
        QProcess probe;
        probe.setChildProcessModifier([] {
            if (::setgid(65534) != 0 || ::setuid(65534) != 0)
                ::_exit(99);
        });
        probe.start(QStringLiteral(CODRIVE_EXAMPLE), {"--version"});
        return probe.waitForFinished() && probe.exitStatus() == QProcess::NormalExit
            && probe.exitCode() == 0;
    }
};

QTEST_GUILESS_MAIN(TestDupefinder)
#include "tst_dupefinder.moc"
