//===----------------------------------------------------------------------===//
// What the launcher (mpirun) has told this process through its environment:
// known before MPI starts, and without MPI.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_LAUNCH_H
#define FLM_RUNTIME_DEVICE_LAUNCH_H

#include <cstdint>
#include <string>

namespace flmrt {

struct Launch {
  /// Whether a launcher has started this process.
  bool isLaunched = false;
  int64_t rank = 0;
  int64_t ranks = 1;      ///< 0 if the launcher does not say
  int64_t localRanks = 1; ///< on this machine
  /// The variables that say which rank of which job a process is; the latter
  /// empty if none does.
  std::string rankVariable, jobVariable;

  static Launch fromEnvironment();
};

} // namespace flmrt

#endif // FLM_RUNTIME_DEVICE_LAUNCH_H
