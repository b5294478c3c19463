//===----------------------------------------------------------------------===//
// The calls of the compiled program.
//===----------------------------------------------------------------------===//
#include "runtime/comm/ProgramExchange.h"

#include "runtime/abi/Program.h"

#include <cassert>

using namespace flmrt;

/// The exchange of this thread's program.
static thread_local ProgramExchange *current = nullptr;

ProgramExchange::ProgramExchange(const Mesh &mesh, int64_t rank)
    : grid(mesh), thisRank(rank) {
  assert(!current && "one exchange at a time");
  current = this;
}

ProgramExchange::~ProgramExchange() { current = nullptr; }

extern "C" void flm_communicate_start(int64_t id, const void *in, void *out) {
  assert(current && "flm_communicate needs an exchange");
  current->start(id, in, out);
}

extern "C" void flm_communicate_wait(int64_t id) { current->wait(id); }

extern "C" void flm_communicate(int64_t id, const void *in, void *out) {
  flm_communicate_start(id, in, out);
  flm_communicate_wait(id);
}

extern "C" int64_t flm_coordinate(int64_t axis) {
  assert(current && "flm_coordinate needs an exchange");
  return current->mesh().coordinate(current->rank(), axis);
}
