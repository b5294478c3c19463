//===----------------------------------------------------------------------===//
// What the attention kernels of Hopper share. A block owns 128 rows of one head
// (queries, or keys) and walks tiles of the others:
//
//   warpgroup 0      one thread fills rings of tiles by TMA
//   warpgroups 1, 2  64 of the block's rows each: multiply, in registers
//
// and the consumers store their results over the block's own tiles.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERATTENTION_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERATTENTION_H

#include "codegen/gpu/kernels/attention/AttentionCall.h"
#include "codegen/gpu/kernels/attention/HeadTile.h"

namespace flm::gpu {

class HopperAttention {
public:
  static constexpr int64_t ownRows = 128, consumers = 2;
  static constexpr int64_t groupThreads = 128, groupWarps = 4;
  static constexpr int64_t threads = groupThreads * (1 + consumers);

protected:
  HopperAttention(DeviceBuilder &d, int64_t headDim, bool causal);

  /// Reads the sizes and says which rows the block owns: tile `tile` of `tiles`
  /// of `head`, one of `owners`, in batch `batchIndex`. Blocks are started in
  /// the order of tiles, or against it if `lastFirst`.
  void placeBlock(const AttentionCall &call, AttentionCall::Heads owners,
                  bool lastFirst);

  /// A ring and how often each round of a stage is released (at least once in
  /// name: a tile that is loaded once never is).
  struct Ring {
    TileRing *ring;
    int64_t releases;
  };
  /// Initialises the barriers of `rings` and runs the two roles: `produce` in
  /// one thread, `consume` in the consumers.
  void run(llvm::ArrayRef<Ring> rings, llvm::function_ref<void()> produce,
           llvm::function_ref<void()> consume);

  /// Query heads per key head.
  I32 groupSize() const { return heads / keyHeads; }
  /// Rows of a head of this block's batch.
  TensorMatrix rowsOf(mlir::Value tensorMap, I32 head) const;

  //===--------------------------------------------------------------------===//
  // In a consumer
  //===--------------------------------------------------------------------===//

  /// One thread releases for its consumer: wgmma has read the stage for all.
  void release(TileRing &ring, RingPosition at);
  /// One thread of each warp releases, where threads read the stage themselves.
  void releaseByWarp(TileRing &ring, RingPosition at);

  /// Scores of own queries (rows) and keys from `firstKey` on (columns), with
  /// -infinity for keys that the query does not see: later ones if `causal`,
  /// and those beyond the sequence.
  llvm::SmallVector<mlir::Value> hideKeys(mlir::ValueRange scores,
                                          I32 firstKey);
  /// The scores where visible(row, column) is true, -infinity elsewhere: row of
  /// the tensor, column of the tile.
  llvm::SmallVector<mlir::Value>
  keepWhere(mlir::ValueRange scores,
            llvm::function_ref<mlir::Value(I32 row, I32 column)> visible);

  /// A fragment of [64, head_dim], rounded, as this consumer's rows of a
  /// tensor; its own rows of the tile at byte `offset` are no longer read.
  struct Result {
    llvm::SmallVector<mlir::Value> fragment;
    int64_t offset;
    mlir::Value tensorMap;
  };
  void storeRows(llvm::ArrayRef<Result> results);

  DeviceBuilder &d;
  int64_t headDim;
  bool causal;

  // Sizes, and what the block owns.
  I32 batch, seq, heads, keyHeads;
  I32 batchIndex, head, tile, tiles, firstOwn;
  // Where the thread is, in a consumer. Its rows are `row` and row + 8.
  I32 consumer, thread, row;

private:
  /// Named barriers from here on are one consumer's own.
  static constexpr int64_t ownBarrier = 3;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERATTENTION_H
