//===----------------------------------------------------------------------===//
// How each kind of collective is done: direct messages between all ranks of the
// group, packed where a part is not one piece, and folded in a fixed order.
//
// What needs memory besides operand and result is done in rounds, so that this
// memory stays small however large the tensors are: flm::abi::roundsOf says
// how. Sums are formed element by element, so rounds change no bit.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_COLLECTIVEENGINE_H
#define FLM_RUNTIME_COMM_COLLECTIVEENGINE_H

#include "runtime/comm/Collective.h"
#include "runtime/comm/PartMover.h"

#include <cstdint>
#include <vector>

namespace flmrt {

/// The collectives of one rank.
class CollectiveEngine {
public:
  /// `mesh` must outlive it. `roundBytes` as for flm::abi::roundsOf.
  CollectiveEngine(const Mesh &mesh, int64_t rank,
                   int64_t roundBytes = flm::abi::kRoundBytes)
      : mesh(mesh), rank(rank), roundBytes(roundBytes) {}

  /// Bytes of staging memory that any one of `collectives` needs.
  int64_t stagingBytes(const std::vector<Collective> &collectives) const;

  /// Carries out `collective` (not a send) on addresses of the mover's device
  /// and returns the bytes sent. `in` and `out` may be the same for all_reduce
  /// and mask. `staging` is aligned to flm::abi::kStagingAlignment; its
  /// contents are of no use before or after.
  int64_t run(const Collective &collective, PartMover &mover, void *staging,
              const void *in, void *out) const;

  /// The rank that a send goes to, or that a receive comes from.
  int64_t peerOf(const Collective &collective) const;

private:
  flm::abi::Rounds roundsOf(const Collective &collective) const;

  const Mesh &mesh;
  int64_t rank, roundBytes;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_COLLECTIVEENGINE_H
