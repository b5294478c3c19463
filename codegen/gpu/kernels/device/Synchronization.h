//===----------------------------------------------------------------------===//
// How the threads of a block wait for each other and for copies: named
// barriers, mbarriers, and the ring of stages built on them.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_SYNCHRONIZATION_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_SYNCHRONIZATION_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

/// Waits for all threads of the block.
void blockBarrier(DeviceBuilder &d);
/// Waits for `threads` threads at barrier `id` (1 to 15; 0 is the block's).
void namedBarrier(DeviceBuilder &d, I32 id, int64_t threads);
/// Waits for all threads of the cluster's blocks.
void clusterBarrier(DeviceBuilder &d);

/// Makes this thread's writes to shared memory visible to what reads it
/// asynchronously (TMA, wgmma).
void fenceForAsyncReads(DeviceBuilder &d);

/// Where a thread stands in a ring: the slot, and the parity of the round.
struct RingPosition {
  I32 slot;
  I32 parity;
};

/// A ring of stages in shared memory between a producer, which fills them by
/// TMA, and consumers. Each stage has two mbarriers:
///
///   full   completes when the producer has said how many bytes to expect and
///          these bytes have arrived
///   empty  completes when each consumer of each block that reads or writes the
///          stage has released it
///
/// Both sides walk slots 0 … stages-1 round and round; an mbarrier's phase is
/// waited for by its parity, which flips every round. The producer's first
/// round finds "the phase before the first" complete, so it does not block.
class StageRing {
public:
  /// The barriers lie at byte `offset` of shared memory. `name` goes before the
  /// names of barriers and waits.
  StageRing(DeviceBuilder &d, int64_t stages, int64_t offset,
            llvm::StringRef name = "")
      : d(d), stages(stages), offset(offset), name(name) {}

  static int64_t bytes(int64_t stages) { return 16 * stages; }

  /// By one thread, before a block or cluster barrier. `releases` is how often
  /// a stage is released per round. Of several rings, the last must `publish`
  /// them all.
  void init(int64_t releases, bool publish = true);

  RingPosition start() { return {d.constant(0), d.constant(0)}; }
  RingPosition next(RingPosition at);

  /// The producer: waits for the stage to be empty, says how many bytes will
  /// come and returns the barrier (ptr<3>) that the copies must report to.
  mlir::Value acquire(RingPosition at, int64_t bytes);

  /// A consumer: waits for the bytes.
  void waitFull(RingPosition at);
  /// A consumer, by one thread: has read the stage.
  void release(RingPosition at);
  /// The same to block `rank` of the cluster, which writes the stage too.
  void releaseTo(RingPosition at, I32 rank);

private:
  mlir::Value full(I32 slot) { return d.shared(slot * 8 + offset); }
  mlir::Value empty(I32 slot) {
    return d.shared(slot * 8 + (offset + 8 * stages));
  }
  void wait(mlir::Value barrier, I32 parity);

  DeviceBuilder &d;
  int64_t stages, offset;
  std::string name;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_SYNCHRONIZATION_H
