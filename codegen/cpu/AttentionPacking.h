//===----------------------------------------------------------------------===//
// Between the operands' rows and the kernels' packed buffers.
//
// All edges are met here: buffers have whole vectors and whole tiles, padded
// with zeros, so that nothing else has to think about sizes. Operands are read
// and written with masks and never outside their rows.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ATTENTIONPACKING_H
#define FLM_CODEGEN_CPU_ATTENTIONPACKING_H

#include "codegen/cpu/AttentionTiles.h"

namespace flm::cpu {

/// The rows of one head in an operand [batch, seq, heads * headDim].
struct HeadRows {
  mlir::Value operand;
  mlir::Value batch;
  mlir::Value firstColumn;
};

class AttentionPacking {
public:
  AttentionPacking(AttentionEmitter &emitter, const AttentionProblem &problem,
                   const AttentionSchedule &schedule)
      : e(emitter), problem(problem), schedule(schedule) {}

  /// to[i] = scale * from[first + i] for i < count, 0 up to `padded` rows.
  void packRows(HeadRows from, Index first, Index count, Index padded,
                mlir::Value to, float scale = 1.0f);

  /// to[first + i] = scale * from[row + i] for i < count.
  void unpackRows(mlir::Value from, Index row, Index count, HeadRows to,
                  Index first, float scale);

  /// to[panel][d][j] = from[row + j][d] for one panel of tileColumns rows.
  void transposePanel(mlir::Value from, Index row, mlir::Value to, Index panel);

  /// Rows [begin, end) of a packed buffer become zero.
  void zeroRows(mlir::Value buffer, Index begin, Index end);

  /// The dot product of an operand's row and a packed row, in every lane.
  mlir::Value dotRows(HeadRows a, Index rowOfA, mlir::Value b, Index rowOfB);

  /// Calls `body` for each vector of a row with its first column, and the mask
  /// of the lanes inside headDim if they are not all.
  void
  forRowVectors(llvm::function_ref<void(Index column, mlir::Value mask)> body);

  /// One vector of an operand's row as f32, lanes outside the mask 0.
  mlir::Value load(HeadRows from, Index row, Index column, mlir::Value mask);
  void store(mlir::Value vector, HeadRows to, Index row, Index column,
             mlir::Value mask);

private:
  AttentionEmitter &e;
  const AttentionProblem &problem;
  const AttentionSchedule &schedule;
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONPACKING_H
