//===----------------------------------------------------------------------===//
// Kernels by their description, for tools and tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_PASSES_H
#define FLM_CODEGEN_GPU_KERNELS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm::gpu {

#define GEN_PASS_DECL
#include "codegen/gpu/kernels/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "codegen/gpu/kernels/Passes.h.inc"

/// Writes the kernel that `kernel` (e.g. a GemmAttr) describes at the builder's
/// insertion point, in a gpu.module. Reports an attribute that describes none.
mlir::LogicalResult buildKernel(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::Attribute kernel);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_PASSES_H
