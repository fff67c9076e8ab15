// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "messages.h"
#include "qmltest.h"

#include <CoDrive/qml/asynccommand.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/threads/threadloop.h>
#include <CoDrive/threads/tothread.h>

#include <QAction>
#include <QPushButton>
#include <QQuickView>
#include <QSignalSpy>

using namespace Words;

namespace {

/// All properties of a command, as one text.
QString shown(const AsyncCommand &c)
{
    return QStringLiteral("%1 value %2 error '%3' failed %4 progress %5 '%6' count %7")
        .arg(c.isRunning() ? "running" : "idle", c.value().isValid() ? c.value().toString() : "-", c.error())
        .arg(c.hasFailed())
        .arg(c.progress())
        .arg(c.statusText())
        .arg(c.runCount());
}

const char *const AsNew = "idle value - error '' failed 0 progress -1 '' count 0";

/// How often each property was notified.
class Notices
{
public:
    explicit Notices(const AsyncCommand &c)
        : running(&c, &AsyncCommand::runningChanged)
        , progress(&c, &AsyncCommand::progressChanged)
        , statusText(&c, &AsyncCommand::statusTextChanged)
        , error(&c, &AsyncCommand::errorChanged)
        , failed(&c, &AsyncCommand::failedChanged)
        , value(&c, &AsyncCommand::valueChanged)
        , runCount(&c, &AsyncCommand::runCountChanged)
    {
    }

    /// In the order of the members.
    QList<qsizetype> take()
    {
        QList<qsizetype> counts;
        for (QSignalSpy *const spy : {&running, &progress, &statusText, &error, &failed, &value, &runCount}) {
            counts << spy->count();
            spy->clear();
        }
        return counts;
    }

    QSignalSpy running, progress, statusText, error, failed, value, runCount;
};

/// What was emitted by a signal with one argument.
QStringList emitted(const QSignalSpy &spy)
{
    QStringList values;
    for (const QList<QVariant> &arguments : spy)
        values << arguments.first().toString();
    return values;
}

Task<int> deep(int frames, Event &gate)
{
    const InstanceCounter alive;
    if (frames == 0)
        co_await gate.wait();
    else
        co_await deep(frames - 1, gate);
    co_return 0;
}

Task<> remote(std::atomic<bool> &hasBegun)
{
    const InstanceCounter alive;
    hasBegun = true;
    co_await waitForever();
}

Task<int> throwsInt()
{
    throw 7;
    co_return 0;
}

Task<int> throwsGroup()
{
    std::rethrow_exception(
        ExceptionGroup::combine({std::make_exception_ptr(E("A")), std::make_exception_ptr(E("B"))}));
    co_return 0;
}

Task<int> awaitsThirdParty(TaskHandle<int> handle)
{
    co_return co_await handle;
}

} // namespace

class TestAsyncCommand : public QObject
{
    Q_OBJECT

private:
    /// A function for the policies: run 1 as given, the others wait for b and give their number.
    template<typename First>
    auto numbered(First first)
    {
        return [this, first](int i) {
            log << QString::number(i);
            return i == 1 ? first() : val(*b, i);
        };
    }

private Q_SLOTS:
    void init()
    {
        failOnWarnings();
        a.emplace();
        b.emplace();
        h.emplace();
        p = Probe();
        log.take();
        unhandled.emplace();
    }
    void cleanup()
    {
        QCOMPARE(leftBehind(), QString());
        QCOMPARE(unhandled->texts(), QStringList());
        unhandled.reset();
    }

    void QML_CMD_N1()
    {
        const AsyncCommand c{[] { return now(5); }};
        QVERIFY(!c.isRunning());
        QCOMPARE(c.progress(), -1.);
        QVERIFY(c.statusText().isEmpty() && c.error().isEmpty() && !c.hasFailed() && !c.value().isValid());
        QCOMPARE(c.runCount(), 0);
        QCOMPARE(shown(c), AsNew);
    }

    void QML_CMD_N2()
    {
        AsyncCommand c{[&] { return val(*a, 5, &p); }};
        c.start();
        QVERIFY(p.entered);
        QVERIFY(c.isRunning());
        QCOMPARE(c.runCount(), 1);
        settle();
        QVERIFY(c.isRunning());
        open(*a);
        QCOMPARE(shown(c), "idle value 5 error '' failed 0 progress -1 '' count 1");
    }

    void QML_CMD_N3()
    {
        AsyncCommand c{[] { return now(5); }};
        const QSignalSpy running(&c, &AsyncCommand::runningChanged);
        c.start();
        QVERIFY(c.isRunning());
        QVERIFY(!c.value().isValid());
        settle();
        QCOMPARE(c.value(), 5);
        QVERIFY(!c.isRunning());
        QCOMPARE(emitted(running), QStringList({"true", "false"}));
    }

