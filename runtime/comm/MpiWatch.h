//===----------------------------------------------------------------------===//
// A limit to what has none: MPI's own start and end, in which every rank waits
// for all others.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_MPIWATCH_H
#define FLM_RUNTIME_COMM_MPIWATCH_H

#include "runtime/device/Launch.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace flmrt {

/// While it lives, a thread watches the clock. When time is up, or a signal
/// says that the launcher is ending the ranks, it says on standard error which
/// rank is missing and ends this process; the launcher ends the others.
class MpiWatch {
public:
  using Clock = std::chrono::steady_clock;
  struct Settings {
    /// What the ranks are at: "start" or "end".
    std::string what;
    /// For the message.
    double timeoutSeconds;
    Clock::time_point deadline;
    /// The signal that asked the run to stop, or 0.
    std::function<int()> interruptSignal;
  };

  MpiWatch(const Launch &launch, Settings settings);
  /// It is over: all ranks were there.
  ~MpiWatch();
  MpiWatch(const MpiWatch &) = delete;
  MpiWatch &operator=(const MpiWatch &) = delete;

private:
  void watch();
  [[noreturn]] void fail(const std::string &what, int status) const;

  const Launch launch;
  const Settings settings;
  const std::string threadName;
  std::mutex mutex;
  std::condition_variable changed;
  bool isOver = false;
  std::thread thread;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_MPIWATCH_H
