// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// dupefinder: finds files with the same content.

#include "finder.h"
#include "progress.h"

#include <CoDrive/core/run.h>
#include <CoDrive/process/signal.h>
#include <CoDrive/tasks/race.h>

#ifdef DUPEFINDER_WINDOW
#include "window.h"

#include <QApplication>
#endif
#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QThread>

#include <cerrno>
#include <cstdio>

#include <sys/stat.h>

using namespace CoDrive;

namespace {

enum ExitCode { Success = 0, ProblemsMet = 1, WrongUsage = 2, SignalBase = 128 };

struct Options
{
    std::string folder;
    int jobs = 1;
    bool isTextWanted = false;
};

/// What fdupes prints: a path a line, and an empty line after each group. False: it could not be written.
bool print(const std::vector<Finder::Group> &groups)
{
    for (const Finder::Group &group : groups) {
        for (const File *file : group)
            std::puts(file->path.c_str());
        std::puts("");
    }
    if (std::fflush(stdout) == 0 && !std::ferror(stdout))
        return true;
    std::fprintf(stderr, "dupefinder: standard output: %s\n", qPrintable(qt_error_string(errno)));
    return false;
}

void printSummary(const std::vector<Finder::Group> &groups, int problemCount)
{
    qsizetype duplicates = 0;
    double wasted = 0;
    for (const Finder::Group &group : groups) {
        const auto others = static_cast<qsizetype>(group.size()) - 1;
        duplicates += others;
        wasted += static_cast<double>(others) * static_cast<double>(group.front()->size);
    }
    QString text = QStringLiteral("groups: %1, duplicates: %2 (%3)")
                       .arg(groups.size())
                       .arg(duplicates)
                       .arg(byteText(wasted));
    if (problemCount > 0)
        text += QStringLiteral(", could not be read: %1").arg(problemCount);
    std::fprintf(stderr, "%s\n", qPrintable(text));
}

Task<int> findDuplicates(Options options)
{
    SharedProgress progress;
    Finder finder(options.folder, options.jobs, progress);
    finder.onProblem = [](const std::string &problem) {
        wipeBar();
        std::fprintf(stderr, "dupefinder: %s\n", problem.c_str());
    };
    int signal = 0;
    try {
        const auto findAndShow = [&] { return race(finder.find(), showProgress(progress)); };
        co_await withSignalHandler(SignalSet(SIGINT, SIGTERM), findAndShow);
    } catch (const SignalReceived &received) {
        signal = received.signal;
    }

    const std::vector<Finder::Group> groups = finder.groups();
    const bool isPrinted = print(groups);
    printSummary(groups, finder.problemCount());
    if (signal != 0) {
        std::fputs("cancelled\n", stderr);
        co_return SignalBase + signal;
    }
    co_return isPrinted && finder.problemCount() == 0 ? Success : ProblemsMet;
}

[[noreturn]] void exitWithError(const QString &message)
{
    std::fprintf(stderr, "dupefinder: %s\n", qPrintable(message));
    std::exit(WrongUsage);
}

/// What \a argument was before Qt made a text of it: a path need not be text.
std::string bytesOf(const QString &argument, char **argv)
{
    for (; *argv; ++argv) {
        if (QString::fromLocal8Bit(*argv) == argument)
            return *argv;
    }
    return QFile::encodeName(argument).toStdString();
}

Options parseArguments(const QStringList &arguments, char **argv)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        "Finds files with the same content, in all folders below DIR. Empty files are left out, of several hard\n"
        "links to a file one counts, symbolic links are not followed.\n\n"
        "Exit code: 0; 1 when something could not be read, or written; 2 for wrong arguments; 130 after Ctrl-C.");
    const QCommandLineOption help = parser.addHelpOption();
    const QCommandLineOption version = parser.addVersionOption();
    const QCommandLineOption text("text", "Print the groups of files with the same content; no window.");
    const QCommandLineOption jobs({"j", "jobs"}, "Read at most <N> files at once (default: the number of cores).", "N",
                                  QString::number(QThread::idealThreadCount()));
    parser.addOptions({text, jobs});
    parser.addPositionalArgument("DIR", "The folder (default: the current one).", "[DIR]");
    if (!parser.parse(arguments))
        exitWithError(parser.errorText());
    if (parser.isSet(help))
        parser.showHelp();
    if (parser.isSet(version))
        parser.showVersion();

    const QStringList folders = parser.positionalArguments();
    if (folders.size() > 1)
        exitWithError("one folder at most");
    const QString folder = folders.isEmpty() ? "." : folders.first();
    Options options;
    options.folder = bytesOf(folder, argv);
    struct stat status;
    errno = 0;
    if (::stat(options.folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        exitWithError(folder + ": " + qt_error_string(errno != 0 ? errno : ENOTDIR));

    options.jobs = parser.value(jobs).toInt();
    if (options.jobs < 1)
        exitWithError("--jobs needs a number greater than 0");
    options.isTextWanted = parser.isSet(text);
    return options;
}

/// Why there can be no window, or empty.
QString obstacleToWindow()
{
#ifndef DUPEFINDER_WINDOW
    return QStringLiteral("this program was built without Qt Quick");
#elif defined(Q_OS_MACOS)
    return {};
#else
    const bool hasDisplay = !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
    return hasDisplay ? QString() : QStringLiteral("there is no display");
#endif
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication::setApplicationName("dupefinder");
    QCoreApplication::setApplicationVersion("0.1");
    // Before the application: that of a window ends the program when there is no display.
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    const Options options = parseArguments(arguments, argv);

    if (!options.isTextWanted) {
        const QString obstacle = obstacleToWindow();
#ifdef DUPEFINDER_WINDOW
        if (obstacle.isEmpty()) {
            const QApplication app(argc, argv);
            return showWindow(options.folder, options.jobs);
        }
#endif
        std::fprintf(stderr, "dupefinder: no window, because %s; this is what --text prints\n", qPrintable(obstacle));
    }
    const QCoreApplication app(argc, argv);
    return run(findDuplicates(options));
}
