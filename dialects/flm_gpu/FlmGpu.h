//===----------------------------------------------------------------------===//
// The flm_gpu dialect: everything that C++ needs to read and build its IR.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_FLMGPU_H
#define FLM_DIALECTS_FLM_GPU_FLMGPU_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/JSON.h"

#include "dialects/flm_gpu/FlmGpuDialect.h.inc"

#include "dialects/flm_gpu/DeviceEnums.h.inc"

#include "dialects/flm_gpu/GemmEpilogues.h.inc"
#include "dialects/flm_gpu/KernelInterface.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flm_gpu/KernelAttributes.h.inc"

#define GET_OP_CLASSES
#include "dialects/flm_gpu/DeviceOps.h.inc"

namespace flm::gpu {

/// Names of the attributes of kernels and of their arguments.
inline constexpr llvm::StringLiteral operandAttrName = "flm_gpu.operand";
inline constexpr llvm::StringLiteral tensorMapAttrName = "flm_gpu.tensor_map";
inline constexpr llvm::StringLiteral launchAttrName = "flm_gpu.launch";
/// What the kernel computes: a KernelAttrInterface.
inline constexpr llvm::StringLiteral kernelAttrName = "flm_gpu.kernel";

/// The largest dynamic shared memory of a block, in bytes, of the arch.
int64_t sharedMemoryLimit(Arch arch);

} // namespace flm::gpu

#endif // FLM_DIALECTS_FLM_GPU_FLMGPU_H
