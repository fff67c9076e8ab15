// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// Everything of CoDrive::Core. A program that cares for its compile time includes what it uses.
//
//     #include <CoDrive/CoDrive.h>

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/cancellation.h>
#include <CoDrive/core/errors.h>
#include <CoDrive/core/exceptiongroup.h>
#include <CoDrive/core/outcome.h>
#include <CoDrive/core/run.h>
#include <CoDrive/core/sleep.h>
#include <CoDrive/core/task.h>
#include <CoDrive/core/taskhandle.h>
#include <CoDrive/core/taskinfo.h>
#include <CoDrive/core/tasklocal.h>
#include <CoDrive/core/unhandled.h>
#include <CoDrive/core/yield.h>

#include <CoDrive/qt/future.h>
#include <CoDrive/qt/interop.h>
#include <CoDrive/qt/owner.h>
#include <CoDrive/qt/signal.h>
#include <CoDrive/qt/timer.h>
#if __has_include(<QNetworkReply>) // of those who link Qt6::Network
#include <CoDrive/qt/network.h>
#endif

#include <CoDrive/tasks/awaitables.h>
#include <CoDrive/tasks/cancelandwait.h>
#include <CoDrive/tasks/cancelscope.h>
#include <CoDrive/tasks/cleanup.h>
#include <CoDrive/tasks/context.h>
#include <CoDrive/tasks/gather.h>
#include <CoDrive/tasks/prime.h>
#include <CoDrive/tasks/race.h>
#include <CoDrive/tasks/shield.h>
#include <CoDrive/tasks/suppress.h>
#include <CoDrive/tasks/taskgroup.h>
#include <CoDrive/tasks/taskpool.h>
#include <CoDrive/tasks/taskscope.h>
#include <CoDrive/tasks/timeout.h>
#include <CoDrive/tasks/withtaskscope.h>

#include <CoDrive/sync/condition.h>
#include <CoDrive/sync/event.h>
#include <CoDrive/sync/lock.h>
#include <CoDrive/sync/nestablelock.h>
#include <CoDrive/sync/orderedqueue.h>
#include <CoDrive/sync/pulse.h>
#include <CoDrive/sync/queue.h>
#include <CoDrive/sync/rwlock.h>
#include <CoDrive/sync/semaphore.h>
#include <CoDrive/sync/unorderedqueue.h>

#include <CoDrive/streams/amass.h>
#include <CoDrive/streams/buffered.h>
#include <CoDrive/streams/collect.h>
#include <CoDrive/streams/mapconcurrently.h>
#include <CoDrive/streams/merge.h>
#include <CoDrive/streams/queuestream.h>
#include <CoDrive/streams/reduce.h>
#include <CoDrive/streams/repeatperiodically.h>
#include <CoDrive/streams/shieldeach.h>
#include <CoDrive/streams/signalstream.h>
#include <CoDrive/streams/stream.h>
#include <CoDrive/streams/tostream.h>
#include <CoDrive/streams/yieldeach.h>
#include <CoDrive/streams/zipconcurrently.h>

#include <CoDrive/threads/latch.h>
#include <CoDrive/threads/runblocking.h>
#include <CoDrive/threads/threadloop.h>
#include <CoDrive/threads/threadsafecondition.h>
#include <CoDrive/threads/threadsafeevent.h>
#include <CoDrive/threads/threadsafelock.h>
#include <CoDrive/threads/threadsafestate.h>
#include <CoDrive/threads/threadsafestream.h>
#include <CoDrive/threads/tothread.h>

#include <CoDrive/process/signal.h>
#include <CoDrive/process/watchsignal.h>
