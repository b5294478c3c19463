//===----------------------------------------------------------------------===//
// What the attention kernels for sm_80 (and every GPU since) share.
//
// A block of four warps owns rows of one head and streams tiles of other rows
// past them, copied some steps ahead (TileCopy.h). A warp owns `warpRows` rows:
//
//   products with a tile     own rows by streamed rows, over the head dim
//                            (mma.sync, both operands from shared memory)
//   sums of weighted rows    own rows by the head dim, over the streamed rows:
//                            the weights stay in the registers in which the
//                            first product left them
//
// so warps wait for each other only where tiles arrive and leave. Fragments
// list the values of 16 rows after those of the 16 before; among them, element
// 4 * j + 2 * h + e of a lane is row lane / 4 + 8 * h, column 8 * j + lane % 4
// * 2 + e.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTION_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTION_H

#include "codegen/gpu/kernels/attention/AttentionCall.h"
#include "codegen/gpu/kernels/device/TileCopy.h"

namespace flm::gpu {

class AmpereAttention {
protected:
  static constexpr int64_t warps = 4, threads = 32 * warps;

  AmpereAttention(DeviceBuilder &d, int64_t headDim, bool causal,
                  int64_t ownRows, int64_t stepRows);

  /// The rows of a tile, and the same image contracted over its rows.
  OperandTile rowsTile(int64_t rows) const { return {rows, headDim, false}; }
  OperandTile columnsTile(int64_t rows) const { return {headDim, rows, true}; }
  int64_t ownBytes() const { return rowsTile(ownRows).bytes(); }
  int64_t stepBytes() const { return rowsTile(stepRows).bytes(); }

  /// Reads the sizes and says where the thread is and which rows of which head
  /// its block owns. Blocks are started from the first rows to the last, or
  /// the other way round if `lastFirst`.
  void place(const AttentionCall &call, AttentionCall::Heads headsOfRows,
             bool lastFirst);
  /// A head of a tensor [batch, seq, headCount, head_dim].
  GlobalMatrix headOf(mlir::Value tensor, I32 headCount, I32 head);

  /// Begins to copy rows of a head to the tile at byte `offset`.
  void loadOwn(const GlobalMatrix &rows, int64_t offset, I32 first);
  void loadStep(const GlobalMatrix &rows, I32 offset, I32 first);

  /// The keys that a query sees: those before the result.
  I32 visibleKeys(I32 query);
  /// The scores where visible(row, column) is true, -infinity elsewhere: a row
  /// of the own ones, a column of the tile.
  llvm::SmallVector<mlir::Value>
  keepWhere(mlir::ValueRange scores,
            llvm::function_ref<mlir::Value(I32 row, I32 column)> visible);

  /// The warp's rows of the own tile times the rows of a streamed one.
  llvm::SmallVector<mlir::Value> multiplyRows(int64_t ownOffset,
                                              I32 stepOffset);
  /// sums + weights * the streamed tile.
  llvm::SmallVector<mlir::Value>
  addWeighted(mlir::ValueRange weights, I32 stepOffset, mlir::ValueRange sums);
  /// Sums to begin with.
  llvm::SmallVector<mlir::Value> noSums();

  /// Rounds sums and stores them as rows from `first` on, through the own tile
  /// at byte `offset`, which nobody else may read any more.
  void storeRows(mlir::ValueRange sums, int64_t offset,
                 const GlobalMatrix &matrix, I32 first);

  /// Groups of 16 rows of a warp.
  int64_t groups() const { return warpRows / 16; }
  /// What of a fragment belongs to one of them.
  mlir::ValueRange groupOf(mlir::ValueRange fragment, int64_t group) const {
    size_t size = fragment.size() / groups();
    return fragment.slice(group * size, size);
  }
  /// The row of its element 0, among the own rows.
  I32 groupRow(int64_t group) { return warpRow + (lane >> 2) + group * 16; }

  DeviceBuilder &d;
  int64_t headDim;
  bool causal;
  int64_t ownRows, stepRows, warpRows;
  AttentionCall::Sizes sizes;
  // What the block owns.
  I32 batchIndex, head, firstOwn;
  // Where the thread is. The warp's rows are counted among the own ones.
  I32 thread, lane, warpRow;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTION_H
