// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// Runs the example logtail, whose path is CODRIVE_EXAMPLE, and what it is made of.

#include "lines.h"
#include "threadsanitizer.h"
#include "words.h"

#include <CoDrive/streams/tostream.h>

#include <QDeadlineTimer>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Words;

namespace {

constexpr int Patience = 60'000;

/// A folder of log files.
class Logs
{
public:
    // Also for another user.
    Logs() { ::chmod(QFile::encodeName(m_folder.path()).constData(), 0755); }

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QByteArray bytes(const QString &name) const { return QFile::encodeName(path(name)); }

    void append(const QString &name, const QByteArray &text) const { write(name, text, "ab"); }
    void overwrite(const QString &name, const QByteArray &text) const { write(name, text, "wb"); }
    void rename(const QString &from, const QString &to) const
    {
        QCOMPARE(::rename(bytes(from).constData(), bytes(to).constData()), 0);
    }
    void remove(const QString &name) const { QCOMPARE(::unlink(bytes(name).constData()), 0); }
    void link(const QString &target, const QString &name) const
    {
        QCOMPARE(::symlink(target.toUtf8().constData(), bytes(name).constData()), 0);
    }
    void resize(const QString &name, qint64 size) const
    {
        QCOMPARE(::truncate(bytes(name).constData(), size), 0);
    }

private:
    void write(const QString &name, const QByteArray &text, const char *mode) const
    {
        std::FILE *const file = std::fopen(bytes(name).constData(), mode);
        QVERIFY2(file, qPrintable(name));
        std::fwrite(text.constData(), 1, static_cast<std::size_t>(text.size()), file);
        std::fclose(file);
    }

    QTemporaryDir m_folder;
};

class Program : public QProcess
{
public:
    explicit Program(const QStringList &arguments)
    {
        setProgram(QStringLiteral(CODRIVE_EXAMPLE));
        setArguments(arguments);
    }
    ~Program() override
    {
        kill();
        waitForFinished();
    }

    QByteArray output()
    {
        m_output += readAllStandardOutput();
        return m_output;
    }
    QByteArray messages()
    {
        m_messages += readAllStandardError();
        return m_messages;
    }
    void waitForOutput(const QByteArray &expected)
    {
        waitUntil([&] { return output() == expected; });
        QCOMPARE(output(), expected);
    }
    void waitForMessage(const QByteArray &part)
    {
        waitUntil([&] { return messages().contains(part); });
        QVERIFY2(messages().contains(part), messages().constData());
    }
    /// Waits until \a isSo(), or the program has ended, or patience has.
    template <typename Condition>
    void waitUntil(Condition isSo)
    {
        const QDeadlineTimer deadline(Patience);
        QVERIFY(waitForStarted());
        while (!isSo() && state() == Running && !deadline.hasExpired())
            waitForReadyRead(10);
    }
    void waitToEnd()
    {
        QVERIFY(waitForFinished(Patience));
        QCOMPARE(exitStatus(), QProcess::NormalExit);
    }
    int endBy(int signal)
    {
        ::kill(static_cast<pid_t>(processId()), signal);
        waitToEnd();
        return exitCode();
    }

    /// Runs it as another user, if need be. False: that is not possible.
    bool isNotRoot()
    {
        if (::geteuid() != 0)
            return true;
        const auto becomeNobody = [] {
            if (::setgid(65534) != 0 || ::setuid(65534) != 0)
                ::_exit(99);
        };
        QProcess trial;
        trial.setChildProcessModifier(becomeNobody);
        trial.start(program(), {"--version"});
        if (!trial.waitForFinished(Patience) || trial.exitCode() != 0)
            return false;
        setChildProcessModifier(becomeNobody);
        return true;
    }

