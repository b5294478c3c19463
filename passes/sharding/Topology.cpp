//===----------------------------------------------------------------------===//
// How long collectives take on a named machine.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Topology.h"

using namespace flm;

static constexpr double kMicrosecond = 1e-6, kGigabyte = 1e9;

static const Topology kTopologies[] = {
#define FLM_TOPOLOGY(name, ranks, nodeLatency, nodeBandwidth, netLatency,      \
                     netBandwidth, doc)                                        \
  {#name,                                                                      \
   doc,                                                                        \
   ranks,                                                                      \
   {nodeLatency * kMicrosecond, nodeBandwidth * kGigabyte},                    \
   {netLatency * kMicrosecond, netBandwidth * kGigabyte}},
#include "passes/sharding/Topologies.def"
};

const Topology::Link &Topology::linkOf(int64_t ranks, int64_t stride) const {
  // Groups begin at multiples of stride * ranks, so they tile a node or not.
  return ranksPerNode % (stride * ranks) == 0 ? node : network;
}

const Topology *Topology::named(llvm::StringRef name) {
  for (const Topology &topology : kTopologies)
    if (topology.name == name)
      return &topology;
  return nullptr;
}

llvm::SmallVector<llvm::StringRef> Topology::names() {
  return llvm::map_to_vector(kTopologies,
                             [](const Topology &t) { return t.name; });
}

double flm::secondsOf(Collective kind, int64_t ranks, int64_t bytes,
                      const Topology::Link &link) {
  double messages = 0;
  switch (kind) {
  case Collective::AllReduce:
    messages = 2.0 * static_cast<double>(ranks - 1);
    break;
  case Collective::ReduceScatter:
  case Collective::AllGather:
  case Collective::AllToAll:
    messages = static_cast<double>(ranks - 1);
    break;
  case Collective::Send:
    messages = 1;
    break;
  case Collective::Slice:
  case Collective::Mask:
  case Collective::Receive: // counted where it is sent
    return 0;
  }
  return messages * link.latency + static_cast<double>(bytes) / link.bandwidth;
}
