// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

// logtail: follows log files.

#include "lines.h"
#include "output.h"

#include <CoDrive/core/run.h>
#include <CoDrive/process/signal.h>
#include <CoDrive/tasks/race.h>

#include <QCommandLineParser>
#include <QCoreApplication>

#include <cstdio>
#include <limits>

using namespace CoDrive;
using namespace std::chrono_literals;

namespace {

enum ExitCode { OutputFailed = 1, WrongUsage = 2, SignalBase = 128 };

struct Options
{
    std::vector<LogFile> files;
    FollowOptions follow;
    QRegularExpression pattern;
    int rate = 0; ///< lines a second; 0: any number
};

void printMessage(const QString &message)
{
    std::fprintf(stderr, "logtail: %s\n", qPrintable(message));
}

Task<> printLines(Options options)
{
    const bool hasSeveralFiles = options.files.size() > 1;
    Stream<Line> lines = follow(std::move(options.files), options.follow, printMessage);
    if (!options.pattern.pattern().isEmpty())
        lines = matching(std::move(lines), options.pattern);
    if (options.rate > 0)
        lines = spaced(std::move(lines), std::chrono::nanoseconds(1s) / options.rate);

    QCORO_FOREACH(const Line &line, lines) {
        QByteArray text = line.text + '\n';
        if (hasSeveralFiles)
            text.prepend(line.name + ": ");
        co_await writeOut(text);
    }
}

Task<int> printUntilSignal(Options options)
{
    try {
        const auto print = [&] { return race(printLines(std::move(options)), endWithReader()); };
        co_await withSignalHandler(SignalSet(SIGINT, SIGTERM), print);
    } catch (const SignalReceived &received) {
        co_return SignalBase + received.signal;
    } catch (const std::exception &error) {
        printMessage(QString::fromUtf8(error.what()));
    }
    co_return OutputFailed;
}

[[noreturn]] void exitWithError(const QString &message)
{
    printMessage(message);
    std::exit(WrongUsage);
}

/// The number that \a option was given.
int numberOf(const QCommandLineParser &parser, const QCommandLineOption &option, int smallest, int largest)
{
    bool isNumber = false;
    const int number = parser.value(option).toInt(&isNumber);
    if (!isNumber || number < smallest || number > largest) {
        exitWithError(QStringLiteral("--%1 needs a number from %2 to %3, not \"%4\"")
                          .arg(option.names().last())
                          .arg(smallest)
                          .arg(largest)
                          .arg(parser.value(option)));
    }
    return number;
}

/// What \a arguments, in the order of the command line, were before Qt made texts of them: a path need not be text.
std::vector<QByteArray> bytesOf(const QStringList &arguments, char **argv)
{
    std::vector<QByteArray> result;
    for (auto next = arguments.begin(); *++argv && next != arguments.end();) {
        if (QString::fromLocal8Bit(*argv) == *next) {
            result.emplace_back(*argv);
            ++next;
        }
    }
    return result;
}

Options parseArguments(char **argv)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        "Prints the last lines of each FILE, and then every line that is added to one of them, until "
        "Ctrl-C.\n"
        "With several files the name of the file stands before each line. A line is printed when its "
        "newline\n"
        "has come.\n\n"
        "A file that is renamed or removed is followed until another one has taken its name and holds\n"
        "something; then that one is followed from its beginning. So is a file that was truncated. Messages\n"
        "about this go to standard error.\n\n"
        "It ends when nobody reads its output any more, as in logtail FILE | head.\n\n"
        "Exit code: 130 after Ctrl-C, 143 after SIGTERM; 1 when a file can no longer be read, or the output "
        "not\n"
        "be written; 2 for wrong arguments, such as a FILE that is not there: then nothing is printed.");
    const QCommandLineOption help({"h", "help"}, "Show this help.");
    const QCommandLineOption version = parser.addVersionOption();
    const QCommandLineOption grep({"g", "grep"}, "Print only lines in which <REGEX> is found, as Perl would.",
                                  "REGEX");
    const QCommandLineOption lines(
        {"n", "lines"},
        "Begin with the last <N> lines of each file (default: 10), if --grep finds anything "
        "in them.",
        "N", "10");
    const QCommandLineOption rate(
        {"r", "rate"},
        "Print at most <N> lines a second (1 to 1000). None is lost: files are read no faster. "
        "But what is truncated meanwhile, or replaced twice, cannot be read any more.",
        "N");
    parser.addOptions({help, grep, lines, rate});
    parser.addPositionalArgument("FILE", "The files to follow.", "FILE...");
    if (!parser.parse(QCoreApplication::arguments()))
        exitWithError(parser.errorText());
    if (parser.isSet(help))
        parser.showHelp();
    if (parser.isSet(version))
        parser.showVersion();

    Options options;
    options.pattern.setPattern(parser.value(grep));
    options.pattern.setPatternOptions(QRegularExpression::UseUnicodePropertiesOption);
    if (!options.pattern.isValid()) {
        exitWithError(QStringLiteral("--grep \"%1\": %2, at character %3")
                          .arg(parser.value(grep), options.pattern.errorString())
                          .arg(options.pattern.patternErrorOffset()));
    }
    options.follow.lastLines = numberOf(parser, lines, 0, std::numeric_limits<int>::max());
    if (parser.isSet(rate))
        options.rate = numberOf(parser, rate, 1, 1000);

    if (parser.positionalArguments().isEmpty())
        exitWithError("which file? (see --help)");
    bool areAllOpen = true;
    for (const QByteArray &path : bytesOf(parser.positionalArguments(), argv)) {
        try {
            options.files.emplace_back(path);
        } catch (const std::runtime_error &error) {
            printMessage(QString::fromUtf8(error.what()));
            areAllOpen = false;
        }
    }
    if (!areAllOpen)
        std::exit(WrongUsage);
    return options;
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName("logtail");
    QCoreApplication::setApplicationVersion("0.1");
    return run(printUntilSignal(parseArguments(argv)));
}