    /// How far it has read the file; -1: it has not opened it.
    qint64 position(const QString &path) const
    {
        const QString process = QStringLiteral("/proc/%1/").arg(processId());
        for (const QString &number : QDir(process + "fd").entryList(QDir::System | QDir::Files)) {
            QFile info(process + "fdinfo/" + number);
            if (QFile::symLinkTarget(process + "fd/" + number) == path && info.open(QIODevice::ReadOnly))
                return info.readLine().mid(4).trimmed().toLongLong();
        }
        return -1;
    }
    void waitForPosition(const QString &path, qint64 expected)
    {
        waitUntil([&] { return position(path) == expected; });
        QCOMPARE(position(path), expected);
    }

private:
    QByteArray m_output;
    QByteArray m_messages;
};

bool canWatchProcesses()
{
    return QFile::exists(QStringLiteral("/proc/self/fdinfo"));
}

QByteArray numbers(int first, int last)
{
    QByteArray text;
    for (int i = first; i <= last; ++i)
        text += QByteArray::number(i) + '\n';
    return text;
}

/// Logs the lines, with the last letter of their file's name when \a hasNames.
Task<> logLines(Stream<Line> lines, EventLog &log, bool hasNames = false)
{
    const InstanceCounter alive;
    QCORO_FOREACH(const Line &line, lines) {
        QString text = QString::fromUtf8(line.text);
        if (hasNames)
            text.prepend(QString::fromUtf8(line.name.right(1)) + ':');
        log << text;
    }
}

/// Followed without the help of a clock.
Stream<Line> followAlone(const Logs &logs, const QStringList &names, QStringList *reports = nullptr)
{
    std::vector<LogFile> files;
    for (const QString &name : names)
        files.emplace_back(logs.bytes(name));
    return follow(std::move(files), {.lastLines = 10, .lookInterval = 24h}, [reports](const QString &report) {
        if (reports)
            *reports << report.section(": ", 1);
    });
}

Stream<Line> lineStream(const QByteArrayList &texts)
{
    std::vector<Line> lines;
    for (const QByteArray &text : texts)
        lines.emplace_back("name", text);
    return toStream(std::move(lines));
}

} // namespace

