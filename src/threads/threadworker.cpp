// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/threads/detail/threadworker.h>

#include <CoDrive/core/errors.h>
#include <CoDrive/core/unhandled.h>

#include <QThread>

#include <stdexcept>
#include <system_error>

namespace CoDrive::detail {

namespace {

/// QThread objects that lost their last owner on their own thread, where they cannot be destroyed.
class LeftThreads
{
public:
    static LeftThreads &instance()
    {
        // Never destroyed: a thread may end after all statics.
        static LeftThreads *const threads = new LeftThreads;
        return *threads;
    }

    void add(std::unique_ptr<QThread> thread)
    {
        const std::scoped_lock lock(m_mutex);
        m_threads.push_back(std::move(thread));
    }
    void destroy()
    {
        std::vector<std::unique_ptr<QThread>> threads;
        {
            const std::scoped_lock lock(m_mutex);
            threads.swap(m_threads);
        }
        for (const std::unique_ptr<QThread> &thread : threads)
            thread->wait();
    }

private:
    std::mutex m_mutex;
    std::vector<std::unique_ptr<QThread>> m_threads;
};

/// The last thread-local of a worker's thread is being destroyed.
constinit thread_local bool t_isEnding = false;

} // namespace

/// Made first in its thread, hence destroyed last of its thread-locals, the loop among them.
class ThreadWorker::Sentinel
{
public:
    ~Sentinel() { worker->ended(); }

    ThreadWorker *worker = nullptr;
};

class ThreadWorker::Thread final : public QThread
{
public:
    explicit Thread(ThreadWorker &worker)
        : m_worker(worker)
    {
    }
    void runEventLoop() { exec(); }

protected:
    void run() override
    {
        // Qt starts it by means that ThreadSanitizer may not see.
        m_worker.m_isMade.load(std::memory_order_acquire);
        static thread_local Sentinel sentinel;
        sentinel.worker = &m_worker;
        m_worker.run();
    }

private:
    ThreadWorker &m_worker;
};

std::shared_ptr<ThreadWorker> ThreadWorker::start(const QString &name)
{
    LeftThreads::instance().destroy();
    auto worker = std::make_shared<ThreadWorker>(name);
    worker->m_isMade.store(true, std::memory_order_release);
    QThread &thread = *worker->m_thread;
    thread.start();
    if (!thread.isRunning() && !thread.isFinished())
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                                "CoDrive: a thread could not be started");
    return worker;
}

ThreadWorker::ThreadWorker(const QString &name)
    : WaitQueue("CoDrive::ThreadLoop")
    , m_name(name)
    , m_thread(std::make_unique<Thread>(*this))
{
    m_thread->setObjectName(name);
}

ThreadWorker::~ThreadWorker()
{
    if (t_isEnding)
        LeftThreads::instance().add(std::move(m_thread));
    else
        join();
}

void ThreadWorker::run()
{
    Loop &loop = [this]() -> Loop & {
        const std::scoped_lock lock(m_mutex);
        m_threadId = std::this_thread::get_id();
        // In this order, because what a loop destroys at its end may block.
        m_parking = Parking::current();
        m_loop = LoopPointer(&Loop::current());
        return *m_loop;
    }();
    loop.registerOwner(m_tasks);
    {
        const std::scoped_lock lock(m_mutex);
        for (std::shared_ptr<DestructionJob> &job : std::exchange(m_earlyDestructions, {}))
            m_parking->add(std::move(job));
        m_loop->post(m_parking);
        for (std::shared_ptr<InboxItem> &item : std::exchange(m_early, {}))
            m_loop->post(std::move(item));
    }
    static_cast<Thread &>(*m_thread).runEventLoop();
    {
        // Somebody may have told the QThread to quit.
        const std::scoped_lock lock(m_mutex);
        m_isClosing = m_isBeingDestroyed = true;
    }
    m_tasks.destroyChildren();
    m_parking->serve();
}

void ThreadWorker::ended() noexcept
{
    t_isEnding = true;
    std::shared_ptr<ThreadWorker> keeper;
    std::shared_ptr<Parking> parking; // may hold jobs, which hold this
    std::shared_ptr<ThreadJob> job;
    {
        const std::scoped_lock lock(m_mutex);
        keeper = std::move(m_keeper);
        parking = std::move(m_parking);
        job = std::move(m_lastJob);
        m_hasEnded = true;
        m_threadId = std::thread::id();
        wakeAll();
        // Who owns it may destroy it as soon as the mutex is free.
    }
    if (job)
        job->setOver();
}

