//===----------------------------------------------------------------------===//
// The epilogue of a GEMM: what becomes of the sums before they are stored.
//
// A *hook* says it for one element (or one pair of elements, see
// GemmEpilogueAttrInterface); GemmEpilogue applies it to what a thread holds:
// runs of neighbouring columns in a row, or groups of eight columns of a
// fragment. All GEMM kernels of all archs go through it.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMEPILOGUE_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMEPILOGUE_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

#include <functional>

namespace flm::gpu {

struct GemmEpilogueHook {
  /// A tensor that is read where C is written.
  struct Operand {
    std::string name;
    mlir::Type type; ///< bf16 or f32
    /// Its sizes, in m, n, k (dims 0 to 2). A constant size is repeated along
    /// C: 1 is a broadcast, any other number of columns a multiple of eight.
    mlir::AffineExpr rows, columns;
  };
  llvm::SmallVector<Operand> operands;

  /// The elements of C from f32 sums. `sums` is one, or the two of a pair; the
  /// result has as many elements as there are places in C for them: one, or one
  /// or two of a pair (`resultsPerPair`). `operands` has the elements of each
  /// operand at these places, as f32: those of the first operand, then those of
  /// the second. Null: the sums are the result.
  ///
  ///   hook.apply = [](DeviceBuilder &d, ValueRange sums, ValueRange operands)
  ///   {
  ///     Value sum = arith::AddFOp::create(d, sums[0], operands[0]);
  ///     return SmallVector<Value>{sum};
  ///   };
  ///
  /// Sums beyond the matrix are zeros and see operands from within it; what
  /// becomes of them is not stored.
  std::function<llvm::SmallVector<mlir::Value>(
      DeviceBuilder &, mlir::ValueRange sums, mlir::ValueRange operands)>
      apply;
};

/// The hook of the epilogue that `gemm` names; of a function of the module
/// around the builder's insertion point, its body. Reports a function that
/// cannot be one.
mlir::FailureOr<GemmEpilogueHook> epilogueHook(DeviceBuilder &d, GemmAttr gemm);

/// The hook that copies `region` (one block of pure ops that ends in a
/// terminator with the results), whose arguments are the sums and then the
/// operands' elements; for whoever fuses ops into a GEMM. The region must
/// outlive the hook.
GemmEpilogueHook regionHook(mlir::Region &region,
                            llvm::ArrayRef<GemmEpilogueHook::Operand> operands);

/// Neighbouring elements of one row.
struct ColumnRun {
  I32 row, column; ///< of the first
  llvm::SmallVector<mlir::Value> values;
};

/// A thread's part of eight columns of a fragment: elements 2 * h + e are row +
/// 8 * h, column + e of the matrix.
struct ColumnGroup {
  I32 column;
  llvm::SmallVector<mlir::Value> values;
};

/// Applies a hook within a kernel.
class GemmEpilogue {
public:
  GemmEpilogue(DeviceBuilder &d, GemmAttr gemm, const GemmEpilogueHook &hook)
      : d(d), gemm(gemm), hook(hook), m(d, mlir::Value()), n(d, mlir::Value()) {
  }

  /// The kernel's arguments that are the hook's operands, and what they turned
  /// out to be; `sizes` are m, n.
  llvm::SmallVector<KernelArgument> arguments() const;
  void bind(mlir::ValueRange operands, I32 m, I32 n);

  /// The columns of C: n, or half of it.
  I32 columnsOfC() const;

  /// What becomes of a run of A * B: runs of C. `second`, for an epilogue of
  /// pairs, has what is `pairDistance` columns further. Of neighbours, `first`
  /// has every other column, `second` those between.
  llvm::SmallVector<ColumnRun> finish(const ColumnRun &first,
                                      const ColumnRun *second) const;

  /// What becomes of groups of columns of A * B: groups of C. The group that is
  /// paired with the first one is `groupsToPair` further.
  llvm::SmallVector<ColumnGroup> finish(I32 row,
                                        llvm::ArrayRef<ColumnGroup> groups,
                                        int64_t groupsToPair) const;

private:
  /// The same for neighbours that become one element: of each two groups, one.
  llvm::SmallVector<ColumnGroup>
  finishNeighbours(I32 row, llvm::ArrayRef<ColumnGroup> groups) const;
  /// Operand `index` at a run of C of `width` columns, as f32.
  llvm::SmallVector<mlir::Value> load(unsigned index, I32 row, I32 column,
                                      int64_t width) const;
  /// Where in C a column of A * B ends up.
  I32 columnOfC(I32 column) const;

  DeviceBuilder &d;
  GemmAttr gemm;
  const GemmEpilogueHook &hook;
  llvm::SmallVector<mlir::Value> pointers;
  I32 m, n;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMEPILOGUE_H
