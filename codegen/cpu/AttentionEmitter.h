//===----------------------------------------------------------------------===//
// Short names for the operations that the attention kernels are written in.
//
// An emitter writes index arithmetic (folding constants as it goes), loops,
// branches, and arithmetic on native vectors of f32.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ATTENTIONEMITTER_H
#define FLM_CODEGEN_CPU_ATTENTIONEMITTER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace flm::cpu {

/// An index: a constant of the compiler or a value of the program.
class Index {
public:
  Index(int64_t constant) : constant(constant) {}
  Index(mlir::Value value) : value(value) {}

  bool is(int64_t other) const { return !value && constant == other; }

private:
  friend class AttentionEmitter;
  mlir::Value value;
  int64_t constant = 0;
};

class AttentionEmitter {
public:
  /// Vectors have `lanes` elements of f32.
  AttentionEmitter(mlir::OpBuilder &builder, mlir::Location loc, int64_t lanes);

  mlir::OpBuilder &builder;
  const mlir::Location loc;
  const int64_t lanes;
  const mlir::VectorType vectorType; ///< lanes x f32
  const mlir::VectorType maskType;   ///< lanes x i1

  //===-- Indices ---------------------------------------------------------===//

  mlir::Value index(Index i);
  Index add(Index a, Index b);
  Index sub(Index a, Index b);
  Index mul(Index a, Index b);
  Index min(Index a, Index b);
  Index max(Index a, Index b);
  /// Both for a >= 0.
  Index div(Index a, int64_t b);
  Index rem(Index a, int64_t b);
  /// The nearest multiple below or above; for a >= 0.
  Index roundDown(Index a, int64_t multiple);
  Index roundUp(Index a, int64_t multiple);

  //===-- Control flow ----------------------------------------------------===//

  /// for (i = begin; i < end; i += step) body(i)
  void loop(Index begin, Index end, int64_t step,
            llvm::function_ref<void(mlir::Value i)> body);

  /// The same with values carried from one iteration to the next; returns the
  /// last ones.
  using Values = llvm::SmallVector<mlir::Value>;
  Values loop(Index begin, Index end, int64_t step, Values initial,
              llvm::function_ref<Values(mlir::Value i, mlir::ValueRange)> body);

  /// a < b ? then() : otherwise
  Values ifLess(Index a, Index b, llvm::function_ref<Values()> then,
                const Values &otherwise);

  //===-- Vectors of f32 --------------------------------------------------===//

  mlir::Value constant(float value);      ///< in every lane
  mlir::Value broadcast(mlir::Value f32); ///< in every lane
  mlir::Value firstLane(mlir::Value vector);
  mlir::Value load(mlir::Value memref, llvm::ArrayRef<Index> indices);
  void store(mlir::Value vector, mlir::Value memref,
             llvm::ArrayRef<Index> indices);
  mlir::Value loadScalar(mlir::Value memref, llvm::ArrayRef<Index> indices);
  void storeScalar(mlir::Value scalar, mlir::Value memref,
                   llvm::ArrayRef<Index> indices);
  mlir::Value addf(mlir::Value a, mlir::Value b);
  mlir::Value subf(mlir::Value a, mlir::Value b);
  mlir::Value mulf(mlir::Value a, mlir::Value b);
  mlir::Value divf(mlir::Value a, mlir::Value b);
  /// a * b + c, fused where the CPU can.
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  /// a > b ? a : b, which is one instruction on x86; b if either is NaN.
  mlir::Value maxf(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value mask, mlir::Value a, mlir::Value b);
  /// Lane i is true if i < n; n may be negative or beyond the last lane.
  mlir::Value firstLanes(Index n);

private:
  template <typename Op, typename Fold>
  Index binary(Index a, Index b, Fold fold);
  Values indexValues(llvm::ArrayRef<Index> indices);
};

/// Hands out 64-byte aligned buffers in a kernel's workspace.
class AttentionWorkspace {
public:
  AttentionWorkspace(AttentionEmitter &emitter, mlir::Value bytes)
      : emitter(emitter), memref(bytes) {}

  /// A row-major buffer of f32.
  mlir::Value allocate(llvm::ArrayRef<int64_t> shape);
  /// What has been handed out.
  int64_t bytes() const { return used; }

private:
  AttentionEmitter &emitter;
  mlir::Value memref;
  int64_t used = 0;
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONEMITTER_H
