//===----------------------------------------------------------------------===//
// mbarriers, for the operations that complete on them.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_MBARRIERS_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_MBARRIERS_H

#include "codegen/gpu/emulator/runtime/Cluster.h"

namespace flm::emu {

/// The mbarrier at `address` in the shared memory of one of the cluster's
/// blocks; a finding and null if none was initialised there. `published`: the
/// access is by a copy or from another block, which see it only after
/// fence.mbarrier_init.
MBarrier *findMBarrier(const Thread &thread, const void *address,
                       bool published, const char *where);

/// `bytes` of the copy at `where` have arrived.
void completeBytes(const Thread &thread, MBarrier &barrier, int64_t bytes,
                   const char *where);

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_MBARRIERS_H
