//===----------------------------------------------------------------------===//
// Ranks as threads of the test: what a collective does can be tested without
// MPI, with any number of ranks.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_COMM_INPROCESSRANKS_H
#define FLM_TEST_RUNTIME_COMM_INPROCESSRANKS_H

#include "runtime/comm/HostExchange.h"

#include <functional>

namespace flmtest {

/// What one rank does.
using RankBody =
    std::function<void(flmrt::Communicator &, flmrt::ProgramExchange &)>;

/// Runs `body` once per rank of the mesh, at the same time, and returns when
/// all are done. An exception of one ends the test program.
void runRanks(const flmrt::Mesh &mesh,
              const std::vector<flmrt::Collective> &collectives,
              const RankBody &body, int64_t roundBytes = flm::abi::kRoundBytes);

} // namespace flmtest

#endif // FLM_TEST_RUNTIME_COMM_INPROCESSRANKS_H
