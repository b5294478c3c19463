//===----------------------------------------------------------------------===//
// The ranks of this job on this machine, as the system sees them: where MPI
// itself waits, nobody else can say who is missing.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_LOCALRANKS_H
#define FLM_RUNTIME_COMM_LOCALRANKS_H

#include "runtime/device/Launch.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flmrt {

/// Whether the process is stopped, by SIGSTOP or a debugger.
bool isProcessStopped(int64_t process);

struct MissingRanks {
  std::vector<std::string> stopped; ///< "rank 2 (process 1234) is stopped"
  std::vector<std::string> ended;   ///< "rank 2 has ended"
  std::vector<std::string> late; ///< "rank 2 (process 1234) has not come to it"
  bool areAllHere = false;       ///< no rank is on another machine

  bool isEmpty() const {
    return stopped.empty() && ended.empty() && late.empty();
  }
  /// All of them, in that order; what to do if there are none.
  std::string describe() const;
};

/// Looks at the processes of the job that `launch` belongs to. A rank is late
/// if it has no thread of this name (at most 15 characters). Ranks of other
/// machines are out of sight.
MissingRanks findMissingRanks(const Launch &launch, const std::string &thread);

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_LOCALRANKS_H
