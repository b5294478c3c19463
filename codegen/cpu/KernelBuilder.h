//===----------------------------------------------------------------------===//
// Loops and index arithmetic under construction, so that a kernel builder reads
// like the loop nest that it writes:
//
//   k.loop(k.index(0), rows, 8, [&](Index i) {
//     k.store(k.load(a, {i, j + 16}, 16), b, {i / 8, j});
//   });
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_KERNELBUILDER_H
#define FLM_CODEGEN_CPU_KERNELBUILDER_H

#include "codegen/StructuredBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"

namespace flm::cpu {

class KernelBuilder;

/// An index value together with the builder that continues it.
class Index {
public:
  Index(KernelBuilder &builder, mlir::Value value)
      : builder(&builder), ssaValue(value) {}
  mlir::Value value() const { return ssaValue; }

  // Unsigned arithmetic: no index is negative.
  Index operator+(Index other) const;
  Index operator-(Index other) const;
  Index operator*(Index other) const;
  Index operator/(Index other) const;
  Index operator%(Index other) const;
  Index operator+(int64_t other) const;
  Index operator-(int64_t other) const;
  Index operator*(int64_t other) const;
  Index operator/(int64_t other) const;
  Index operator%(int64_t other) const;
  /// An i1.
  mlir::Value operator<(Index other) const;
  mlir::Value operator==(Index other) const;

private:
  KernelBuilder *builder;
  mlir::Value ssaValue;
};

/// Writes one kernel.
class KernelBuilder : public StructuredBuilder {
public:
  using StructuredBuilder::StructuredBuilder;

  /// A private function `symbol` with the kernel convention of CpuKernel.h:
  /// `operands`, the workspace, the task. The builder continues in its body,
  /// before the return.
  mlir::func::FuncOp beginKernel(llvm::StringRef symbol,
                                 llvm::ArrayRef<mlir::Type> operands);

  Index index(int64_t constant);
  Index index(mlir::Value value) { return Index(*this, value); }
  Index min(Index a, Index b);
  Index min(Index a, int64_t b) { return min(a, index(b)); }

  /// for (i = from; i < to; i += step) body(i)
  void loop(Index from, Index to, int64_t step,
            llvm::function_ref<void(Index)> body);

  /// The same with values carried around: `body` gets them and returns the next
  /// ones; the result is what the last iteration returned.
  llvm::SmallVector<mlir::Value>
  loop(Index from, Index to, int64_t step, mlir::ValueRange initial,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(Index,
                                                         mlir::ValueRange)>
           body);

  /// memref[indices], one element.
  mlir::Value loadScalar(mlir::Value memref, llvm::ArrayRef<Index> indices);

  /// A vector of `lanes` consecutive elements from memref[indices], of which
  /// the first `valid` are read; the rest are 0.
  mlir::Value load(mlir::Value memref, llvm::ArrayRef<Index> indices,
                   int64_t lanes, int64_t valid);
  mlir::Value load(mlir::Value memref, llvm::ArrayRef<Index> indices,
                   int64_t lanes) {
    return load(memref, indices, lanes, lanes);
  }

  /// Stores the first `valid` lanes of `vector` to memref[indices].
  void store(mlir::Value vector, mlir::Value memref,
             llvm::ArrayRef<Index> indices, int64_t valid);
  void store(mlir::Value vector, mlir::Value memref,
             llvm::ArrayRef<Index> indices);

  /// Asks for the cache line of memref[indices], to be written soon.
  void prefetchForWrite(mlir::Value memref, llvm::ArrayRef<Index> indices);

  mlir::Value broadcast(mlir::Value scalar, int64_t lanes);
  mlir::Value zero(mlir::Type type);

  /// A part of the byte buffer `workspace`, `offset` bytes in, as a memref.
  mlir::Value workspaceView(mlir::Value workspace, int64_t offset,
                            llvm::ArrayRef<int64_t> shape,
                            mlir::Type elementType);

  /// Vectors r[i][j] -> c[j][i], for as many vectors as each has lanes. Written
  /// as shuffles that are one instruction each on x86 and NEON.
  llvm::SmallVector<mlir::Value> transpose(llvm::ArrayRef<mlir::Value> rows);
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_KERNELBUILDER_H
