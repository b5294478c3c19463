//===----------------------------------------------------------------------===//
// The parts of a GEMM kernel under construction; see Gemm.h for the loop nest.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_GEMMEMITTER_H
#define FLM_CODEGEN_CPU_GEMMEMITTER_H

#include "codegen/cpu/Gemm.h"
#include "codegen/cpu/KernelBuilder.h"

namespace flm::cpu {

/// One block of the inner dimension: [begin, begin + size).
struct KBlock {
  Index begin;
  Index size;
};

/// Writes one GEMM kernel. Edge tiles are not masked copies of full ones: sizes
/// are static, so the remainders are known, and each kind of tile is written
/// with exactly its rows and columns.
class GemmEmitter {
public:
  GemmEmitter(KernelBuilder &k, const GemmProblem &problem,
              const GemmSchedule &schedule, const GemmEpilogue &epilogue)
      : k(k), problem(problem), schedule(schedule), epilogue(epilogue) {}

  CpuKernel emit(llvm::StringRef symbol);

private:
  int64_t lanes() const { return schedule.lanes; }
  int64_t tileColumns() const { return schedule.tileColumns(); }
  int64_t columnPanels() const { return schedule.taskColumns / tileColumns(); }
  bool packsA() const { return problem.layout == GemmLayout::TN; }

  // Gemm.cpp: the loops.
  llvm::SmallVector<mlir::Type> operandTypes() const;
  int64_t placePanels(mlir::Value workspace);
  void emitTask(Index task);
  void emitKBlock(KBlock block, Index rowBegin, Index rowEnd, Index columnBegin,
                  Index columnEnd);
  /// body(column, panel, columns) for each panel of B in [begin, end); columns
  /// is less than tileColumns for the last one of the matrix only.
  void forEachPanel(
      Index begin, Index end,
      llvm::function_ref<void(Index column, Index panel, int64_t columns)>
          body);
  /// body(row, rows) for each row tile in [begin, end).
  void forEachRowTile(Index begin, Index end,
                      llvm::function_ref<void(Index row, int64_t rows)> body);
  /// body(k, size) for `step` at a time of a block; size is less for the last
  /// one of the inner dimension only.
  void forEachKStep(KBlock block, int64_t step,
                    llvm::function_ref<void(Index offset, int64_t size)> body);

  // GemmPacking.cpp
  void packB(KBlock block, Index columnBegin, Index columnEnd);
  void packBTransposed(KBlock block, Index columnBegin, Index columnEnd);
  void packBRows(KBlock block, Index columnBegin, Index columnEnd);
  void packA(KBlock block, Index rowBegin, Index rowEnd);

  // GemmTile.cpp
  void emitTile(KBlock block, Index rowBlockBegin, Index row, int64_t rows,
                Index column, Index panel, int64_t columns);
  llvm::SmallVector<mlir::Value> sumTile(KBlock block, Index rowBlockBegin,
                                         Index row, int64_t rows, Index panel,
                                         int64_t vectors);
  void storeTile(llvm::ArrayRef<mlir::Value> sums, Index row, int64_t rows,
                 Index column, int64_t columns, bool addToC, bool finish);

  KernelBuilder &k;
  const GemmProblem &problem;
  const GemmSchedule &schedule;
  const GemmEpilogue &epilogue;

  mlir::Value a, b, c;
  llvm::SmallVector<mlir::Value> extra; ///< the epilogue's operands
  mlir::Value bPanels; ///< [panel][k in block][column in panel]
  mlir::Value aPanels; ///< TN: [row tile][k in block][row in tile]
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_GEMMEMITTER_H
