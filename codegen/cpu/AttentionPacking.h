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
  Index batch;
  Index firstColumn;
};

class AttentionPacking {
public:
  AttentionPacking(AttentionBuilder &builder, const AttentionProblem &problem,
                   const AttentionSchedule &schedule)
      : b(builder), problem(problem), schedule(schedule) {}

  /// to[i] = scale * from[first + i] for i < count, 0 up to `padded` rows.
  void packRows(const HeadRows &from, Index first, Index count, Index padded,
                mlir::Value to, float scale = 1.0f);

  /// to[first + i] = scale * from[i] for i < count.
  void unpackRows(mlir::Value from, Index count, const HeadRows &to,
                  Index first, float scale);

  /// to[panel][d][j] = from[row + j][d] for one panel of tileColumns rows.
  void transposePanel(mlir::Value from, Index row, mlir::Value to, Index panel);

  /// Rows [begin, end) of a packed buffer become zero.
  void zeroRows(mlir::Value buffer, Index begin, Index end);

  /// The dot product of a row of an operand and one of a packed buffer, in
  /// every lane.
  mlir::Value dotRows(const HeadRows &operand, mlir::Value packed, Index row);

  /// Calls `body` for each vector of a row with its first column and how many
  /// of its lanes are inside headDim.
  void
  forRowVectors(llvm::function_ref<void(Index column, int64_t valid)> body);

  /// Stores one vector of an operand's row, rounded to the operand's type.
  void store(mlir::Value vector, const HeadRows &to, Index row, Index column,
             int64_t valid);

private:
  /// One vector of an operand's row as f32, 0 in the lanes that are not valid.
  mlir::Value load(const HeadRows &from, Index row, Index column,
                   int64_t valid);

  AttentionBuilder &b;
  const AttentionProblem &problem;
  const AttentionSchedule &schedule;
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONPACKING_H
