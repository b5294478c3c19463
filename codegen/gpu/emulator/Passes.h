//===----------------------------------------------------------------------===//
// Kernels for the emulator, and faults for its tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_PASSES_H
#define FLM_CODEGEN_GPU_EMULATOR_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm::gpu {

#define GEN_PASS_DECL
#include "codegen/gpu/emulator/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "codegen/gpu/emulator/Passes.h.inc"

/// What the wrapper of a kernel is called.
inline constexpr llvm::StringLiteral emulatedSuffix = ".emulated";

/// Names of the ops (and NVVM intrinsics) that the emulator knows; README.md
/// has a row for each.
llvm::SmallVector<llvm::StringRef> emulatedOps();

/// From kernels as their builders wrote them to host code in the LLVM dialect.
void buildEmulationPipeline(mlir::OpPassManager &pm);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_EMULATOR_PASSES_H
