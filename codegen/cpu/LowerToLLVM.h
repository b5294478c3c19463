//===----------------------------------------------------------------------===//
// From kernels and host code (func, scf, memref, vector, arith, math) to the
// LLVM dialect.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_LOWERTOLLVM_H
#define FLM_CODEGEN_CPU_LOWERTOLLVM_H

#include "codegen/cpu/CpuKernel.h"

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace flm::cpu {

/// Appends the passes that lower a module to the LLVM dialect. Kernels (see
/// CpuKernel.h) become `void @k.task(ptr args, i64 task, ptr workspace)`; other
/// functions take bare pointers for their memrefs, which must be static.
void addLowerToLLVM(mlir::OpPassManager &pm, const CpuTarget &target);

/// Registers the dialects that kernels and their lowering use.
void registerKernelDialects(mlir::DialectRegistry &registry);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_LOWERTOLLVM_H