void ThreadWorker::submit(std::shared_ptr<ThreadJob> job)
{
    const std::scoped_lock lock(m_mutex);
    if (m_isClosing)
        throw std::logic_error("CoDrive::ThreadLoop: it is closed");
    ++m_jobCount;
    if (m_loop)
        m_loop->post(std::move(job));
    else
        m_early.push_back(std::move(job));
}

void ThreadWorker::post(std::shared_ptr<InboxItem> item)
{
    const std::scoped_lock lock(m_mutex);
    if (m_loop)
        m_loop->post(std::move(item));
    else
        m_early.push_back(std::move(item));
}

void ThreadWorker::postDestruction(std::shared_ptr<DestructionJob> job)
{
    const std::scoped_lock lock(m_mutex);
    if (m_hasEnded)
        return;
    if (m_parking) {
        m_parking->add(std::move(job));
        m_loop->post(m_parking);
    } else {
        m_earlyDestructions.push_back(std::move(job));
    }
}

void ThreadWorker::exitIfIdle()
{
    if (m_isClosing && m_jobCount == 0)
        m_thread->exit();
}

void ThreadWorker::close()
{
    const std::scoped_lock lock(m_mutex);
    m_isClosing = true;
    exitIfIdle();
}

void ThreadWorker::requestAll()
{
    {
        const std::scoped_lock lock(m_mutex);
        ++m_requests;
    }
    post(shared_from_this());
}

void ThreadWorker::deliver() noexcept
{
    int requests;
    {
        const std::scoped_lock lock(m_mutex);
        requests = std::exchange(m_requests, 0);
    }
    m_isCancelled = true;
    for (; requests > 0; --requests)
        m_tasks.requestChildren(false);
}

void ThreadWorker::destroy() noexcept
{
    {
        const std::scoped_lock lock(m_mutex);
        m_isClosing = m_isBeingDestroyed = true;
        if (!m_hasEnded)
            m_thread->exit();
    }
    if (isCurrent()) {
        detach();
        m_tasks.destroyChildren();
        return;
    }
    DestructionWait wait;
    {
        std::unique_lock lock(m_mutex);
        if (!m_hasEnded && m_parking && wait.isCircular(m_parking)) {
            m_keeper = shared_from_this();
            return;
        }
        blockUntil(lock, [this] { return m_hasEnded; });
    }
    join();
}

void ThreadWorker::join() noexcept
{
    m_thread->wait();
}

void ThreadWorker::detach()
{
    const std::scoped_lock lock(m_mutex);
    if (!m_hasEnded)
        m_keeper = shared_from_this();
}

bool ThreadWorker::isBeingDestroyed()
{
    const std::scoped_lock lock(m_mutex);
    return m_isBeingDestroyed;
}

void ThreadWorker::jobEnded()
{
    const std::scoped_lock lock(m_mutex);
    --m_jobCount;
    exitIfIdle();
}

void ThreadWorker::announceAtEnd(std::shared_ptr<ThreadJob> job)
{
    const std::scoped_lock lock(m_mutex);
    m_lastJob = std::move(job);
}

ThreadJob::~ThreadJob() = default;

void ThreadJob::submit(std::shared_ptr<ThreadWorker> worker, Lifetime lifetime)
{
    m_locals = currentLocals();
    m_lifetime = lifetime;
    m_worker = std::move(worker);
    try {
        m_worker->submit(shared_from_this());
    } catch (...) {
        m_worker.reset();
        throw;
    }
}

void ThreadJob::submitToNewThread(const QString &name)
{
    submit(ThreadWorker::start(name), Lifetime::OfThread);
    m_worker->close();
}

void ThreadJob::request()
{
    {
        const std::scoped_lock lock(m_mutex);
        ++m_requests;
    }
    m_worker->post(shared_from_this());
}

void ThreadJob::deliver() noexcept
{
    switch (m_stage) {
    case Stage::Submitted:
        m_stage = Stage::Scheduled;
        Loop::current().makeReady(*this);
        break;
    case Stage::Scheduled:
    case Stage::Ended:
        break;
    case Stage::Begun: {
        int requests;
        {
            const std::scoped_lock lock(m_mutex);
            requests = std::exchange(m_requests, 0);
        }
        for (; requests > 0; --requests)
            m_started->request();
        break;
    }
    }
}

