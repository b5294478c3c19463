//===----------------------------------------------------------------------===//
// Which ops of a program a pipeline stage runs, and when.
//
// A pipeline has `stages` ranks (one mesh axis) with `chunks` blocks of layers
// each. Block c of rank s is number c * stages + s: a micro-batch goes through
// the blocks in this order, and back in the reverse one.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_PIPELINE_H
#define FLM_DIALECTS_FLM_PIPELINE_H

#include "dialects/flm/Flm.h"

namespace flm {

/// The discardable attribute of an op of the `local` stage that not all ranks
/// of an axis run: `#flm.state<pp: at(first)>`, `at(last)`, `at(not_first)` or
/// `at(not_last)`, of the blocks of the pipeline. Its results have no value on
/// the other ranks, except that of a `receive` with an operand, which is the
/// operand there.
constexpr llvm::StringLiteral kAt = "flm.at";

/// Leading dim of what a rank holds for each of its blocks, where it has
/// several (`pipeline_chunks`).
constexpr llvm::StringLiteral kStageChunkDim = "stage_chunk";

/// Where in the pipeline a rank is, and at which of its blocks.
struct StagePosition {
  int64_t stage = 0, stages = 1, chunk = 0, chunks = 1;

  bool isFirst() const { return stage == 0 && chunk == 0; }
  bool isLast() const { return stage == stages - 1 && chunk == chunks - 1; }
};

/// The attribute `flm.at` of `op`, or null.
AxisStateAttr atOf(mlir::Operation *op);
/// Sets it; `where` is "first", "last", "not_first" or "not_last".
void setAt(mlir::Operation *op, mlir::StringAttr axis, llvm::StringRef where);
/// Whether `op` is run at `position`.
bool runsAt(mlir::Operation *op, const StagePosition &position);

/// The order of the passes of a step on each stage: one forward, one backward
/// (1F1B), interleaved over the chunks where there are several
/// (arXiv:2104.04473, section 2.2; the order of its figure 4).
///
/// A step is `microBatches * chunks` passes each way. Tick t runs forward pass
/// t, while there is one, then backward pass t - warmup(stage), once there is
/// one.
struct PipelineSchedule {
  int64_t stages = 1, chunks = 1, microBatches = 1;

  struct Pass {
    int64_t chunk, micro;
  };

  int64_t passes() const { return microBatches * chunks; }
  /// Forward passes before the first backward one: stages - 1 - stage with one
  /// chunk, 2 (stages - 1 - stage) + (chunks - 1) stages with several; at most
  /// all.
  int64_t warmup(int64_t stage) const;
  int64_t ticks(int64_t stage) const { return passes() + warmup(stage); }
  /// Which pass is number `index`. With several chunks, `stages` micro-batches
  /// go through one chunk before they go through the next.
  Pass forward(int64_t index) const;
  Pass backward(int64_t index) const;
  /// For each chunk, how many micro-batches are at most between their forward
  /// and their backward pass, on any stage.
  llvm::SmallVector<int64_t> slots() const;
  /// The share of a step in which a stage waits, where all stages take equally
  /// long: (stages - 1) / chunks of microBatches + (stages - 1) / chunks.
  double bubbleFraction() const;
};

/// The schedule of a pipeline op.
PipelineSchedule scheduleOf(PipelineOp pipeline);

} // namespace flm

#endif // FLM_DIALECTS_FLM_PIPELINE_H
