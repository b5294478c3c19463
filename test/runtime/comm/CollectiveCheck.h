//===----------------------------------------------------------------------===//
// Random collectives with their results known, for any transport.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_COMM_COLLECTIVECHECK_H
#define FLM_TEST_RUNTIME_COMM_COLLECTIVECHECK_H

#include "runtime/comm/Collective.h"
#include "runtime/comm/ProgramExchange.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flmtest {

/// `count` collectives of all kinds over the axes of `mesh`, with shapes that
/// come from `seed`. A send is followed by its receive.
std::vector<flmrt::Collective> randomCollectives(const flmrt::Mesh &mesh,
                                                 int64_t count, uint32_t seed);

/// Carries all of them out, all started before the first wait if
/// `isOverlapped`, and compares results and counted bytes with what they must
/// be. Returns the first difference, or "". Every rank calls it.
std::string checkCollectives(flmrt::ProgramExchange &exchange,
                             const std::vector<flmrt::Collective> &collectives,
                             bool isOverlapped);

} // namespace flmtest

#endif // FLM_TEST_RUNTIME_COMM_COLLECTIVECHECK_H
