//===----------------------------------------------------------------------===//
// Sums of all elements of a tensor: partial sums over a fixed grid of chunks,
// then their sum in order. Ops of several families are such.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_RULES_REDUCTIONS_H
#define FLM_CODEGEN_CPU_RULES_REDUCTIONS_H

#include "codegen/cpu/Reduction.h"
#include "codegen/cpu/rules/Launcher.h"

namespace flm::cpu {

/// y = factor * sum of the summands of `x`. `name` begins the symbol.
mlir::LogicalResult launchReduction(llvm::StringRef name, mlir::Value x,
                                    mlir::Value y, Summand summand,
                                    double factor, Launcher &to);

/// y = factor * the sum of the `chunks` elements of `x`, in order.
mlir::LogicalResult launchChunkFold(Bytes x, mlir::Value y, int64_t chunks,
                                    double factor, Launcher &to);

/// Bytes of the partial sums of `x`.
int64_t reductionTemporaries(mlir::Value x);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_RULES_REDUCTIONS_H
