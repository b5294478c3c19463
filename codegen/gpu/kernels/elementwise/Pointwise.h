//===----------------------------------------------------------------------===//
// Kernels that compute each element from the same element of their inputs.
//
// A kernel is its operands and a hook on f32 vectors; how threads, vectors and
// memory meet is written once (see VectorWalk.h). The kernels that have a name
// are hooks in PointwiseKernels.cpp; a fused region of ops is one more:
//
//   PointwiseKernel kernel;
//   kernel.inputs = {{"x", bf16}, {"gain", bf16, Along::Columns}};
//   kernel.outputs = {{"y", bf16}};
//   kernel.apply = [](ArrayRef<F32> in) -> SmallVector<F32> {
//     return {in[0] * in[1]};
//   };
//   buildPointwise(d, "scale_columns", attr, kernel);
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ELEMENTWISE_POINTWISE_H
#define FLM_CODEGEN_GPU_KERNELS_ELEMENTWISE_POINTWISE_H

#include "codegen/gpu/kernels/device/F32.h"

#include <functional>

namespace flm::gpu {

/// Which elements of a tensor belong to an element of the result.
enum class Along {
  Elements, ///< one each
  Pairs,    ///< two neighbours: of a tensor with twice the elements
  Columns,  ///< one per column: a vector of a row's length
  Rows,     ///< one per row
  Numbers,  ///< `numbers` of them, for all elements
};

struct PointwiseOperand {
  std::string name;
  mlir::Type type; ///< bf16 or f32
  Along along = Along::Elements;
  int64_t numbers = 1;
};

struct PointwiseKernel {
  llvm::SmallVector<PointwiseOperand> inputs;
  /// Along Elements or Pairs. An output with the name of an input is that
  /// tensor, updated in place.
  llvm::SmallVector<PointwiseOperand> outputs;
  /// From inputs to outputs, in their order; Pairs are two values (the first
  /// elements, the second ones), Numbers as many as there are. Elements, Pairs
  /// and Columns are vectors, of any length; Rows and Numbers are one f32.
  std::function<llvm::SmallVector<F32>(llvm::ArrayRef<F32> inputs)> apply;

  /// Whether something lies along rows or columns. The kernel then has the
  /// arguments `rows` and `columns`, and columns fill vectors; else `count`,
  /// any.
  bool isMatrix() const;
  /// Elements of a vector: 16 bytes of the narrowest type.
  int64_t width() const;
  /// Vectors of a thread: at least four loads of 16 bytes.
  int64_t unrolled() const;
};

/// Writes the kernel at the builder's insertion point, in a gpu.module. Its
/// arguments: inputs, outputs that are no inputs, sizes.
mlir::LLVM::LLVMFuncOp buildPointwise(DeviceBuilder &d, llvm::StringRef symbol,
                                      mlir::Attribute description,
                                      const PointwiseKernel &kernel);

/// What a PointwiseAttr names.
PointwiseKernel namedKernel(PointwiseAttr pointwise);

mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, PointwiseAttr pointwise);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ELEMENTWISE_POINTWISE_H
