//===----------------------------------------------------------------------===//
// Messages between ranks: all that the runtime needs of MPI.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_TRANSPORT_H
#define FLM_RUNTIME_COMM_TRANSPORT_H

#include <cstdint>
#include <functional>
#include <memory>

namespace flmrt {

/// Two streams of messages that never meet.
enum class Channel {
  Program, ///< what the compiled program communicates
  Control, ///< what the runtime does between its calls
};

/// Point-to-point messages, begun here and tested for completion. Messages of
/// one sender, channel and tag arrive in the order in which they were sent. Of
/// one rank's transport, all members are called by the same thread.
class Transport {
public:
  virtual ~Transport() = default;

  virtual int64_t rank() const = 0;
  virtual int64_t ranks() const = 0;

  /// A message under way.
  using Request = uintptr_t;

  /// `data` stays as it is until the request is done.
  virtual Request send(int64_t peer, Channel channel, int64_t tag,
                       const void *data, int64_t bytes) = 0;
  /// A message of exactly `bytes` bytes.
  virtual Request receive(int64_t peer, Channel channel, int64_t tag,
                          void *data, int64_t bytes) = 0;
  /// Whether the message has been sent or received; makes progress. A request
  /// is gone once this has said yes.
  virtual bool isDone(Request request) = 0;

  /// Whether the process of `peer` is known to have ended. No proof that it
  /// lives: nobody knows of other machines.
  virtual bool hasEnded(int64_t peer) = 0;

  /// Whether the process of `peer` is known to be stopped, by SIGSTOP or a
  /// debugger: it will not answer.
  virtual bool isStopped(int64_t) { return false; }

  /// Ends the processes of all ranks with this exit status.
  [[noreturn]] virtual void abort(int status) = 0;

  /// Ends communication after the last message, with all ranks.
  virtual void finish() = 0;
};

using TransportFactory = std::function<std::unique_ptr<Transport>()>;

/// The only rank there is: no messages.
std::unique_ptr<Transport> createSelfTransport();

} // namespace flmrt

/// MPI's transport, initialised; the calling thread is the only one that may
/// use it. In libflmrt_mpi.a, which flmc adds to binaries of several ranks:
/// null where it was not linked. Throws UserError.
extern "C" flmrt::Transport *flmrt_createMpiTransport() __attribute__((weak));

#endif // FLM_RUNTIME_COMM_TRANSPORT_H