void ThreadJob::run()
{
    const std::shared_ptr<ThreadJob> keeper = shared_from_this();
    if (m_stage == Stage::Begun)
        setFirstTurnOver();
    else if (m_worker->isBeingDestroyed())
        discard();
    else
        begin();
}

void ThreadJob::begin()
{
    try {
        m_started = &makeTask(m_lifetime == Lifetime::OfThread ? m_worker->name() : QString());
    } catch (...) {
        endUnbegun(std::current_exception());
        return;
    }
    m_stage = Stage::Begun;
    m_self = shared_from_this();
    m_started->addWaiter(*this);
    m_started->m_locals = std::exchange(m_locals, {});
    {
        const std::scoped_lock lock(m_mutex);
        if (std::exchange(m_requests, 0) > 0 || m_worker->isCancelled())
            m_started->keepRequest();
    }
    {
        // A task that runs an event loop up the stack has not started this one.
        const Loop::ActiveDrive nobody(Loop::current(), nullptr);
        m_started->startIn(m_worker->tasks());
    }
    if (m_stage == Stage::Begun && m_lifetime == Lifetime::OfThread)
        Loop::current().makeReadyAfterTurn(*this);
}

// The frames are gone.
void ThreadJob::joined() noexcept
{
    takeOutcome();
    end();
}

void ThreadJob::endUnbegun(std::exception_ptr error) noexcept
{
    dropTask(std::move(error));
    end();
}

void ThreadJob::discard() noexcept
{
    if (m_stage == Stage::Submitted || m_stage == Stage::Scheduled) {
        const std::shared_ptr<ThreadJob> keeper = shared_from_this();
        endUnbegun(std::make_exception_ptr(
            std::logic_error("CoDrive::ThreadLoop: it ended before the function was called")));
    }
}

void ThreadJob::end() noexcept
{
    const std::shared_ptr<ThreadJob> keeper = std::move(m_self);
    ReadyItem::unlink();
    m_stage = Stage::Ended;
    m_started = nullptr;
    const std::shared_ptr<ThreadWorker> worker = m_worker;
    if (m_lifetime == Lifetime::OfThread) {
        worker->announceAtEnd(shared_from_this());
        setFirstTurnOver();
    } else {
        setOver();
    }
    worker->jobEnded();
}

void ThreadJob::setFirstTurnOver()
{
    const std::scoped_lock lock(m_mutex);
    if (std::exchange(m_isFirstTurnOver, true))
        return;
    wakeAll();
}

void ThreadJob::setOver()
{
    const std::scoped_lock lock(m_mutex);
    m_isOver = true;
    wakeAll();
}

void ThreadJob::destroyHere() noexcept
{
    const std::shared_ptr<ThreadJob> keeper = shared_from_this();
    {
        const std::scoped_lock lock(m_mutex);
        if (m_destructionWait)
            m_destructionWait->noteBegun();
    }
    switch (m_stage) {
    case Stage::Submitted:
    case Stage::Scheduled:
        endUnbegun(nullptr);
        break;
    case Stage::Begun:
        m_started->destroy();
        break;
    case Stage::Ended:
        break;
    }
    if (m_stage != Stage::Begun)
        return;
    // It runs up the stack, or is being destroyed there.
    const std::scoped_lock lock(m_mutex);
    if (m_destructionWait && m_destructionWait->isCircular(Parking::current())) {
        m_isLeft = true;
        wakeAll();
    }
}

void ThreadJob::destroy() noexcept
{
    if (!m_worker)
        return;
    if (m_worker->isCurrent()) {
        if (m_lifetime == Lifetime::OfThread)
            m_worker->detach();
        destroyHere();
        if (m_stage == Stage::Ended) {
            reportIfNotTaken();
            dropOutcome();
        }
        return;
    }
    if (!destroyThere()) {
        if (m_lifetime == Lifetime::OfThread)
            m_worker->detach();
        return;
    }
    join();
    reportIfNotTaken();
    dropOutcome();
}

/// False: it is not over, and this thread must not wait for it.
bool ThreadJob::destroyThere()
{
    {
        const std::scoped_lock lock(m_mutex);
        if (m_isOver)
            return true;
    }
    DestructionWait wait;
    {
        const std::scoped_lock lock(m_mutex);
        m_destructionWait = &wait;
    }
    m_worker->postDestruction(shared_from_this());
    std::unique_lock lock(m_mutex);
    blockUntil(lock, [this] { return m_isOver || m_isLeft; });
    m_destructionWait = nullptr;
    return m_isOver;
}

