//===----------------------------------------------------------------------===//
// What a CPU kernel is: a function that does one task of a parallel region.
//
// Every kernel builder in this folder has the same shape: a plain struct that
// describes the problem (sizes and element type), and a function that writes a
// func.func into a module and says how many tasks cover the problem:
//
//   func.func private @gemm_nt_256x768x768(%a: memref<256x768xf32>, ...,
//       %workspace: memref<?xi8>, %task: index)
//
// The operands are row-major memrefs with static shapes. Tasks write disjoint
// bytes, and each output element is computed by one task in a fixed order, so
// results do not depend on the number of threads.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_CPUKERNEL_H
#define FLM_CODEGEN_CPU_CPUKERNEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flm::cpu {

/// The CPU that kernels are scheduled for.
struct CpuTarget {
  std::string triple;            ///< LLVM triple
  std::string cpu;               ///< LLVM CPU name, e.g. "znver5"
  std::string features;          ///< LLVM feature string, e.g. "+avx512f,+fma"
  int64_t vectorBytes = 16;      ///< native vector register width in bytes
  int64_t vectorRegisters = 16;  ///< how many of them
  bool fusedMultiplyAdd = false; ///< has a vector fused multiply-add
  int64_t l1Bytes = 32 * 1024;
  int64_t l2Bytes = 512 * 1024; ///< per core

  /// Lanes of one native vector of f32 (or f64 for 8).
  int64_t lanes(int64_t elementBytes = 4) const {
    return vectorBytes / elementBytes;
  }
};

/// The machine that runs the compiler.
CpuTarget hostTarget();

/// The target that LLVM calls `cpu` ("native" is the host). An error that says
/// where the known names are listed when LLVM knows no such CPU for this
/// triple.
llvm::Expected<CpuTarget> namedTarget(llvm::StringRef cpu);

/// What generated code may use of `target` beyond the baseline: those of
/// runtime/abi/CpuFeatures.def that it has.
std::vector<std::string> extensionsOf(const CpuTarget &target);

/// On the function of a kernel: its tasks, as below.
constexpr llvm::StringLiteral kTasks = "flm.tasks";

/// A kernel as the host program sees it.
struct CpuKernel {
  mlir::func::FuncOp function;
  int64_t tasks = 1;          ///< the region runs task 0 … tasks-1
  int64_t workspaceBytes = 0; ///< per-thread scratch that the kernel may use
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_CPUKERNEL_H
