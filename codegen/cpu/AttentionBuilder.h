//===----------------------------------------------------------------------===//
// The kernel builder of attention: arithmetic on native vectors of f32.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ATTENTIONBUILDER_H
#define FLM_CODEGEN_CPU_ATTENTIONBUILDER_H

#include "codegen/cpu/KernelBuilder.h"

namespace flm::cpu {

class AttentionBuilder : public KernelBuilder {
public:
  using Values = llvm::SmallVector<mlir::Value>;

  /// Writes at the insertion point of `at`. Vectors have `lanes` lanes.
  AttentionBuilder(mlir::OpBuilder &at, mlir::Location loc, int64_t lanes);

  const int64_t lanes;
  const mlir::VectorType vectorType; ///< lanes x f32

  //===-- Indices and control flow ----------------------------------------===//

  using KernelBuilder::index;
  using KernelBuilder::loop;
  /// Loops from 0.
  void loop(Index to, int64_t step, llvm::function_ref<void(Index)> body) {
    loop(index(0), to, step, body);
  }
  void loop(int64_t to, int64_t step, llvm::function_ref<void(Index)> body) {
    loop(index(0), index(to), step, body);
  }
  Index roundDown(Index i, int64_t multiple) { return i / multiple * multiple; }
  Index roundUp(Index i, int64_t multiple) {
    return roundDown(i + (multiple - 1), multiple);
  }
  /// max(a - b, 0)
  Index subtractOrZero(Index a, Index b) { return a - min(a, b); }

  /// condition ? then() : otherwise
  Values ifThenElse(mlir::Value condition, llvm::function_ref<Values()> then,
                    const Values &otherwise);

  //===-- Memory ----------------------------------------------------------===//

  using KernelBuilder::load;
  mlir::Value load(mlir::Value memref, llvm::ArrayRef<Index> indices) {
    return load(memref, indices, lanes);
  }
  /// One element, in every lane.
  mlir::Value loadSplat(mlir::Value memref, llvm::ArrayRef<Index> indices) {
    return broadcast(loadScalar(memref, indices), lanes);
  }
  /// memref[row …][column …]. A tile's rows seen through this have constant
  /// distances from one pointer, which x86 can address.
  mlir::Value window(mlir::Value memref, Index row, Index column, int64_t rows,
                     int64_t columns);
  /// The first lane.
  void storeScalar(mlir::Value vector, mlir::Value memref,
                   llvm::ArrayRef<Index> indices);

  //===-- Arithmetic ------------------------------------------------------===//

  mlir::Value splat(float value);
  mlir::Value addf(mlir::Value a, mlir::Value b);
  mlir::Value subf(mlir::Value a, mlir::Value b);
  mlir::Value mulf(mlir::Value a, mlir::Value b);
  mlir::Value divf(mlir::Value a, mlir::Value b);
  /// a * b + c, fused where the CPU can.
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  /// a > b ? a : b, which is one instruction on x86; b if either is NaN.
  mlir::Value maxf(mlir::Value a, mlir::Value b);

  /// The sum or the maximum of all lanes, in every lane, as a tree whose order
  /// depends on nothing but the number of lanes.
  mlir::Value laneSum(mlir::Value x);
  mlir::Value laneMax(mlir::Value x);

  /// Lane i of `x` where first + i < count, `otherwise` in the others.
  mlir::Value keepLanes(mlir::Value x, int64_t first, Index count,
                        mlir::Value otherwise);

  /// To the nearest bf16, ties to even, as integer arithmetic: not every CPU
  /// has an instruction for it (LLVM would call a function per lane), and x86's
  /// flushes subnormals.
  mlir::Value toBf16(mlir::Value x);

  /// 2^x for x <= 127, within 2 units in the last place; exactly 1 at 0 and
  /// exactly 0 at -inf (and below -127: subnormal results are not worth
  /// having); NaN stays NaN. Above 127 the result means nothing: callers have
  /// x <= 0 up to rounding, or drop the lane.
  mlir::Value exp2(mlir::Value x);

private:
  mlir::Value integers(int32_t value); ///< lanes x i32
  mlir::Value
  combineLanes(mlir::Value x,
               llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>);
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONBUILDER_H