class TestLogtail : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        if (underThreadSanitizer)
            QSKIP("ThreadSanitizer aborts when QProcess forks");
        failOnWarnings();
    }
    void cleanup() { QCOMPARE(leftBehind(), QString()); }

    void grows()
    {
        const Logs logs;
        logs.append("a", "1\n2\n");
        Program program({logs.path("a")});
        program.start();
        program.waitForOutput("1\n2\n");
        logs.append("a", "3\n");
        program.waitForOutput("1\n2\n3\n");
        logs.append("a", "4\n\n5\n");
        program.waitForOutput("1\n2\n3\n4\n\n5\n");
        QCOMPARE(program.messages(), "");
    }

    void severalFiles()
    {
        const Logs logs;
        logs.append("a", "");
        logs.append("b", "first\n");
        Program program({"a", "b"});
        program.setWorkingDirectory(logs.path(""));
        program.start();
        QByteArray expected = "b: first\n";
        program.waitForOutput(expected);
        for (const char *const name : {"a", "b", "b", "a", "a", "b"}) {
            logs.append(name, "more\n");
            expected += QByteArray(name) + ": more\n";
            program.waitForOutput(expected);
        }
    }

    void manyFiles()
    {
        const Logs logs;
        QStringList paths;
        for (int i = 0; i < 200; ++i) {
            logs.append(QString::number(i), "old\n");
            paths << logs.path(QString::number(i));
        }
        Program program(paths);
        program.start();
        program.waitUntil([&] { return program.output().count("old\n") == 200; });
        QCOMPARE(program.output().count("old\n"), 200);
        for (int i = 0; i < 200; i += 50)
            logs.append(QString::number(i), "new\n");
        program.waitUntil([&] { return program.output().count("new\n") == 4; });
        QCOMPARE(program.output().count("new\n"), 4);
        QCOMPARE(program.output().count('\n'), 204);
        QCOMPARE(program.messages(), "");
    }

    void namesThatAreNoText()
    {
        const Logs logs;
        // A QString could not name them, and as texts they would be the same.
        const QByteArray second = logs.bytes("caf") + '\xe9';
        const QByteArray names[] = {logs.bytes("caf") + '\xe8', second, second + ".1"};
        const auto removed = qScopeGuard([&] {
            for (const QByteArray &name : names)
                ::unlink(name.constData());
        });
        const auto append = [&](int index, const QByteArray &text) {
            std::FILE *const file = std::fopen(names[index].constData(), "ab");
            QVERIFY(file);
            std::fputs(text.constData(), file);
            std::fclose(file);
        };
        append(0, "1\n");
        append(1, "2\n");
        Program program({"-c", "cd \"$1\" && exec \"$0\" caf\"$(printf '\\350')\" caf\"$(printf '\\351')\"",
                         QStringLiteral(CODRIVE_EXAMPLE), logs.path("")});
        program.setProgram("/bin/sh");
        program.start();
        program.waitUntil([&] { return program.output().count('\n') == 2; });
        QVERIFY2(program.output().contains("caf\xe8: 1\n") && program.output().contains("caf\xe9: 2\n"),
                 program.output().constData());
        append(1, "3\n");
        program.waitUntil([&] { return program.output().endsWith("caf\xe9: 3\n"); });
        QCOMPARE(::rename(names[1].constData(), names[2].constData()), 0);
        append(1, "4\n");
        program.waitUntil([&] { return program.output().endsWith("caf\xe9: 4\n"); });
        QVERIFY2(program.output().endsWith("caf\xe9: 3\ncaf\xe9: 4\n"), program.output().constData());
        QCOMPARE(program.endBy(SIGINT), 130);
    }

    void lines_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("default") << QStringList() << numbers(1, 25) << numbers(16, 25);
        QTest::newRow("some") << QStringList({"--lines", "3"}) << numbers(1, 25) << numbers(23, 25);
        QTest::newRow("short option") << QStringList({"-n3"}) << numbers(1, 25) << numbers(23, 25);
        QTest::newRow("none") << QStringList({"--lines", "0"}) << numbers(1, 25) << QByteArray();
        QTest::newRow("all") << QStringList({"-n", "25"}) << numbers(1, 25) << numbers(1, 25);
        QTest::newRow("more than all")
            << QStringList({"-n", "2147483647"}) << numbers(1, 25) << numbers(1, 25);
        QTest::newRow("blocks") << QStringList({"-n", "30000"}) << numbers(1, 60'000)
                                << numbers(30'001, 60'000);
        QTest::newRow("empty file") << QStringList() << QByteArray() << QByteArray();
    }
    void lines()
    {
        QFETCH(const QStringList, options);
        QFETCH(const QByteArray, content);
        QFETCH(const QByteArray, expected);
        if (!canWatchProcesses())
            QSKIP("needs /proc");
        const Logs logs;
        logs.append("a", content);
        Program program(options + QStringList(logs.path("a")));
        program.start();
        program.waitForPosition(logs.path("a"), content.size());
        logs.append("a", "new\n");
        program.waitForOutput(expected + "new\n");
    }

    void lastLines_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<int>("count");
        QTest::addColumn<QByteArray>("expected");
        const QByteArray block(64 * 1024 - 2, 'b');
        QTest::newRow("none") << QByteArray("1\n2\npart") << 0 << QByteArray("part");
        QTest::newRow("one") << QByteArray("1\n2\npart") << 1 << QByteArray("2\npart");
        QTest::newRow("no newline") << QByteArray("part") << 1 << QByteArray("part");
        QTest::newRow("only newlines") << QByteArray("\n\n\n") << 2 << QByteArray("\n\n");
        QTest::newRow("newline before the last block")
            << "1\n2\n" + block + "xy" << 1 << "2\n" + block + "xy";
        QTest::newRow("newline begins the last block") << "1\n" + block + "\n" << 1 << block + "\n";
        QTest::newRow("several blocks") << "1\n" + block + block + block + "\n2\n"
                                        << 2 << block + block + block + "\n2\n";
    }
    void lastLines()
    {
        QFETCH(const QByteArray, content);
        QFETCH(const int, count);
        QFETCH(const QByteArray, expected);
        const Logs logs;
        logs.append("a", content);
        LogFile file(logs.bytes("a"));
        run(file.seekToLastLines(count));
        while (file.readMore()) {}
        file.startOver();
        QByteArray found;
        while (const std::optional<QByteArray> line = file.takeLine())
            found += *line + '\n';
        QCOMPARE(found, expected.endsWith('\n') ? expected : expected + '\n');
    }

    void grep_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("word") << "error" << QByteArray("an error\nerrors\n");
        QTest::newRow("alternatives") << "^(one|errors)$" << QByteArray("one\nerrors\n");
        QTest::newRow("case") << "(?i)ERRORS" << QByteArray("errors\n");
        QTest::newRow("text that is not ASCII") << "^stra\u00dfe \\w$"
                                                << QByteArray("stra\xc3\x9f"
                                                              "e \xc3\xa4\n");
        QTest::newRow("bytes that are no text") << "broken" << QByteArray("broken \xff\xfe\x80 line\r\n");
        QTest::newRow("empty lines") << "^$" << QByteArray("\n");
        QTest::newRow("everything") << ""
                                    << QByteArray("one\nan error\nerrors\nstra\xc3\x9f"
                                                  "e \xc3\xa4\nbroken \xff\xfe\x80 line\r\n\n");
    }
    void grep()
    {
        QFETCH(const QString, pattern);
        QFETCH(const QByteArray, expected);
        const Logs logs;
        logs.append("a", "one\nan error\nerrors\nstra\xc3\x9f"
                         "e \xc3\xa4\nbroken \xff\xfe\x80 line\r\n\n");
        Program program({"--grep", pattern, logs.path("a")});
        program.start();
        program.waitForOutput(expected);
        logs.append("a", expected);
        program.waitForOutput(expected + expected);
    }

    void grepIgnoresNames()
    {
        const Logs logs;
        logs.append("a", "yes a\nno\n");
        logs.append("b", "no\nyes b\n");
        Program program({"--grep", "a$|b$", "a", "b"});
        program.setWorkingDirectory(logs.path(""));
        program.start();
        program.waitUntil([&] { return program.output().count('\n') == 2; });
        QCOMPARE(program.output().count('\n'), 2);
        logs.append("a", "no\n: a\n");
        program.waitUntil([&] { return program.output().count('\n') == 3; });
        QCOMPARE(program.output().count('\n'), 3);
        QVERIFY2(!program.output().contains("no"), program.output().constData());
        QVERIFY2(program.output().endsWith("a: : a\n"), program.output().constData());
    }

    void wrongArguments_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("no file") << QStringList() << QByteArray("which file?");
        QTest::newRow("unknown option") << QStringList({"--bogus", "a"}) << QByteArray("bogus");
        QTest::newRow("missing") << QStringList({"a", "missing", "gone"})
                                 << QByteArray(
                                        "missing: No such file or directory\nlogtail: gone: No such file");
        QTest::newRow("folder") << QStringList({"a", "."}) << QByteArray("logtail: .: Is a folder\n");
        QTest::newRow("device") << QStringList({"/dev/null"})
                                << QByteArray("/dev/null: Is not a regular file\n");
        if (canWatchProcesses()) {
            QTest::newRow("no size") << QStringList({"/proc/self/status"})
                                     << QByteArray("/proc/self/status: Has no size, though it is not empty\n");
        }
        QTest::newRow("pattern") << QStringList({"--grep", "a(b", "a"})
                                 << QByteArray("--grep \"a(b\": missing closing");
        QTest::newRow("lines") << QStringList({"-n", "-1", "a"}) << QByteArray("--lines needs a number");
        QTest::newRow("lines, no number") << QStringList({"--lines=x", "a"}) << QByteArray("not \"x\"");
        QTest::newRow("rate") << QStringList({"--rate", "0", "a"}) << QByteArray("--rate needs a number");
        QTest::newRow("rate too high")
            << QStringList({"--rate", "1001", "a"}) << QByteArray("--rate needs a number");
    }
    void wrongArguments()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QByteArray, message);
        const Logs logs;
        logs.append("a", "1\n");
        Program program(arguments);
        program.setWorkingDirectory(logs.path(""));
        program.start();
        program.waitToEnd();
        QCOMPARE(program.exitCode(), 2);
        QCOMPARE(program.output(), "");
        QVERIFY2(program.messages().contains(message), program.messages().constData());
    }

    void unreadable()
    {
        const Logs logs;
        logs.append("a", "1\n");
        ::chmod(logs.bytes("a").constData(), 0);
        Program program({logs.path("a")});
        if (!program.isNotRoot())
            QSKIP("root can read everything, and other users cannot run the program");
        program.start();
        program.waitToEnd();
        QCOMPARE(program.exitCode(), 2);
        QCOMPARE(program.messages(), "logtail: " + logs.bytes("a") + ": Permission denied\n");
    }

    void unreadableAfterRotation()
    {
        const Logs logs;
        logs.append("a", "1\n");
        Program program({logs.path("a")});
        if (!program.isNotRoot())
            QSKIP("root can read everything, and other users cannot run the program");
        program.start();
        program.waitForOutput("1\n");
        logs.append("next", "2\n");
        ::chmod(logs.bytes("next").constData(), 0);
        logs.rename("next", "a");
        program.waitForMessage("a: Permission denied\n");
        QTest::qWait(1500); // it looks once a second
        ::chmod(logs.bytes("a").constData(), 0644);
        program.waitForOutput("1\n2\n");
        logs.append("a", "3\n");
        program.waitForOutput("1\n2\n3\n");
        const QByteArray begin = "logtail: " + logs.bytes("a");
        QCOMPARE(program.messages(), begin + ": Permission denied\n" + begin + ": following the new file\n");
    }

    void help()
    {
        Program program({"--help"});
        program.start();
        program.waitToEnd();
        QCOMPARE(program.exitCode(), 0);
        for (const char *const word : {"FILE...", "--grep", "--lines", "--rate", "Exit code: 130"})
            QVERIFY2(program.output().contains(word), word);
    }

    void rotates_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *const how :
             {"renamed", "renamed, back later", "removed", "removed, back later", "replaced", "linked"})
            QTest::newRow(how) << how;
    }
    void rotates()
    {
        QFETCH(const QString, how);
        const Logs logs;
        logs.append("a1", "1\n2\n");
        if (how == "linked")
            logs.link("a1", "a");
        else
            logs.rename("a1", "a");
        Program program({logs.path("a")});
        program.start();
        program.waitForOutput("1\n2\n");
        QByteArray expected = "1\n2\n";
        // As long as the line before, so that its size tells nothing.
        for (const char *const text : {"3\n4\n", "5\n6\n", "7\n8\n"}) {
            if (how.startsWith("renamed")) {
                logs.rename("a", "a1");
            } else if (how.startsWith("removed")) {
                logs.remove("a");
            } else if (how == "linked") {
                logs.append(text, text);
                logs.link(text, "next");
                logs.rename("next", "a");
            } else {
                logs.append("next", text);
                logs.rename("next", "a");
            }
            if (how.endsWith("later")) {
                program.waitForMessage(": has gone; waiting");
            }
            if (how.startsWith("re") && how != "replaced")
                logs.append("a", text);
            expected += text;
            program.waitForOutput(expected);
            logs.append("a", "more\n");
            expected += "more\n";
            program.waitForOutput(expected);
            program.waitForMessage("a: following the new file");
        }
        QCOMPARE(program.messages().count("following the new file"), 3);
    }

    // Who writes is told later that its file was renamed.
    void linesToTheOldFile()
    {
        const Logs logs;
        logs.append("a", "1\n");
        EventLog log;
        TaskScope scope;
        scope.spawn(logLines(followAlone(logs, {"a"}), log));
        QTRY_COMPARE_WITH_TIMEOUT(log.events(), QStringList({"1"}), Patience);
        logs.rename("a", "a.1");
        settle();
        logs.append("a.1", "2\n");
        logs.append("a", "");
        QTRY_COMPARE_WITH_TIMEOUT(log.events(), QStringList({"1", "2"}), Patience);
        settle();
        logs.append("a.1", "3\n");
        logs.append("a", "4\n");
        logs.append("a.1", "5\n");
        QTRY_COMPARE_WITH_TIMEOUT(log.events(), QStringList({"1", "2", "3", "5", "4"}), Patience);
    }

    void linesToTheOldFileUnwatched()
    {
        const Logs logs;
        logs.append("a", "1\n");
        Program program({logs.path("a")});
        program.start();
        program.waitForOutput("1\n");
        logs.rename("a", "a.1");
        program.waitForMessage("has gone");
        logs.append("a.1", "2\n");
        program.waitForOutput("1\n2\n");
        logs.append("a", "3\n");
        program.waitForOutput("1\n2\n3\n");
    }

    void becomesFolder()
    {
        const Logs logs;
        logs.append("a", "1\n");
        Program program({logs.path("a")});
        program.start();
        program.waitForOutput("1\n");
        logs.rename("a", "a.1");
        QVERIFY(QDir().mkdir(logs.path("a")));
        QVERIFY(QDir().mkdir(logs.path("a/b")));
        program.waitForMessage("a: Is a folder");
        QVERIFY(QDir(logs.path("a")).removeRecursively());
        logs.append("a", "2\n");
        program.waitForOutput("1\n2\n");
    }

    void rotatesIntoAPipe()
    {
        const Logs logs;
        logs.append("a", "1\n");
        Program program({logs.path("a")});
        program.start();
        program.waitForOutput("1\n");
        logs.rename("a", "a.1");
        QCOMPARE(::mkfifo(logs.bytes("a").constData(), 0644), 0);
        program.waitForMessage("a: Is not a regular file");
        logs.remove("a");
        logs.append("a", "2\n");
        program.waitForOutput("1\n2\n");
    }

    void folderIsReplaced()
    {
        const Logs logs;
        QVERIFY(QDir().mkdir(logs.path("f")));
        logs.append("f/a", "1\n");
        Program program({logs.path("f/a")});
        program.start();
        program.waitForOutput("1\n");
        logs.rename("f", "g");
        program.waitForMessage("has gone");
        QVERIFY(QDir().mkdir(logs.path("f")));
        logs.append("f/a", "2\n");
        program.waitForOutput("1\n2\n");
        logs.append("f/a", "3\n");
        program.waitForOutput("1\n2\n3\n");
    }

    void truncated()
    {
        const Logs logs;
        logs.append("a", "1\n2\n3\n4\n");
        Program program({logs.path("a")});
        program.start();
        program.waitForOutput("1\n2\n3\n4\n");
        logs.overwrite("a", "5\n");
        program.waitForOutput("1\n2\n3\n4\n5\n");
        program.waitForMessage("a: truncated");
        logs.append("a", "6\n");
        program.waitForOutput("1\n2\n3\n4\n5\n6\n");
    }

    void partialLine()
    {
        if (!canWatchProcesses())
            QSKIP("needs /proc");
        const Logs logs;
        logs.append("a", "1\nbe");
        Program program({logs.path("a")});
        program.start();
        program.waitForPosition(logs.path("a"), 4);
        logs.append("a", "gun");
        program.waitForPosition(logs.path("a"), 7);
        program.waitForOutput("1\n");
        logs.append("a", "\n2\nlast");
        program.waitForOutput("1\nbegun\n2\n");
        program.waitForPosition(logs.path("a"), 14);
        // Nothing will complete that one.
        logs.rename("a", "a.1");
        logs.append("a", "new\n");
        program.waitForOutput("1\nbegun\n2\nlast\nnew\n");
    }

    void partialLineIsTruncated()
    {
        const Logs logs;
        logs.append("a", "1\nlast");
        EventLog log;
        TaskScope scope;
        scope.spawn(logLines(followAlone(logs, {"a"}), log));
        QTRY_COMPARE_WITH_TIMEOUT(log.events(), QStringList({"1"}), Patience);
        settle();
        logs.resize("a", 0);
        QTRY_COMPARE_WITH_TIMEOUT(log.events(), QStringList({"1", "last"}), Patience);
        logs.append("a", "2\n");
        QTRY_COMPARE_WITH_TIMEOUT(log.events(), QStringList({"1", "last", "2"}), Patience);
    }

    void longLine()
    {
        const Logs logs;
        QByteArray line(5 * 1024 * 1024, 'x');
        logs.append("a", line + "\nshort\n");
        Program program({logs.path("a")});
        program.start();
        program.waitUntil([&] { return program.output().endsWith("\nshort\n"); });
        QVERIFY(program.output().endsWith("\nshort\n"));
        const QByteArrayList parts = program.output().split('\n');
        QVERIFY(parts.size() > 5 && parts.size() < 10);
        QCOMPARE(parts.join().size(), line.size() + 5);
        QCOMPARE(parts.indexOf(""), parts.size() - 1); // that of the last newline
    }

    void longFile()
    {
        if (!canWatchProcesses())
            QSKIP("needs /proc");
        const Logs logs;
        const QByteArray line(64 * 1024 - 1, 'x');
        for (int i = 0; i < 800; ++i)
            logs.append("a", line + '\n');
        logs.append("a", "found\n");
        Program program({"-n", "5000", "--grep", "o", logs.path("a")});
        program.start();
        program.waitForOutput("found\n");
        QFile status(QStringLiteral("/proc/%1/status").arg(program.processId()));
        QVERIFY(status.open(QIODevice::ReadOnly));
        const QByteArray all = status.readAll();
        const qint64 kilobytes = all.mid(all.indexOf("VmHWM:") + 6).trimmed().split(' ').first().toLongLong();
        QVERIFY2(kilobytes > 1000, all.constData());
#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
        QSKIP("AddressSanitizer keeps what is freed");
#    endif
#endif
        QVERIFY2(kilobytes < 50'000, all.constData());
    }

    void interrupted_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl-C") << QStringList() << SIGINT;
        QTest::newRow("SIGTERM") << QStringList() << SIGTERM;
        QTest::newRow("between two lines") << QStringList({"--rate", "1", "-n", "3000"}) << SIGINT;
    }
    void interrupted()
    {
        QFETCH(const QStringList, options);
        QFETCH(const int, signal);
        const Logs logs;
        logs.append("a", numbers(1, 3000));
        logs.append("b", numbers(1, 3000));
        Program program(options + QStringList({logs.path("a"), logs.path("b")}));
        program.start();
        program.waitUntil([&] { return !program.output().isEmpty(); });
        QVERIFY(!program.output().isEmpty());
        QCOMPARE(program.endBy(signal), 128 + signal);
        QCOMPARE(program.messages(), "");
    }

    void interruptedInLongFile_data()
    {
        QTest::addColumn<bool>("isGrowing");
        QTest::newRow("looking for the last lines") << false;
        QTest::newRow("reading") << true;
    }
    void interruptedInLongFile()
    {
        QFETCH(const bool, isGrowing);
        if (!canWatchProcesses())
            QSKIP("needs /proc");
        // It takes minutes to read that.
        constexpr qint64 Size = qint64(256) * 1024 * 1024 * 1024;
        const Logs logs;
        logs.append("a", "1\n");
        if (::truncate(logs.bytes("a").constData(), Size) != 0)
            QSKIP("the file system has no such large files");
        if (isGrowing)
            logs.overwrite("a", "1\n");
        Program program({"--grep", "1", logs.path("a")});
        program.start();
        if (isGrowing) {
            program.waitForOutput("1\n");
            logs.resize("a", Size);
        }
        const auto isInside = [&] {
            const qint64 position = program.position(logs.path("a"));
            return position > 2 && position < Size;
        };
        program.waitUntil(isInside);
        QVERIFY(isInside());
        QCOMPARE(program.endBy(SIGINT), 130);
    }

    void interruptedWhenNobodyReads()
    {
        const Logs logs;
        for (int i = 0; i < 50; ++i)
            logs.append("a", QByteArray(10'000, 'x') + '\n');
        QCOMPARE(::mkfifo(logs.bytes("pipe").constData(), 0600), 0);
        const int pipe = ::open(logs.bytes("pipe").constData(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        QVERIFY(pipe >= 0);
        const auto closed = qScopeGuard([&] { ::close(pipe); });
        Program program({"-n", "50", logs.path("a")});
        program.setStandardOutputFile(logs.path("pipe"));
        program.start();
        const auto hasRoom = [&] {
            struct pollfd asked = {pipe, POLLOUT, 0};
            return ::poll(&asked, 1, 0) == 1;
        };
        program.waitUntil([&] { return !hasRoom(); });
        QVERIFY(!hasRoom());
        QCOMPARE(program.endBy(SIGINT), 130);
    }

    void slowReader()
    {
        const Logs logs;
        QByteArray content;
        for (int i = 0; i < 10; ++i)
            content += QByteArray(64 * 1024 - 1, static_cast<char>('a' + i)) + '\n';
        logs.append("a", content);
        QCOMPARE(::mkfifo(logs.bytes("pipe").constData(), 0600), 0);
        const int pipe = ::open(logs.bytes("pipe").constData(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        QVERIFY(pipe >= 0);
        const auto closed = qScopeGuard([&] { ::close(pipe); });
        Program program({logs.path("a")});
        program.setStandardOutputFile(logs.path("pipe"));
        program.start();
        QByteArray received;
        const auto receive = [&] {
            char part[30000];
            const ssize_t size = ::read(pipe, part, sizeof(part));
            if (size > 0)
                received.append(part, size);
            return received.size();
        };
        program.waitUntil([&] { return receive() == content.size(); });
        QVERIFY(received == content);
    }

    void nobodyReadsAnyMore_data()
    {
        QTest::addColumn<QString>("trap");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("SIGPIPE ends it") << "" << QByteArray("141\n");
        QTest::newRow("SIGPIPE is ignored") << "trap '' PIPE;"
                                            << QByteArray("logtail: standard output: Broken pipe\n1\n");
    }
    // Though there is nothing to write.
    void nobodyReadsAnyMore()
    {
        QFETCH(const QString, trap);
        QFETCH(const QByteArray, expected);
        const Logs logs;
        logs.append("a", "1\n");
        QProcess shell;
        shell.start("/bin/sh", {"-c", trap + "{ timeout 20 \"$0\" \"$1\"; echo $? >&2; } | head -n 1",
                                QStringLiteral(CODRIVE_EXAMPLE), logs.path("a")});
        QVERIFY(shell.waitForFinished(Patience));
        QCOMPARE(shell.readAllStandardOutput(), "1\n");
        QCOMPARE(shell.readAllStandardError(), expected);
    }

    void outputThatCannotBeWritten()
    {
        if (!QFile::exists("/dev/full"))
            QSKIP("needs /dev/full");
        const Logs logs;
        logs.append("a", "1\n");
        Program program({logs.path("a")});
        program.setStandardOutputFile("/dev/full");
        program.start();
        program.waitToEnd();
        QCOMPARE(program.exitCode(), 1);
        QVERIFY2(program.messages().contains("standard output: No space left"),
                 program.messages().constData());
    }

    void rate()
    {
        const Logs logs;
        logs.append("a", numbers(1, 6));
        Program program({"--rate", "10", logs.path("a")});
        QElapsedTimer time;
        time.start();
        program.start();
        program.waitForOutput(numbers(1, 6));
        QVERIFY2(time.elapsed() >= 495, qPrintable(QString::number(time.elapsed())));
    }

    void spacedLines()
    {
        const VirtualClock clock;
        QStringList seen;
        run([&]() -> Task<> {
            auto lines = spaced(lineStream({"1", "2", "3", "4"}), 100ms);
            const auto take = [&]() -> Task<> {
                const std::optional<Line> line = co_await lines.next();
                seen << QStringLiteral("%1 at %2").arg(QString::fromUtf8(line->text)).arg(clock.now() / 1ms);
            };
            co_await take();
            co_await take();
            co_await sleepFor(1s); // no burst afterwards
            co_await take();
            co_await take();
            const bool hasMore = (co_await lines.next()).has_value();
            CODRIVE_VERIFY(!hasMore);
        });
        QCOMPARE(seen, QStringList({"1 at 0", "2 at 100", "3 at 1100", "4 at 1200"}));
    }

    // A line that comes after a pause does not use up a tick that came before it.
    void spacedLinesAfterPause()
    {
        const VirtualClock clock;
        QStringList seen;
        const auto burst = []() -> Stream<Line> {
            co_yield Line("name", "1");
            co_await sleepFor(10s);
            for (const char *const text : {"2", "3", "4"})
                co_yield Line("name", text);
        };
        run([&]() -> Task<> {
            auto lines = spaced(burst(), 250ms);
            QCORO_FOREACH(const Line &line, lines)
                seen << QStringLiteral("%1 at %2").arg(QString::fromUtf8(line.text)).arg(clock.now() / 1ms);
        });
        QCOMPARE(seen, QStringList({"1 at 0", "2 at 10000", "3 at 10250", "4 at 10500"}));
    }

    void watchesAlone()
    {
        const Logs logs;
        logs.append("a", "1\n");
        EventLog log;
        QStringList reports;
        TaskScope scope;
        scope.spawn(logLines(followAlone(logs, {"a"}, &reports), log));
        QStringList expected = {"1"};
        QTRY_COMPARE_WITH_TIMEOUT(log.events(), expected, Patience);
        for (int i = 0; i < 20; ++i) {
            logs.append("a", "grown\n");
            expected << "grown";
            QTRY_COMPARE_WITH_TIMEOUT(log.events(), expected, Patience);
            switch (i % 4) {
            case 0:
                logs.rename("a", "a.1");
                logs.append("a", "renamed\n");
                expected << "renamed";
                break;
            case 1:
                logs.remove("a");
                QTRY_VERIFY_WITH_TIMEOUT(!reports.isEmpty() && reports.last().startsWith("has gone"),
                                         Patience);
                logs.append("a", "");
                settle();
                logs.append("a", "removed\n");
                expected << "removed";
                break;
            case 2:
                logs.append("b", "replaced\n");
                logs.rename("b", "a");
                expected << "replaced";
                break;
            case 3:
                logs.overwrite("a", "cut\n");
                expected << "cut";
                break;
            }
            QTRY_COMPARE_WITH_TIMEOUT(log.events(), expected, Patience);
        }
    }

    void ended_data()
    {
        QTest::addColumn<bool>("isDestroyed");
        QTest::newRow("cancelled") << false;
        QTest::newRow("destroyed") << true;
    }
    // After each turn of the event loop.
    void ended()
    {
        QFETCH(const bool, isDestroyed);
        const QStringList expected = {"a:1", "b:1", "a:2", "b:2", "b:3"};
        bool isComplete = false;
        int turns = 0;
        for (; !isComplete && turns < 1000; ++turns) {
            const Logs logs;
            logs.append("a", QByteArray(200'000, 'x') + "\n1\n");
            logs.append("b", "1\n");
            const QList<std::function<void()>> steps = {
                [&] { logs.append("a", "2\n"); },
                [&] { logs.append("b", "2\n"); },
                [&] {
                    logs.rename("b", "c");
                    logs.append("b", "3\n");
                },
            };
            EventLog log;
            qsizetype done = 0;
            auto scope = std::make_unique<TaskScope>();
            auto lines = matching(followAlone(logs, {"a", "b"}), QRegularExpression("^.$"));
            auto handle = scope->spawn(logLines(std::move(lines), log, true));
            for (int i = 0; i < turns; ++i) {
                QCoreApplication::processEvents();
                if (done < steps.size() && log.events().size() == 2 + done)
                    steps[done++]();
            }
            isComplete = log.events().size() == expected.size();
            if (isComplete) {
                QStringList begin = log.events().mid(0, 2);
                begin.sort();
                QCOMPARE(begin + log.events().mid(2), expected);
            }
            if (isDestroyed) {
                scope.reset();
            } else {
                handle.cancel();
                settle();
            }
            // A line that had come already is still given, and then merge() has ended.
            const bool isEnded = handle.isCancelled() || (!isDestroyed && handle.outcome().isSuccess());
            QVERIFY2(isEnded, qPrintable(QStringLiteral("%1 after %2 turns").arg(text(handle)).arg(turns)));
            QCOMPARE(leftBehind(), QString());
        }
        QVERIFY2(isComplete && turns > 5, qPrintable(QString::number(turns)));
    }

    void endedWhileSpaced()
    {
        for (int step = 0; step < 8; ++step) {
            VirtualClock clock;
            EventLog log;
            auto scope = std::make_unique<TaskScope>();
            const auto handle = scope->spawn(logLines(
                spaced(matching(lineStream({"1", "-", "2", "3"}), QRegularExpression("\\d")), 2s), log));
            clock.advance(step * 1s);
            QCOMPARE(log.events().size(), std::min(1 + step / 2, 3));
            QCOMPARE(handle.isFinished(), step >= 4);
            scope.reset();
            QCOMPARE(leftBehind(), QString());
        }
    }
};

QTEST_GUILESS_MAIN(TestLogtail)
#include "tst_logtail.moc"
