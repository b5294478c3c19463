//===----------------------------------------------------------------------===//
// Shapes of kernels, read off the types of values, and how they are written in
// the kernels' symbols.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_KERNELSHAPES_H
#define FLM_CODEGEN_HOST_KERNELSHAPES_H

#include "codegen/cpu/Attention.h"
#include "dialects/flm/Flm.h"

#include <string>

namespace flm {

/// Rows and columns of a tensor, its leading dims taken together.
struct Matrix {
  int64_t rows, columns;
  explicit Matrix(mlir::Value value);
};

/// "256x768".
std::string sizes(llvm::ArrayRef<int64_t> values);

/// Part of a symbol that tells kernels with different constants apart.
std::string constant(double value);

/// The attention whose queries `q` are.
cpu::AttentionProblem attentionProblem(mlir::Value q, bool causal,
                                       mlir::Type elementType);

/// "8x256x4x64_causal".
std::string describe(const cpu::AttentionProblem &problem);

} // namespace flm

#endif // FLM_CODEGEN_HOST_KERNELSHAPES_H