void ThreadJob::reportIfNotTaken()
{
    const std::exception_ptr error = outcomeBase().errorPointer();
    if (error && !std::exchange(m_isTaken, true))
        reportUnhandled(error, TaskInfo{0, m_worker->name(), false});
}

void ThreadJob::waitUntilOver()
{
    {
        std::unique_lock lock(m_mutex);
        blockUntil(lock, [this] { return m_isOver; });
    }
    join();
}

void ThreadJob::join() noexcept
{
    if (m_lifetime == Lifetime::OfThread)
        m_worker->join();
}

void ThreadJob::noteTaken()
{
    m_isTaken = true;
    if (!isCancelled())
        return;
    const QString name = m_worker->name();
    throw Cancelled(name.isEmpty() ? QStringLiteral("a task of another thread")
                                   : QStringLiteral("a task of thread \"%1\"").arg(name));
}

ThreadJobOwner &ThreadJobOwner::operator=(ThreadJobOwner &&other) noexcept
{
    if (this != &other) {
        destroy();
        m_job = std::move(other.m_job);
        m_isHandedOver = other.m_isHandedOver;
    }
    return *this;
}

ThreadJobOwner::~ThreadJobOwner()
{
    destroy();
}

void ThreadJobOwner::request()
{
    if (m_job)
        m_job->request();
}

const std::shared_ptr<ThreadJob> &ThreadJobOwner::handOver()
{
    if (!m_job || std::exchange(m_isHandedOver, true))
        throw std::logic_error(
            "CoDrive::ThreadTask: awaited before, moved from, or made by default");
    return m_job;
}

void ThreadJobOwner::destroy() noexcept
{
    if (m_job && !m_isHandedOver)
        m_job->destroy();
}

bool ThreadWait::start()
{
    prepare();
    m_busy.begin(task()->loop());
    bool isJobOver;
    {
        const auto lock = lockQueue();
        if (!isOver()) {
            m_job->append(entry());
            return true;
        }
        isJobOver = m_job->isOver();
    }
    m_busy.end();
    if (isJobOver)
        m_job->join();
    return false;
}

bool ThreadWait::request() noexcept
{
    m_job->request();
    return false;
}

void ThreadWait::end() noexcept
{
    m_busy.end();
    m_job->join();
    // It was our request, or one that came to the same.
    if (m_job->isCancelled() && task()->isRequested())
        completeByUnwinding();
    else
        complete();
}

void ThreadWait::leave() noexcept
{
    finish();
    m_busy.end();
    if (m_job)
        m_job->destroy();
}

bool ThreadLaunchBase::start()
{
    job()->submitToNewThread(m_name);
    return ThreadWait::start();
}

bool ThreadLaunchBase::request() noexcept
{
    {
        const auto lock = lockQueue();
        if (job()->isFirstTurnOver() && !m_isRequested)
            return false;
        m_isRequested = true;
    }
    return ThreadWait::request();
}

void ThreadLaunchBase::end() noexcept
{
    // One that has not been asked to end is given as it is.
    if (m_isRequested)
        ThreadWait::end();
    else
        complete();
}

void ThreadLaunchBase::throwIfFailed()
{
    if (!m_isRequested)
        return;
    const std::exception_ptr error = job()->outcomeBase().errorPointer();
    if (!error)
        return;
    job()->noteTaken();
    std::rethrow_exception(error);
}

bool ThreadCloseWait::isReady() const
{
    if (m_worker->isCurrent())
        throw std::logic_error("CoDrive::ThreadLoop::close: awaited on the thread itself");
    return false;
}

bool ThreadCloseWait::start()
{
    prepare();
    m_worker->close();
    {
        const auto lock = lockQueue();
        if (m_worker->hasEnded())
            return false;
        m_busy.begin(task()->loop());
        m_worker->append(entry());
    }
    m_worker->requestAll();
    return true;
}

bool ThreadCloseWait::request() noexcept
{
    // Law L12: the request that close() has made itself and the first one from outside are one.
    if (std::exchange(m_isFirstRequestSwallowed, true))
        m_worker->requestAll();
    return false;
}

void ThreadCloseWait::takeResult()
{
    m_busy.end();
    {
        const auto lock = lockQueue();
        take();
    }
    m_worker->join();
}

} // namespace CoDrive::detail
