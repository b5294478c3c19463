//===----------------------------------------------------------------------===//
// Ranks as threads of the test: what a collective does can be tested without
// MPI, with any number of ranks.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_INPROCESSRANKS_H
#define FLM_TEST_RUNTIME_INPROCESSRANKS_H

#include "runtime/comm/Communicator.h"

#include <functional>

namespace flmtest {

/// Runs `body` once per rank of the mesh, at the same time, and returns when
/// all are done. An exception of one ends the test program.
void runRanks(const flmrt::Mesh &mesh,
              const std::vector<flmrt::Collective> &collectives,
              const std::function<void(flmrt::Communicator &)> &body);

} // namespace flmtest

#endif // FLM_TEST_RUNTIME_INPROCESSRANKS_H
