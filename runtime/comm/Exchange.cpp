//===----------------------------------------------------------------------===//
// Waiting: for messages, and for the signs that they will not come.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Exchange.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <thread>
#include <unistd.h>

using namespace flmrt;
using std::chrono::duration;
using std::chrono::microseconds;

void Backoff::pause() {
  ++pauses;
  if (pauses < 50)
    sched_yield();
  else
    std::this_thread::sleep_for(microseconds(pauses < 200    ? 20
                                             : pauses < 1000 ? 100
                                                             : 500));
}

Exchange::Exchange(ExchangeContext &context, Channel channel, int64_t tag,
                   std::function<std::string()> describe, Patience patience)
    : context(context), channel(channel), tag(tag),
      describe(std::move(describe)),
      timeoutSeconds(context.timeoutSeconds *
                     (patience == Patience::Files ? 10 : 1)) {}

/// MPI counts in int.
static constexpr int64_t largestMessage = int64_t(1) << 30;

void Exchange::send(int64_t peer, const void *data, int64_t bytes) {
  auto *next = static_cast<const char *>(data);
  for (; bytes > 0; next += largestMessage, bytes -= largestMessage)
    messages.push_back({context.transport.send(peer, channel, tag, next,
                                               std::min(bytes, largestMessage)),
                        peer});
}

void Exchange::receive(int64_t peer, void *data, int64_t bytes) {
  auto *next = static_cast<char *>(data);
  for (; bytes > 0; next += largestMessage, bytes -= largestMessage)
    messages.push_back(
        {context.transport.receive(peer, channel, tag, next,
                                   std::min(bytes, largestMessage)),
         peer});
}

void Exchange::removeDone() {
  messages.erase(std::remove_if(messages.begin(), messages.end(),
                                [&](const Message &message) {
                                  return context.transport.isDone(
                                      message.request);
                                }),
                 messages.end());
}

void Exchange::finish() {
  constexpr auto checkEvery = std::chrono::milliseconds(50);
  // Most aborts reach a rank as a SIGTERM, before it can know who has ended; a
  // user's SIGTERM ends in a checkpoint once the step is done.
  constexpr auto interruptGrace = std::chrono::milliseconds(500);
  auto nextCheck = Clock::now() + checkEvery;
  Clock::time_point interrupted{};
  bool hasWarned = false;
  Backoff backoff;
  for (;;) {
    removeDone();
    if (messages.empty())
      return;
    context.progress();
    backoff.pause();
    auto now = Clock::now();
    if (now < nextCheck)
      continue;
    nextCheck = now + checkEvery;
    int signal = context.interruptSignal ? context.interruptSignal() : 0;
    checkPeers(signal != 0);
    if (signal && interrupted == Clock::time_point{})
      interrupted = now;
    if (signal && !hasWarned && now - interrupted > interruptGrace) {
      hasWarned = true;
      std::fprintf(stderr,
                   "warning: rank %lld: signal %d while %s waits for %s\n",
                   static_cast<long long>(context.transport.rank()), signal,
                   describe().c_str(), missingPeers().c_str());
    }
    checkTime(duration<double>(now - begin).count());
  }
}

void Exchange::checkTime(double passed) {
  // One that is stopped is not busy with files.
  auto isStopped = [&](const Message &message) {
    return context.transport.isStopped(message.peer);
  };
  const double limit =
      passed > context.timeoutSeconds &&
              std::any_of(messages.begin(), messages.end(), isStopped)
          ? context.timeoutSeconds
          : timeoutSeconds;
  if (passed <= limit)
    return;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", limit);
  fail(describe() + " did not finish within " + seconds +
           " s; still waiting for " + missingPeers(),
       /*isAbort=*/true);
}

void Exchange::checkPeers(bool isInterrupted) {
  for (const Message &message : messages)
    if (context.transport.hasEnded(message.peer))
      fail(describe() + " cannot finish: rank " + std::to_string(message.peer) +
               " has ended",
           /*isAbort=*/false);
  if (!isInterrupted)
    return;
  // The end of a rank that this one does not wait for is the end of them all.
  for (int64_t peer = 0; peer < context.transport.ranks(); ++peer)
    if (context.transport.hasEnded(peer))
      fail("rank " + std::to_string(peer) + " has ended; " + describe() +
               " was still waiting for " + missingPeers(),
           /*isAbort=*/false);
}

std::string Exchange::missingPeers() const {
  std::vector<int64_t> peers;
  for (const Message &message : messages)
    peers.push_back(message.peer);
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  std::string text = peers.size() == 1 ? "rank " : "ranks ";
  constexpr size_t shown = 8;
  for (size_t i = 0; i < std::min(shown, peers.size()); ++i)
    text += (i ? ", " : "") + std::to_string(peers[i]);
  if (peers.size() > shown)
    text += " and " + std::to_string(peers.size() - shown) + " more";
  return text;
}

void Exchange::fail(const std::string &message, bool isAbort) {
  std::fprintf(stderr, "error: rank %lld: %s\n",
               static_cast<long long>(context.transport.rank()),
               message.c_str());
  // Where a rank has ended, the launcher is already ending the others.
  if (isAbort)
    context.transport.abort(EXIT_FAILURE);
  _exit(EXIT_FAILURE);
}
