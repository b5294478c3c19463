//===----------------------------------------------------------------------===//
// The messages of one operation, and what happens when they do not arrive.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_EXCHANGE_H
#define FLM_RUNTIME_COMM_EXCHANGE_H

#include "runtime/comm/Transport.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace flmrt {

/// What every exchange of a rank has in common.
struct ExchangeContext {
  Transport &transport;
  /// How long an exchange may take.
  double timeoutSeconds;
  /// The signal that asked the run to stop, or 0.
  std::function<int()> interruptSignal;
  /// Called again and again while an exchange waits.
  std::function<void()> progress;
};

enum class Patience {
  Limited, ///< the peers must take part within the timeout
  Files,   ///< ten times that: a peer may be busy with large files
};

/// Begins messages, then waits for all of them. If they do not arrive in time,
/// or a peer has ended, it says so on standard error, with the name of the
/// operation and the peers that are missing, and ends all ranks.
class Exchange {
public:
  /// `describe` names the operation in messages.
  Exchange(ExchangeContext &context, Channel channel, int64_t tag,
           std::function<std::string()> describe,
           Patience patience = Patience::Limited);

  void send(int64_t peer, const void *data, int64_t bytes);
  void receive(int64_t peer, void *data, int64_t bytes);
  /// Returns when all messages so far are done.
  void finish();

private:
  using Clock = std::chrono::steady_clock;
  struct Message {
    Transport::Request request;
    int64_t peer;
  };

  void removeDone();
  void checkPeers(bool isInterrupted);
  void checkTime(double passed);
  std::string missingPeers() const;
  [[noreturn]] void fail(const std::string &message, bool isAbort);

  ExchangeContext &context;
  Channel channel;
  int64_t tag;
  std::function<std::string()> describe;
  double timeoutSeconds;
  Clock::time_point begin = Clock::now();
  std::vector<Message> messages;
};

/// Pauses a thread that polls: first for no time, then for longer and longer,
/// so that ranks that share a core leave it to each other.
class Backoff {
public:
  void pause();
  void reset() { pauses = 0; }

private:
  int pauses = 0;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_EXCHANGE_H