    void QML_CMD_N4()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? val(*a, 5) : err(*b, "broken"); }};
        connect(&c, &AsyncCommand::runningChanged, this, [&](bool running) {
            QCOMPARE(c.isRunning(), running);
            log << shown(c);
        });
        c.start(1);
        open(*a);
        c.start(2);
        open(*b);
        QCOMPARE(log.take(), QStringList({"running value - error '' failed 0 progress -1 '' count 1",
                                          "idle value 5 error '' failed 0 progress -1 '' count 1",
                                          "running value 5 error '' failed 0 progress -1 '' count 2",
                                          "idle value 5 error 'broken' failed 1 progress -1 '' count 2"}));
    }

    void QML_CMD_N5()
    {
        AsyncCommand c{[this](int number, const QString &word) -> Task<QString> {
            log << "began";
            co_await a->wait();
            co_return word + QString::number(number);
        }};
        QmlScene scene;
        const auto item = scene.make(R"(
            function both() { command.start(3, "x") }
            function numberAsText() { command.start("4", "y", "ignored") }
            function tooFew() { command.start(3) }
            function notConvertible() { command.start("three", "x") })",
                                     {{"command", asValue(&c)}});
        QMetaObject::invokeMethod(item.get(), "both");
        open(*a);
        QCOMPARE(c.value(), "x3");
        QMetaObject::invokeMethod(item.get(), "numberAsText");
        settle();
        QCOMPARE(c.value(), "y4");
        QCOMPARE(log.take().size(), 2);
        for (const char *const function : {"tooFew", "notConvertible"}) {
            const MessageCapture messages;
            QMetaObject::invokeMethod(item.get(), function);
            settle();
            QCOMPARE(messages.texts().size(), 1);
            QCOMPARE(messages.texts("codrive.command").size(), 1);
        }
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(c.runCount(), 2);
        QVERIFY(!c.isRunning());
    }

    void QML_CMD_N5_listsAndMaps()
    {
        AsyncCommand c{[](QVariantList list, QVariantMap map, QVariant any) {
            return now(QStringLiteral("%1 %2 %3").arg(list.size()).arg(map["k"].toString(), any.toString()));
        }};
        QmlScene scene;
        const auto item = scene.make(R"(Component.onCompleted: command.start([1, 2, 3], {k: "v"}, 1.5))",
                                     {{"command", asValue(&c)}});
        settle();
        QCOMPARE(c.value(), "3 v 1.5");
    }

    void QML_CMD_N6()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? now(5) : err(*a, "broken"); }};
        c.start(1);
        settle();
        c.start(2);
        open(*a);
        QCOMPARE(shown(c), "idle value 5 error 'broken' failed 1 progress -1 '' count 2");
    }

    void QML_CMD_N7()
    {
        AsyncCommand throwing{[](int i) -> Task<int> {
            if (i == 1)
                throw E("broken");
            return throwsInt();
        }};
        throwing.start(1);
        QVERIFY(throwing.isRunning());
        settle();
        QVERIFY(!throwing.isRunning());
        QVERIFY(throwing.hasFailed());
        QCOMPARE(throwing.error(), "broken");
        throwing.start(2);
        settle();
        QVERIFY(throwing.hasFailed());
        QCOMPARE(throwing.error(), "unknown exception");
    }

    void QML_CMD_N8()
    {
        TaskScope scope;
        const TaskHandle<int> other = scope.spawn(never());
        AsyncCommand c{[&](int i) { return i == 1 ? throwsGroup() : awaitsThirdParty(other); }};
        c.start(1);
        settle();
        QVERIFY(c.hasFailed());
        try {
            std::rethrow_exception(
                ExceptionGroup::combine({std::make_exception_ptr(E("A")), std::make_exception_ptr(E("B"))}));
        } catch (const ExceptionGroup &group) {
            QCOMPARE(c.error(), group.what());
        }
        c.start(2);
        Words::cancel(other);
        QVERIFY(c.hasFailed());
        QVERIFY(!c.error().isEmpty());
        QVERIFY(!c.isRunning());
    }

    void QML_CMD_N9()
    {
        AsyncCommand c{[&](int i) {
            return i == 1 ? now(5) : i == 2 ? err(*a, "broken") : i == 3 ? never() : val(*b, 6);
        }};
        c.start(1);
        settle();
        const QSignalSpy value(&c, &AsyncCommand::valueChanged);
        c.start(2);
        settle();
        QCOMPARE(c.value(), 5);
        open(*a);
        QCOMPARE(c.value(), 5);
        c.start(3);
        c.cancel();
        settle();
        QVERIFY(!c.isRunning());
        QCOMPARE(c.value(), 5);
        c.start(4);
        settle();
        QCOMPARE(c.value(), 5);
        QCOMPARE(value.count(), 0);
        open(*b);
        QCOMPARE(c.value(), 6);
        QCOMPARE(value.count(), 1);
    }

    void QML_CMD_N10()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? nowErr("broken") : val(*a, 1); }};
        c.start(1);
        settle();
        QVERIFY(c.hasFailed());
        c.start(2);
        QVERIFY(!c.hasFailed());
        QCOMPARE(c.error(), QString());
        open(*a);
        QVERIFY(!c.hasFailed());
    }

    void QML_CMD_N11()
    {
        AsyncCommand c{[&] { return pass(*a); }};
        const QSignalSpy value(&c, &AsyncCommand::valueChanged);
        c.start();
        QVERIFY(c.isRunning());
        open(*a);
        QVERIFY(!c.isRunning());
        QVERIFY(!c.value().isValid());
        QCOMPARE(value.count(), 0);
        QVERIFY(!c.hasFailed());
    }

    void QML_CMD_N12()
    {
        if (!QmlScene::hasModule("QtQuick.Controls.Basic"))
            QSKIP("the QML module QtQuick.Controls.Basic is not installed");
        AsyncCommand c{[&](int i) { return val(*a, i); }};
        QAction action(QStringLiteral("Search"));
        action.setCheckable(false);
        connect(&c, &AsyncCommand::runningChanged, &action, &QAction::setDisabled);
        connect(&action, &QAction::triggered, &c, [&] { c.start(7); });

        QmlScene scene;
        QQuickView view;
        QObject *const item = scene.make(R"(
            property AsyncCommand typed: command
            width: 200; height: 100
            text: "Search"
            enabled: !typed.running
            onClicked: typed.start(5))",
                                     {{"command", asValue(&c)}}, "Button", "import QtQuick.Controls.Basic")
                                  .release();
        QVERIFY(item);
        view.setContent({}, nullptr, item);
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        QVERIFY(item->property("enabled").toBool());
        QTest::mouseClick(&view, Qt::LeftButton, {}, QPoint(100, 50));
        QVERIFY(c.isRunning());
        QVERIFY(!item->property("enabled").toBool());
        QVERIFY(!action.isEnabled());
        QTest::mouseClick(&view, Qt::LeftButton, {}, QPoint(100, 50));
        action.trigger();
        QCOMPARE(c.runCount(), 1);
        open(*a);
        QCOMPARE(c.value(), 5);
        QVERIFY(item->property("enabled").toBool());
        QVERIFY(action.isEnabled());
        action.trigger();
        settle();
        QCOMPARE(c.value(), 7);
    }

    void QML_CMD_N12_widgets()
    {
        AsyncCommand c{[&](const QString &word) { return val(*a, word); }};
        QPushButton button;
        connect(&button, &QPushButton::clicked, &c, [&] { c.start(QStringLiteral("word")); });
        connect(&c, &AsyncCommand::runningChanged, &button, &QPushButton::setDisabled);
        button.click();
        QVERIFY(!button.isEnabled());
        open(*a);
        QVERIFY(button.isEnabled());
        QCOMPARE(c.value(), "word");
    }

    void bindable()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? val(*a, 5) : nowErr("broken"); }};
        QProperty<QString> text;
        text.setBinding([&] {
            return QStringLiteral("%1 %2 %3")
                .arg(c.bindableRunning().value())
                .arg(c.bindableValue().value().toString(), c.bindableError().value());
        });
        QCOMPARE(text.value(), "0  ");
        c.start(1);
        QCOMPARE(text.value(), "1  ");
        open(*a);
        QCOMPARE(text.value(), "0 5 ");
        c.start(2);
        settle();
        QCOMPARE(text.value(), "0 5 broken");
        QVERIFY(c.bindableValue().isReadOnly());
    }

    void QML_POLICY_N1()
    {
        AsyncCommand c{numbered([this] { return val(*a, 1); })};
        c.start(1);
        c.start(2);
        settle();
        QCOMPARE(c.runCount(), 1);
        a->set();
        c.start(2);
        settle();
        QCOMPARE(c.value(), 1);
        QCOMPARE(log.take(), QStringList("1"));
        c.start(3);
        QCOMPARE(c.runCount(), 2);
        open(*b);
        QCOMPARE(c.value(), 3);
        QCOMPARE(log.take(), QStringList("3"));
    }

    void QML_POLICY_N3()
    {
        AsyncCommand c{numbered([this] { return slow(*a, *h, &p); }), {.policy = CommandPolicy::Restart}};
        const QSignalSpy running(&c, &AsyncCommand::runningChanged);
        c.start(1);
        c.start(2);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(c.runCount(), 1);
        QCOMPARE(log.take(), QStringList("1"));
        open(*h);
        QCOMPARE(log.take(), QStringList("2"));
        QVERIFY(c.isRunning());
        QCOMPARE(running.count(), 1);
        open(*b);
        QCOMPARE(c.value(), 2);
        QCOMPARE(emitted(running), QStringList({"true", "false"}));
        QCOMPARE(p.requests, 1);
    }

    void QML_POLICY_N3_staleValue()
    {
        AsyncCommand c{numbered([this] { return absorb(*a, *h, 1); }), {.policy = CommandPolicy::Restart}};
        const QSignalSpy value(&c, &AsyncCommand::valueChanged);
        c.start(1);
        c.start(2);
        settle();
        open(*h);
        open(*b);
        QCOMPARE(emitted(value), QStringList("2"));
    }

    void QML_POLICY_N4()
    {
        AsyncCommand c{numbered([this] { return slow(*a, *h, &p); }), {.policy = CommandPolicy::Restart}};
        c.start(1);
        c.start(2);
        settle();
        c.start(3);
        settle();
        QCOMPARE(p.requests, 1);
        QCOMPARE(c.runCount(), 1);
        open(*h);
        open(*b);
        QCOMPARE(log.take(), QStringList({"1", "3"}));
        QCOMPARE(c.value(), 3);
        QCOMPARE(c.runCount(), 2);
        QCOMPARE(p.requests, 1);
    }

    void QML_POLICY_N5()
    {
        AsyncCommand c{numbered([this] { return dirty(*a, "broken"); }), {.policy = CommandPolicy::Restart}};
        const QSignalSpy failed(&c, &AsyncCommand::failedChanged);
        c.start(1);
        c.start(2);
        settle();
        QCOMPARE(log.take(), QStringList({"1", "2"}));
        QVERIFY(!c.hasFailed());
        QCOMPARE(c.error(), QString());
        open(*b);
        QCOMPARE(c.value(), 2);
        QCOMPARE(failed.count(), 0);
        QCOMPARE(unhandled->texts(), QStringList("broken"));
        unhandled.emplace();
    }

    void QML_POLICY_N6()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? now(1) : val(*b, i); },
                       {.policy = CommandPolicy::Restart}};
        const QSignalSpy value(&c, &AsyncCommand::valueChanged);
        c.start(1);
        c.start(2);
        QVERIFY(!c.value().isValid());
        settle();
        QCOMPARE(c.value(), 1);
        QCOMPARE(c.runCount(), 2);
        QVERIFY(c.isRunning());
        open(*b);
        QCOMPARE(emitted(value), QStringList({"1", "2"}));
    }

    void QML_POLICY_N7()
    {
        AsyncCommand c{numbered([this] { return err(*a, "broken"); }), {.policy = CommandPolicy::Enqueue}};
        Notices notices(c);
        c.start(1);
        c.start(2);
        c.start(3);
        settle();
        QCOMPARE(log.take(), QStringList("1"));
        open(*a);
        QCOMPARE(log.take(), QStringList("2"));
        QCOMPARE(emitted(notices.error), QStringList({"broken", ""}));
        QCOMPARE(emitted(notices.failed), QStringList({"true", "false"}));
        QVERIFY(c.isRunning());
        open(*b);
        QCOMPARE(log.take(), QStringList("3"));
        QCOMPARE(emitted(notices.value), QStringList({"2", "3"}));
        QCOMPARE(emitted(notices.running), QStringList({"true", "false"}));
    }

    void QML_POLICY_N8()
    {
        AsyncCommand c{numbered([this] { return val(*a, 1); }), {.policy = CommandPolicy::KeepLatest}};
        const QSignalSpy value(&c, &AsyncCommand::valueChanged);
        c.start(1);
        c.start(2);
        c.start(3);
        open(*a);
        open(*b);
        QCOMPARE(log.take(), QStringList({"1", "3"}));
        QCOMPARE(emitted(value), QStringList({"1", "3"}));
    }

    void QML_POLICY_N9()
    {
        Event c2;
        AsyncCommand c{[&](int i) -> Task<int> {
                           reportProgress(0.1 * i);
                           Event *const gates[] = {&*a, &c2, &*b};
                           co_await gates[i - 1]->wait();
                           if (i == 2)
                               throw E("broken");
                           reportProgress(0.5 + 0.1 * i);
                           co_return i;
                       },
                       {.policy = CommandPolicy::Parallel}};
        const QSignalSpy running(&c, &AsyncCommand::runningChanged);
        for (int i = 1; i <= 3; ++i)
            c.start(i);
        settle();
        QCOMPARE(c.runCount(), 3);
        QCOMPARE(c.progress(), 0.1 * 3);
        open(*b);
        QCOMPARE(c.value(), 3);
        QCOMPARE(c.progress(), 0.8);
        QVERIFY(c.isRunning());
        open(*a);
        QCOMPARE(c.value(), 1);
        QCOMPARE(c.progress(), 0.8);
        QVERIFY(c.isRunning());
        open(c2);
        QVERIFY(!c.isRunning());
        QCOMPARE(c.value(), 1);
        QVERIFY(c.hasFailed());
        QCOMPARE(c.error(), "broken");
        QCOMPARE(running.count(), 2);
    }

    void QML_POLICY_N10_data()
    {
        QTest::addColumn<CommandPolicy>("policy");
        QTest::addColumn<QStringList>("byItself");
        QTest::newRow("Drop") << CommandPolicy::Drop << QStringList({"1 begins", "1 goes on", "1 ends"});
        QTest::newRow("Restart") << CommandPolicy::Restart
                                 << QStringList({"1 begins", "1 goes on", "2 begins", "2 goes on", "2 ends"});
        const QStringList oneByOne{"1 begins", "1 goes on", "1 ends", "2 begins", "2 goes on", "2 ends"};
        QTest::newRow("Enqueue") << CommandPolicy::Enqueue << oneByOne;
        QTest::newRow("KeepLatest") << CommandPolicy::KeepLatest << oneByOne;
        QTest::newRow("Parallel") << CommandPolicy::Parallel << oneByOne;
    }
    void QML_POLICY_N10()
    {
        QFETCH(const CommandPolicy, policy);
        QFETCH(const QStringList, byItself);
        {
            AsyncCommand *self = nullptr;
            AsyncCommand c{[&](int i) -> Task<int> {
                               log << QStringLiteral("%1 begins").arg(i);
                               if (i == 1)
                                   self->start(2);
                               log << QStringLiteral("%1 goes on").arg(i);
                               co_await yieldNow();
                               log << QStringLiteral("%1 ends").arg(i);
                               co_return i;
                           },
                           {.policy = policy}};
            self = &c;
            c.start(1);
            settle();
            QStringList events = log.take();
            if (policy == CommandPolicy::Parallel) {
                // How the two mix is not promised, only that the second does not begin inside the first.
                QVERIFY(events.indexOf("2 begins") > events.indexOf("1 goes on"));
                events.sort();
                QStringList sorted = byItself;
                sorted.sort();
                QCOMPARE(events, sorted);
            } else {
                QCOMPARE(events, byItself);
            }
            QVERIFY(!c.isRunning());
        }
        {
            int depth = 0;
            int deepest = 0;
            AsyncCommand c{[](int i) { return now(i); }, {.policy = policy}};
            connect(&c, &AsyncCommand::runningChanged, this, [&](bool running) {
                deepest = std::max(deepest, ++depth);
                if (!running && c.runCount() < 1000)
                    c.start(c.runCount() + 1);
                --depth;
            });
            c.start(1);
            settle();
            QCOMPARE(c.runCount(), 1000);
            QCOMPARE(c.value(), 1000);
            QVERIFY2(deepest <= 2, qPrintable(QString::number(deepest)));
        }
    }

    void QML_CANCEL_N1()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? now(5) : slow(*a, *h, &p); }};
        c.start(1);
        settle();
        c.start(2);
        c.cancel();
        settle();
        QCOMPARE(p.requests, 1);
        QVERIFY(c.isRunning());
        open(*h);
        QCOMPARE(shown(c), "idle value 5 error '' failed 0 progress -1 '' count 2");
        h->clear();
        p.requests = 0;
        c.start(2);
        c.cancel();
        settle();
        QVERIFY(c.isRunning());
        c.cancel();
        settle();
        QCOMPARE(p.requests, 2);
        QCOMPARE(shown(c), "idle value 5 error '' failed 0 progress -1 '' count 3");
    }

    void QML_CANCEL_N2()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? dirty(*a, "broken") : absorb(*a, *h, 1); }};
        c.start(1);
        c.cancel();
        settle();
        QVERIFY(c.hasFailed());
        QCOMPARE(c.error(), "broken");
        c.start(2);
        c.cancel();
        settle();
        QVERIFY(c.isRunning());
        open(*h);
        QCOMPARE(c.value(), 1);
        QVERIFY(!c.hasFailed());
    }

    void QML_CANCEL_N3_data()
    {
        QTest::addColumn<CommandPolicy>("policy");
        QTest::newRow("Enqueue") << CommandPolicy::Enqueue;
        QTest::newRow("KeepLatest") << CommandPolicy::KeepLatest;
        QTest::newRow("Restart") << CommandPolicy::Restart;
        QTest::newRow("Parallel") << CommandPolicy::Parallel;
    }
    void QML_CANCEL_N3()
    {
        QFETCH(const CommandPolicy, policy);
        const bool isParallel = policy == CommandPolicy::Parallel;
        std::vector<Probe> probes(4);
        AsyncCommand c{[&](int i) {
                           log << QString::number(i);
                           return slow(*a, *h, &probes[static_cast<std::size_t>(i)]);
                       },
                       {.policy = policy}};
        for (int i = 1; i <= 3; ++i)
            c.start(i);
        c.cancel();
        settle();
        QCOMPARE(log.take(), isParallel ? QStringList({"1", "2", "3"}) : QStringList("1"));
        if (policy != CommandPolicy::Restart) {
            for (std::size_t i = 1; i <= (isParallel ? 3 : 1); ++i)
                QCOMPARE(probes[i].requests, 1);
            QVERIFY(c.isRunning());
        }
        open(*h);
        QVERIFY(!c.isRunning());
        QCOMPARE(log.take(), QStringList());
        QCOMPARE(c.runCount(), isParallel ? 3 : 1);
    }

    void QML_CANCEL_N3_betweenTwoRuns()
    {
        AsyncCommand c{[](int i) { return now(i); }, {.policy = CommandPolicy::Enqueue}};
        connect(&c, &AsyncCommand::valueChanged, this, [&] { c.cancel(); });
        c.start(1);
        c.start(2);
        settle();
        QCOMPARE(c.value(), 1);
        QCOMPARE(c.runCount(), 1);
        QVERIFY(!c.isRunning());
    }

    void QML_CANCEL_N4()
    {
        AsyncCommand *self = nullptr;
        AsyncCommand c{[&]() -> Task<int> {
            self->cancel();
            log << "goes on";
            co_await a->wait();
            log << "never";
            co_return 1;
        }};
        self = &c;
        c.cancel();
        settle();
        QCOMPARE(shown(c), AsNew);
        c.start();
        QCOMPARE(log.take(), QStringList("goes on"));
        settle();
        QVERIFY(!c.isRunning());
        QVERIFY(!c.value().isValid());
        QVERIFY(!c.hasFailed());
        open(*a);
        QCOMPARE(log.take(), QStringList());
    }

    void QML_CANCEL_N4_inHandlerOfTheStart()
    {
        AsyncCommand c{[&] { return val(*a, 1, &p); }};
        connect(&c, &AsyncCommand::runningChanged, this, [&](bool running) {
            if (running)
                c.cancel();
        });
        c.start();
        settle();
        QVERIFY(p.entered);
        QVERIFY(!c.isRunning());
        QVERIFY(!c.value().isValid());
    }

    void QML_CANCEL_N5_data()
    {
        QTest::addColumn<QString>("fate");
        QTest::newRow("failed") << "fail";
        QTest::newRow("cancelled") << "cancel";
        QTest::newRow("succeeded") << "succeed";
    }
    void QML_CANCEL_N5()
    {
        QFETCH(const QString, fate);
        AsyncCommand c{[&](int i) {
            log << QString::number(i);
            return fate == "fail" ? nowErr("broken") : val(*a, i);
        }};
        c.retry();
        settle();
        QCOMPARE(shown(c), AsNew);
        c.start(3);
        if (fate == "cancel")
            c.cancel();
        else
            a->set();
        settle();
        QVERIFY(!c.isRunning());
        c.retry();
        settle();
        QCOMPARE(log.take(), QStringList({"3", "3"}));
        QCOMPARE(c.runCount(), 2);
        c.cancel();
        settle();
    }

    void QML_CANCEL_N6()
    {
        AsyncCommand c{numbered([this] { return val(*a, 1); }), {.policy = CommandPolicy::Enqueue}};
        c.start(1);
        c.start(2);
        c.retry();
        settle();
        QCOMPARE(log.take(), QStringList("1"));
        open(*a);
        open(*b);
        QCOMPARE(log.take(), QStringList({"2", "1"}));
        AsyncCommand dropping{numbered([this] { return val(*a, 1); })};
        a->clear();
        dropping.start(1);
        dropping.retry();
        QCOMPARE(log.take(), QStringList("1"));
        open(*a);
        QCOMPARE(dropping.runCount(), 1);
    }

    void QML_CANCEL_N7()
    {
        AsyncCommand c{[]() -> Task<int> {
            reportProgress(1, "done");
            co_return 5;
        }};
        c.start();
        settle();
        QCOMPARE(shown(c), "idle value 5 error '' failed 0 progress 1 'done' count 1");
        Notices notices(c);
        c.reset();
        QCOMPARE(shown(c), AsNew);
        QCOMPARE(notices.take(), QList<qsizetype>({0, 1, 1, 0, 0, 1, 1}));
        c.retry();
        settle();
        QCOMPARE(shown(c), AsNew);
        QCOMPARE(notices.take(), QList<qsizetype>(7, 0));
    }

    void QML_CANCEL_N8()
    {
        AsyncCommand c{[&](int i) { return i == 1 ? nowErr("broken") : slow(*a, *h, &p); }};
        c.start(1);
        settle();
        c.start(2);
        c.reset();
        settle();
        QCOMPARE(p.requests, 1);
        QVERIFY(c.isRunning());
        open(*h);
        QCOMPARE(shown(c), AsNew);
    }

    void QML_CANCEL_N8_startMeanwhile()
    {
        AsyncCommand c{numbered([this] { return dirty(*a, "broken"); }), {.policy = CommandPolicy::Enqueue}};
        c.start(1);
        c.reset();
        c.start(2);
        settle();
        QVERIFY(c.isRunning());
        QCOMPARE(c.runCount(), 1);
        open(*b);
        QCOMPARE(shown(c), "idle value 2 error '' failed 0 progress -1 '' count 1");
        QCOMPARE(unhandled->texts(), QStringList("broken"));
        unhandled.emplace();
    }

    void oneNoticeATurn()
    {
        AsyncCommand c{[](int i) { return now(i); }, {.policy = CommandPolicy::Enqueue}};
        for (int i = 0; i < 20; ++i)
            c.start(i);
        Notices notices(c);
        // An event posted anew each time it arrives stands for the turns of the loop.
        qsizetype most = 0;
        std::function<void()> turn = [&] {
            for (const qsizetype count : notices.take())
                most = std::max(most, count);
            if (c.isRunning())
                QMetaObject::invokeMethod(this, turn, Qt::QueuedConnection);
        };
        turn();
        settle();
        QVERIFY(!c.isRunning());
        QCOMPARE(c.value(), 19);
        QCOMPARE(most, 1);
    }

    void QML_OWNER_N1()
    {
        auto owner = std::make_unique<QObject>();
        auto *const c = new AsyncCommand(
            [&]() -> Task<int> {
                const auto body = [&] { return deep(3, *a); };
                const auto cleanup = [&]() -> Task<> {
                    log << "clean-up";
                    co_return;
                };
                co_return co_await withCleanup(body, cleanup);
            },
            owner.get());
        c->start();
        settle();
        QCOMPARE(InstanceCounter::count(), 4);
        Notices notices(*c);
        owner.reset();
        QCOMPARE(InstanceCounter::count(), 0);
        QCOMPARE(notices.take(), QList<qsizetype>(7, 0));
        QCOMPARE(log.take(), QStringList());
    }

    void QML_OWNER_N1_errorNotShownYet()
    {
        auto c = std::make_unique<AsyncCommand>([] { return nowErr("broken"); });
        c->start();
        c.reset();
        settle();
        QCOMPARE(unhandled->texts(), QStringList("broken"));
        unhandled.emplace();
    }

    void QML_OWNER_N1_frameUsesTheCommand()
    {
        AsyncCommand *self = nullptr;
        auto c = std::make_unique<AsyncCommand>([&]() -> Task<int> {
            const OnDestruction use([&self] {
                self->start();
                self->cancel();
                self->retry();
                self->reset();
            });
            co_await a->wait();
            co_return 1;
        });
        self = c.get();
        c->start();
        settle();
        c.reset();
        settle();
    }

    void QML_OWNER_N2()
    {
        auto c = std::make_unique<AsyncCommand>(numbered([this] { return val(*a, 1); }),
                                                CommandOptions{.policy = CommandPolicy::Enqueue});
        c->start(1);
        c->start(2);
        a->set();
        c.reset();
        settle();
        QCOMPARE(log.take(), QStringList("1"));
    }

    void QML_OWNER_N3_data()
    {
        QTest::addColumn<bool>("atOnce");
        QTest::newRow("in its first segment") << true;
        QTest::newRow("later") << false;
    }
    void QML_OWNER_N3()
    {
        QFETCH(const bool, atOnce);
        auto owner = std::make_unique<QObject>();
        auto *const c = new AsyncCommand(
            [&]() -> Task<int> {
                const InstanceCounter alive;
                if (!atOnce)
                    co_await a->wait();
                owner.reset();
                log << "goes on";
                co_await b->wait();
                log << "never";
                co_return 1;
            },
            owner.get());
        c->start();
        open(*a);
        QCOMPARE(log.take(), QStringList("goes on"));
        QCOMPARE(InstanceCounter::count(), 0);
        open(*b);
        QCOMPARE(log.take(), QStringList());
    }

    void QML_OWNER_N4_data()
    {
        QTest::addColumn<bool>("whenItBegins");
        QTest::newRow("begin") << true;
        QTest::newRow("end") << false;
    }
    void QML_OWNER_N4()
    {
        QFETCH(const bool, whenItBegins);
        auto c = std::make_unique<AsyncCommand>([&] { return val(*a, 1); });
        connect(c.get(), &AsyncCommand::runningChanged, this, [&](bool running) {
            if (running == whenItBegins)
                c.reset();
        });
        c->start();
        open(*a);
        QVERIFY(!c);
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QML_OWNER_N4_inAnyNotice()
    {
        for (int notice = 0; notice < 7; ++notice) {
            a->clear();
            auto c = std::make_unique<AsyncCommand>([&]() -> Task<int> {
                const InstanceCounter alive;
                reportProgress(0.5, "half");
                co_await a->wait();
                co_return 1;
            });
            const auto destroy = [&] { c.reset(); };
            AsyncCommand *const command = c.get();
            connect(command, &AsyncCommand::valueChanged, this, [&, notice] { notice == 0 ? destroy() : void(); });
            connect(command, &AsyncCommand::progressChanged, this, [&, notice] { notice == 1 ? destroy() : void(); });
            connect(command, &AsyncCommand::statusTextChanged, this,
                    [&, notice] { notice == 2 ? destroy() : void(); });
            connect(command, &AsyncCommand::runCountChanged, this, [&, notice] { notice == 3 ? destroy() : void(); });
            connect(command, &AsyncCommand::runningChanged, this, [&, notice] { notice == 4 ? destroy() : void(); });
            command->start();
            if (c)
                open(*a);
            settle();
            QCOMPARE(c == nullptr, notice <= 4);
            QCOMPARE(InstanceCounter::count(), 0);
        }
    }

    // Bindings are told before the signal is emitted.
    void QML_OWNER_N4_byABinding()
    {
        for (int property = 0; property < 7; ++property) {
            a->clear();
            auto c = std::make_unique<AsyncCommand>([&](int i) -> Task<int> {
                const InstanceCounter alive;
                reportProgress(0.5, "half");
                co_await a->wait();
                if (i == 2)
                    throw E("broken");
                co_return i;
            });
            const auto destroyBy = [&](const auto &bindable) { return bindable.onValueChanged([&] { c.reset(); }); };
            c->start(property == 1 || property == 2 ? 2 : 1);
            settle();
            std::tuple handlers(
                property == 0 ? std::optional(destroyBy(c->bindableValue())) : std::nullopt,
                property == 1 ? std::optional(destroyBy(c->bindableError())) : std::nullopt,
                property == 2 ? std::optional(destroyBy(c->bindableFailed())) : std::nullopt,
                property == 3 ? std::optional(destroyBy(c->bindableRunning())) : std::nullopt,
                property == 4 ? std::optional(destroyBy(c->bindableProgress())) : std::nullopt,
                property == 5 ? std::optional(destroyBy(c->bindableStatusText())) : std::nullopt,
                property == 6 ? std::optional(destroyBy(c->bindableRunCount())) : std::nullopt);
            open(*a);
            QCOMPARE(c == nullptr, property < 4);
            if (c)
                c->start(1);
            QVERIFY(!c);
            QCOMPARE(InstanceCounter::count(), 0);
        }
    }

    void QML_OWNER_N4_destroyInQml()
    {
        QmlScene scene;
        QPointer<QObject> item = scene.make("function end() { destroy() }").release();
        scene.engine()->setObjectOwnership(item, QQmlEngine::JavaScriptOwnership);
        QPointer<AsyncCommand> c = new AsyncCommand([&] { return val(*a, 1); }, item);
        const auto watching = scene.make(R"(
            property bool running: command ? command.running : false
            property QtObject victim: item
            onRunningChanged: if (!running && victim) victim.end())",
                                         {{"command", asValue(c)}, {"item", asValue(item)}});
        c->start();
        QVERIFY(watching->property("running").toBool());
        open(*a);
        QVERIFY(!item);
        QVERIFY(!c);
    }

    void QML_OWNER_N5()
    {
        if (!QmlScene::hasModule("QtQuick"))
            QSKIP("the QML module QtQuick is not installed");
        AsyncCommand c{[&] { return val(*a, 1); }};
        {
            QmlScene scene;
            const auto window = scene.make(R"(
                visible: true
                property bool on: command.running
                property var shown: command.value)",
                                           {{"command", asValue(&c)}}, "Window", "import QtQuick");
            c.start();
            QVERIFY(window->property("on").toBool());
        }
        settle();
        QVERIFY(c.isRunning());
        open(*a);
        QCOMPARE(c.value(), 1);

        a->clear();
        {
            QObject owner;
            auto *const engine = new QQmlEngine(&owner);
            auto *const owned = new AsyncCommand([&] { return val(*a, 1); }, &owner);
            QQmlComponent component(engine);
            component.setData("import QtQml\nQtObject { property var command; property bool on: command.running }",
                              {});
            QObject *const item = component.createWithInitialProperties({{"command", asValue(owned)}});
            item->setParent(&owner);
            owned->start();
            QVERIFY(item->property("on").toBool());
        }
        QCOMPARE(InstanceCounter::count(), 0);
    }

    void QML_OWNER_N6()
    {
        std::atomic<bool> hasBegun = false;
        std::atomic<bool> hasEnded = false;
        auto c = std::make_unique<AsyncCommand>([&]() -> Task<> {
            const auto blocking = [&](std::stop_token stop) {
                hasBegun = true;
                while (!stop.stop_requested())
                    std::this_thread::sleep_for(1ms);
                std::this_thread::sleep_for(20ms);
                hasEnded = true;
            };
            co_await toThread(blocking);
        });
        c->start();
        QTRY_VERIFY(hasBegun);
        c.reset();
        QVERIFY(hasEnded);
    }

    void QML_OWNER_N6_runInThreadLoop()
    {
        std::atomic<bool> hasBegun = false;
        auto c = std::make_unique<AsyncCommand>([&]() -> Task<> { co_await runInThreadLoop(remote(hasBegun)); });
        c->start();
        QTRY_VERIFY(hasBegun);
        QCOMPARE(InstanceCounter::count(), 1);
        c.reset();
        QCOMPARE(InstanceCounter::count(), 0);
    }

private:
    std::optional<Event> a, b, h;
    Probe p;
    EventLog log;
    std::optional<UnhandledErrors> unhandled;
};

QTEST_MAIN(TestAsyncCommand)
#include "tst_asynccommand.moc"
