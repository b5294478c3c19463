//===----------------------------------------------------------------------===//
// Matrix multiplication on the CPU, in the three layouts that a linear layer
// needs: forward, gradient of the input, gradient of the weight.
//
// The kernel is the classic packed one (Goto, BLIS), cut into tasks:
//
//   task t: rows [i0, i0 + taskRows), columns [j0, j0 + taskColumns) of C
//   for each block of kBlock of the inner dimension
//     pack the block of B into panels of tileColumns       (in the workspace)
//     for each rowBlock rows
//       TN: pack the block of A into panels of tileRows    (in the workspace)
//       for each panel, for each tileRows rows
//         accumulate tileRows x tileColumns in registers, then add to C
//
// The inner dimension is never split across tasks, so each element of C is
// summed by one task in one order: within a block from its start to its end,
// then block after block.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_GEMM_H
#define FLM_CODEGEN_CPU_GEMM_H

#include "codegen/cpu/CpuKernel.h"

#include "mlir/IR/Builders.h"

#include <functional>

namespace flm::cpu {

class KernelBuilder;

enum class GemmLayout {
  NT, ///< C[m,n] = A[m,k] * B[n,k]^T: forward, weights are [out, in]
  NN, ///< C[m,n] = A[m,k] * B[k,n]: gradient of the input
  TN, ///< C[m,n] = A[k,m]^T * B[k,n]: gradient of the weight
};

/// "nt", "nn", "tn".
llvm::StringRef name(GemmLayout layout);

struct GemmProblem {
  GemmLayout layout = GemmLayout::NT;
  int64_t m = 0, n = 0, k = 0;
  mlir::Type inputType;    ///< elements of A and B: f32 or f64
  mlir::Type outputType;   ///< elements of C: the same, for now
  bool accumulate = false; ///< C += A * B; otherwise C need not be initialised
};

/// How the problem is cut. All sizes count elements.
struct GemmSchedule {
  int64_t lanes = 0;       ///< elements of one vector
  int64_t tileRows = 0;    ///< register tile: rows (mr) …
  int64_t tileVectors = 0; ///< … and vectors per row (nr = tileVectors * lanes)
  int64_t kBlock = 0;      ///< inner dimension per packed block (kc)
  int64_t rowBlock = 0;    ///< rows whose part of A stays in the cache (mc)
  int64_t taskRows = 0;    ///< rows of C per task
  int64_t taskColumns = 0; ///< columns of C per task
  /// Ask for the tile of C before summing it: it arrives while the sum runs.
  bool prefetchOutput = true;

  int64_t tileColumns() const { return tileVectors * lanes; }
};

/// A schedule for `problem`. It depends on the sizes and the target only, never
/// on the number of threads, so results do not either.
GemmSchedule selectGemmSchedule(const GemmProblem &problem,
                                const CpuTarget &target);

/// Reports at `loc` what is wrong with the problem or what in the schedule does
/// not fit it or the target.
llvm::LogicalResult verifyGemm(mlir::Location loc, const GemmProblem &problem,
                               const GemmSchedule &schedule,
                               const CpuTarget &target);

/// What is done to each element of A * B (+ C) before it is stored, e.g. adding
/// a residual. It sees a vector at a time.
struct GemmEpilogue {
  /// Operands of the kernel after C: memrefs of C's shape, read where C is
  /// written.
  llvm::SmallVector<mlir::MemRefType> operands;
  /// Result vector from the sum's vector and one vector of each operand (of
  /// that operand's element type). Null: the sum itself.
  std::function<mlir::Value(KernelBuilder &, mlir::Value sum,
                            llvm::ArrayRef<mlir::Value> operands)>
      apply;
};

/// Writes the kernel `symbol` at the builder's insertion point (in a module).
/// Its operands are A and B in the problem's layout, C, and the epilogue's, all
/// row-major. Fails as verifyGemm does.
llvm::FailureOr<CpuKernel>
buildGemmKernel(mlir::OpBuilder &builder, mlir::Location loc,
                llvm::StringRef symbol, const GemmProblem &problem,
                const GemmSchedule &schedule, const CpuTarget &target,
                const GemmEpilogue &epilogue = {});

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_GEMM_H
