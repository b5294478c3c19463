//===----------------------------------------------------------------------===//
// Rows of one head of attention in shared memory, and rings of such tiles.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_HEADTILE_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_HEADTILE_H

#include "codegen/gpu/kernels/device/Synchronization.h"
#include "codegen/gpu/kernels/device/WarpgroupProduct.h"

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

/// A StageRing whose stages hold `tiles` HeadTiles each, which arrive and are
/// released together (keys and values). Tiles that are loaded once are a ring
/// of one stage.
class TileRing {
public:
  /// Takes room for the tiles; `name` goes before the names of barriers and
  /// waits.
  TileRing(DeviceBuilder &d, llvm::StringRef name, HeadTile tile, int64_t tiles,
           int64_t stages, SharedPlan &plan);
  /// Takes room for the barriers, after all tiles: those are aligned to 1 KiB.
  void placeBarriers(SharedPlan &plan);

  /// See StageRing.
  void init(int64_t releases, bool publish) {
    barriers->init(releases, publish);
  }
  RingPosition start() { return barriers->start(); }
  RingPosition next(RingPosition at) { return barriers->next(at); }
  void waitFull(RingPosition at) { barriers->waitFull(at); }
  void release(RingPosition at) { barriers->release(at); }

  /// for (i = from; i < to; i += step) body(i, stage, carried), a stage per
  /// iteration from `at` on, with values carried around; `at` is then the stage
  /// after the last.
  llvm::SmallVector<mlir::Value>
  forEach(RingPosition &at, I32 from, I32 to, int64_t step,
          mlir::ValueRange initial,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(I32, RingPosition,
                                                            mlir::ValueRange)>
              body);

  /// What a tile is loaded from; `name` is the copy's ("load key").
  struct Source {
    llvm::StringRef name;
    TensorMatrix matrix;
  };
  /// The producer: starts the copies of rows from `firstRow` on, one source per
  /// tile, once the stage is empty. Returns the barrier, which expects
  /// `moreBytes` besides.
  mlir::Value load(RingPosition at, I32 firstRow,
                   llvm::ArrayRef<Source> sources, int64_t moreBytes = 0);

  // Operands of wgmma. Their addresses are computed where they are asked for
  // (flm_gpu.opaque).
  /// Tile `index` of a stage as a right operand.
  SharedOperand overColumns(RingPosition at, int64_t index = 0) const;
  SharedOperand overRows(RingPosition at, int64_t index = 0) const;
  /// Rows 64 * `group` and on of tile `index` of the first stage as a left
  /// operand.
  SharedOperand rows64(I32 group, int64_t index = 0) const;

  const HeadTile tile;
  /// Where tile `index` of the first stage lies in shared memory.
  int64_t offsetOf(int64_t index) const {
    return offset + index * tile.bytes();
  }

private:
  int64_t stageBytes() const { return tiles * tile.bytes(); }
  SharedOperand operand(const OperandTile &operandTile, int64_t index,
                        I32 bytes) const;

  DeviceBuilder &d;
  std::string name;
  int64_t tiles, stages, offset;
  std::optional<StageRing> barriers;
};

/// Copies `bytes` bytes (a multiple of 16) from `source` in global memory to
/// byte `offset` of shared memory, both aligned to 16. `barrier` learns of
/// them.
void loadBytes(DeviceBuilder &d, mlir::Value source, I32 offset, int64_t bytes,
               mlir::Value barrier);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_HEADTILE_H
