//===----------------------------------------------------------------------===//
// Shapes of kernels, read off the types of values, and how they are written in
// the kernels' symbols.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_RULES_KERNELSHAPES_H
#define FLM_CODEGEN_CPU_RULES_KERNELSHAPES_H

#include "dialects/flm/Flm.h"

#include <string>

namespace flm::cpu {

/// Bytes of what kernels sum in.
constexpr int64_t kFloatBytes = 4;

/// Rows and columns of a tensor, its leading dims taken together; a scalar is
/// one row of one column.
struct Matrix {
  int64_t rows = 1, columns = 1;
  explicit Matrix(mlir::Value value);
};

/// "256x768".
std::string sizes(llvm::ArrayRef<int64_t> values);

/// Part of a symbol that tells kernels with different constants apart.
std::string constant(double value);

/// The buffer of this rank's index on `axis`; an error at `op` if the mesh has
/// no such axis.
mlir::FailureOr<BufferAttr> rankOn(mlir::Operation *op, mlir::StringAttr axis);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_RULES_KERNELSHAPES_H
