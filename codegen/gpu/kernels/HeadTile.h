//===----------------------------------------------------------------------===//
// Rows of one head of attention in shared memory, and rings of such tiles.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_HEADTILE_H
#define FLM_CODEGEN_GPU_KERNELS_HEADTILE_H

#include "codegen/gpu/kernels/Synchronization.h"
#include "codegen/gpu/kernels/WarpgroupProduct.h"

#include <optional>

namespace flm::gpu {

/// `rows` rows of one head, all of its head_dim, in bf16: q, k, v or a
/// gradient. The same image is an operand of products over its columns (S = Q
/// K^T) and over its rows (P V).
struct HeadTile {
  int64_t rows, headDim;

  int64_t bytes() const { return rows * headDim * 2; }
  OperandTile overColumns() const { return {rows, headDim, false}; }
  OperandTile overRows() const { return {headDim, rows, true}; }
};

/// A StageRing whose stages hold a HeadTile each. A tile that is loaded once is
/// a ring of one stage.
class TileRing {
public:
  /// Takes room for the tiles; `name` ("key") goes into the names of barriers
  /// and copies.
  TileRing(DeviceBuilder &d, llvm::StringRef name, HeadTile tile,
           int64_t stages, SharedPlan &plan);
  /// Takes room for the barriers, after all tiles: those are aligned to 1 KiB.
  void placeBarriers(SharedPlan &plan);

  /// See StageRing.
  void init(int64_t releases);
  RingPosition start() { return barriers->start(); }
  RingPosition next(RingPosition at) { return barriers->next(at); }
  void waitFull(RingPosition at) { barriers->waitFull(at); }
  void release(RingPosition at);

  /// The producer: starts the copy of rows from `firstRow` on, once the stage
  /// is empty. Returns the barrier, which expects `moreBytes` besides.
  mlir::Value load(RingPosition at, const TensorMatrix &matrix, I32 firstRow,
                   int64_t moreBytes = 0);

  // Operands of wgmma. Their addresses are computed where they are asked for
  // (flm_gpu.opaque).
  /// The tile as a right operand.
  SharedOperand overColumns(RingPosition at) const;
  SharedOperand overRows(RingPosition at) const;
  /// Rows 64 * `index` and on of the first stage as a left operand.
  SharedOperand rows64(I32 index) const;

  const HeadTile tile;
  /// Of the first stage in shared memory.
  const int64_t offset;

private:
  SharedOperand operand(const OperandTile &operandTile, I32 bytes) const;

  DeviceBuilder &d;
  std::string name;
  int64_t stages;
  std::optional<StageRing> barriers;
};

/// Copies `bytes` bytes (a multiple of 16) from `source` in global memory to
/// byte `offset` of shared memory, both aligned to 16. `barrier` learns of
/// them.
void loadBytes(DeviceBuilder &d, mlir::Value source, I32 offset, int64_t bytes,
               mlir::Value barrier);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_HEADTILE_H
