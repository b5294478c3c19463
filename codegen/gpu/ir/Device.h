//===----------------------------------------------------------------------===//
// The flm_gpu dialect: everything that C++ needs to read and build its IR.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_DEVICE_H
#define FLM_CODEGEN_GPU_IR_DEVICE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/JSON.h"

#include "codegen/gpu/ir/DeviceDialect.h.inc"

#include "codegen/gpu/ir/DeviceEnums.h.inc"

#include "codegen/gpu/ir/GemmEpilogues.h.inc"
#include "codegen/gpu/ir/KernelInterface.h.inc"

#define GET_ATTRDEF_CLASSES
#include "codegen/gpu/ir/KernelAttributes.h.inc"

#define GET_OP_CLASSES
#include "codegen/gpu/ir/DeviceOps.h.inc"

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

#endif // FLM_CODEGEN_GPU_IR_DEVICE_H
