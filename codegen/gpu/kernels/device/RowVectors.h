//===----------------------------------------------------------------------===//
// Kernels that give each row of a matrix to a team of warps: threads take a
// vector of 16 bytes at a time, in turn, so that a warp reads 512 bytes in a
// row.
//
// Rows whose length is known when the kernel is built are read once: a thread's
// share of them stays in registers. Others are walked in loops, and read again
// by each.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_ROWVECTORS_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_ROWVECTORS_H

#include "codegen/gpu/kernels/device/WideVectors.h"

#include <map>

namespace flm::gpu {

/// A tensor in global memory.
struct RowTensor {
  mlir::Value pointer;
  mlir::Type type;
};

/// How rows are dealt out.
struct RowSchedule {
  int64_t warps;       ///< of a block
  int64_t team;        ///< warps that share a row: a power of 2
  int64_t columns = 0; ///< of each row; 0 if that is not known
  /// Vectors that a thread reads at once, where it walks a row in a loop.
  int64_t batch = 4;

  int64_t threads() const { return 32 * warps; }
  /// Teams of a block.
  int64_t teams() const { return warps / team; }
  /// Shared memory, for sums over the warps of a team.
  int64_t sharedBytes() const;
};

/// One of the vectors of a row that a thread works on.
struct RowVector {
  I32 column; ///< of its first element
  /// Its number in the thread's share, where that is known; else -1.
  int64_t index = -1;
  /// Whether it lies in the row; null if it certainly does.
  mlir::Value inRange;
  /// Whether some of its elements may be masked; see `RowVectors::forEach`.
  bool partial = false;
};

class RowVectors {
public:
  /// Rows of `columns` elements; a vector has as many elements as 16 bytes of
  /// `type` have. With `schedule.columns`, `columns` is that constant.
  RowVectors(DeviceBuilder &d, mlir::Type type, I32 columns,
             RowSchedule schedule);

  /// The number of this thread's team in the grid, and the thread's in the
  /// team.
  I32 team() const { return teamIndex; }
  I32 member() const { return memberIndex; }
  int64_t width() const { return vectorWidth; }
  /// What is done with a vector of `type`.
  WideVectors wide(mlir::Type type) const { return {d, type, vectorWidth}; }

  /// body(vectors, carried) until the thread has had all its vectors of a row:
  /// several at a time, as their loads should be under way together.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      llvm::ArrayRef<RowVector>, mlir::ValueRange)>;
  llvm::SmallVector<mlir::Value> forEach(mlir::ValueRange initial, Body body);
  /// The same where the columns from `valid` on count for nothing: vectors that
  /// may have some are `partial`.
  llvm::SmallVector<mlir::Value> forEach(I32 valid, mlir::ValueRange initial,
                                         Body body);
  /// With nothing carried, one by one.
  void forEach(llvm::function_ref<void(const RowVector &)> body);

  /// A vector of a matrix, or of a tensor that is one row, as it is stored:
  /// zeros beyond the row.
  mlir::Value read(RowTensor tensor, I32 row, const RowVector &at) {
    return readAt(tensor, &row, at);
  }
  /// The same in f32.
  mlir::Value load(RowTensor tensor, I32 row, const RowVector &at);
  mlir::Value load(RowTensor tensor, const RowVector &at);
  /// Stores a vector of the tensor's type, if it lies in the row.
  void write(mlir::Value vector, RowTensor tensor, I32 row,
             const RowVector &at);
  /// Rounds an f32 vector and stores it; returns what was stored, in f32.
  mlir::Value store(mlir::Value vector, RowTensor tensor, I32 row,
                    const RowVector &at);
  /// An f32 vector with `fill` in the columns from `valid` on.
  mlir::Value mask(mlir::Value vector, const RowVector &at, I32 valid,
                   double fill);

  /// Element `row` of a tensor with one element per row.
  mlir::Value loadScalar(RowTensor tensor, I32 row);
  /// By one thread of the team.
  void storeScalar(mlir::Value value, RowTensor tensor, I32 row);

  /// Sums and maxima over the threads of the team, in all of them, in an order
  /// that is always the same. All threads of the team must come here. A NaN
  /// does not take part in a maximum.
  llvm::SmallVector<mlir::Value> sum(llvm::ArrayRef<mlir::Value> values);
  mlir::Value sum(mlir::Value value) { return sum(llvm::ArrayRef(value))[0]; }
  mlir::Value max(mlir::Value value);

  /// Sums that `sum` takes at once.
  static constexpr int64_t mostSums = 2;

private:
  using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;
  mlir::Value readAt(RowTensor tensor, const I32 *row, const RowVector &at);
  /// A vector that was kept, so that it is widened again where it is used: f32
  /// kept from one use to the next would take twice the registers.
  mlir::Value hidden(mlir::Value stored);
  mlir::Value address(RowTensor tensor, const I32 *row, I32 column);
  llvm::SmallVector<mlir::Value> reduce(llvm::ArrayRef<mlir::Value> values,
                                        Combine combine);
  void teamBarrier();

  /// Vectors in registers: pointer, row (null: none), number.
  using Kept = std::tuple<void *, void *, int64_t>;

  DeviceBuilder &d;
  I32 columns;
  RowSchedule schedule;
  int64_t vectorWidth;
  I32 warpIndex, teamIndex, memberIndex;
  std::map<Kept, mlir::Value> kept;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_ROWVECTORS_H
