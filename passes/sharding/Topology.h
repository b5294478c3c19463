//===----------------------------------------------------------------------===//
// How long collectives take on a named machine.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_TOPOLOGY_H
#define FLM_PASSES_SHARDING_TOPOLOGY_H

#include "dialects/flm/Flm.h"

namespace flm {

/// A machine of nodes: ranks are numbered node by node.
struct Topology {
  /// What lies between two ranks.
  struct Link {
    double latency;   ///< seconds for a message
    double bandwidth; ///< bytes a second that a rank sends
  };

  llvm::StringRef name, doc;
  int64_t ranksPerNode;
  Link node, network;

  /// The link that the groups of an axis use: within a node if no group leaves
  /// one. `ranks` are those of the axis, `stride` is the distance of two
  /// neighbours on it in world ranks (the product of the axes after it).
  const Link &linkOf(int64_t ranks, int64_t stride) const;

  /// The topology called `name` (Topologies.def), or null.
  static const Topology *named(llvm::StringRef name);
  /// All names, for messages.
  static llvm::SmallVector<llvm::StringRef> names();
};

/// Seconds of one collective among `ranks` ranks of which each sends `bytes`:
/// alpha-beta model of a ring, in which a rank sends n - 1 messages (2(n - 1)
/// in an all-reduce) one after the other.
double secondsOf(Collective kind, int64_t ranks, int64_t bytes,
                 const Topology::Link &link);

} // namespace flm

#endif // FLM_PASSES_SHARDING_TOPOLOGY_H
