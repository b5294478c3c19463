//===----------------------------------------------------------------------===//
// One run per directory: two would mix their metrics and remove each other's
// half-written checkpoints.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_RUNLOCK_H
#define FLM_RUNTIME_CHECKPOINT_RUNLOCK_H

#include <string>

namespace flmrt {

/// A run's hold on its output directory, until it is destroyed or the process
/// ends, in whatever way: the system releases it. The file `lock` says who holds
/// it; one that a crash has left behind means nothing.
class RunLock {
public:
  /// Creates `directory` where it is missing. Throws UserError if another
  /// process holds the lock: "run is in use by process 1234; …".
  explicit RunLock(const std::string &directory);
  ~RunLock();
  RunLock(const RunLock &) = delete;
  RunLock &operator=(const RunLock &) = delete;

private:
  std::string path;
  int descriptor = -1;
};

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_RUNLOCK_H
