//===----------------------------------------------------------------------===//
// The thread that does all communication of a rank, because MPI is used by one
// thread: work is handed to it and done in turn, beside the computation.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_MESSAGETHREAD_H
#define FLM_RUNTIME_COMM_MESSAGETHREAD_H

#include "runtime/comm/Transport.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace flmrt {

class MessageThread {
public:
  using Work = std::function<void()>;

  /// Makes the transport, on the thread that will use it. One rank has nobody
  /// to wait for: `isAlone` does all work at once, where it is handed over.
  /// What the factory throws is thrown here.
  MessageThread(const TransportFactory &createTransport, bool isAlone);
  /// Does what has been handed over first.
  ~MessageThread();
  MessageThread(const MessageThread &) = delete;
  MessageThread &operator=(const MessageThread &) = delete;

  /// For work on the thread alone.
  Transport &transport() { return *messages; }

  /// Hands over `work`, which may not throw.
  void post(Work work);
  /// The same, ahead of everything that waits.
  void postFirst(Work work);
  /// Does `work` behind everything that was handed over; returns when it is
  /// done, or throws what it throws.
  void run(const Work &work);

  /// `advance` looks after messages that are under way besides the work: it is
  /// called before each piece of work, after wake(), and every now and then for
  /// as long as it says that there are some. Null: nothing any more. Returns
  /// when the former one is not running.
  void setBackground(std::function<bool()> advance);
  /// There is something new for the background.
  void wake();
  /// Calls the background, from within work that waits.
  void advanceBackground();

private:
  void threadMain(const TransportFactory &createTransport);
  void serve();

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Work> works;
  bool isReady = false;
  bool isWoken = false;
  bool isStopping = false;
  std::exception_ptr startFailure;

  // Of the thread alone.
  std::unique_ptr<Transport> messages;
  std::function<bool()> background;
  bool isUnderWay = false; ///< what the background said last

  std::thread thread;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_MESSAGETHREAD_H
