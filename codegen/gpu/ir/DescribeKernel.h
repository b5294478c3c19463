//===----------------------------------------------------------------------===//
// What a host must know about a kernel, as JSON, for programs without MLIR.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_DESCRIBEKERNEL_H
#define FLM_CODEGEN_GPU_IR_DESCRIBEKERNEL_H

#include "codegen/gpu/ir/Device.h"

namespace flm::gpu {

/// The description of one kernel as flm-build-kernel writes it, in the form
/// that codegen/gpu/reference/KernelDescription.h reads and documents. Reports
/// what the kernel does not say about itself.
mlir::FailureOr<llvm::json::Object>
describeKernel(mlir::LLVM::LLVMFuncOp function);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_IR_DESCRIBEKERNEL_H
