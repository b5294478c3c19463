//===----------------------------------------------------------------------===//
// How each kind of collective is done: direct messages between all ranks of the
// group, packed where a part is not one piece, and folded in a fixed order.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_COLLECTIVEENGINE_H
#define FLM_RUNTIME_COMM_COLLECTIVEENGINE_H

#include "runtime/comm/Collective.h"
#include "runtime/comm/Exchange.h"
#include "runtime/device/Arena.h"

#include <cstdint>
#include <vector>

namespace flmrt {

class CollectiveEngine {
public:
  /// For the rank of the context's transport. Maps the memory that the largest
  /// of `collectives` needs for packing.
  CollectiveEngine(const Mesh &mesh, const std::vector<Collective> &collectives,
                   ExchangeContext &context);

  /// Carries out `collective` (not a send) and returns the bytes sent. `in` and
  /// `out` may be the same for all_reduce and mask.
  int64_t run(const Collective &collective, const void *in, void *out);

  /// Size of the memory for packing.
  int64_t messageBytes() const {
    return outgoing.size() + incoming.size() + own.size();
  }

  /// The rank that a send goes to, or that a receive comes from.
  int64_t peerOf(const Collective &collective) const;

private:
  struct Group; // the ranks of one collective, and this one's index

  void allGather(const Collective &collective, const Group &group,
                 Exchange &exchange, const char *in, char *out);
  void gatherFlat(const Collective &collective, const Group &group,
                  int64_t block, Exchange &exchange, const char *in, char *out);
  void reduceScatter(const Collective &collective, const Group &group,
                     Exchange &exchange, const char *in, char *out);
  void scatterFlat(const Collective &collective, const Group &group,
                   int64_t block, Exchange &exchange, const char *in,
                   char *out);
  void foldParts(const Collective &collective, const Group &group,
                 std::vector<const void *> parts, int64_t elements,
                 Exchange &exchange, char *out);
  void allReduce(const Collective &collective, const Group &group,
                 Exchange &exchange, const char *in, char *out);
  void allToAll(const Collective &collective, const Group &group,
                Exchange &exchange, const char *in, char *out);
  void slice(const Collective &collective, const Group &group, const char *in,
             char *out);

  const Mesh &mesh;
  ExchangeContext &context;
  // Room for the parts of one tensor on their way out, for those that come in,
  // and for one part more.
  Arena outgoing, incoming, own;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_COLLECTIVEENGINE_H
