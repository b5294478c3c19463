//===----------------------------------------------------------------------===//
// What a host must know about a kernel, as JSON, for programs without MLIR.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_DESCRIBEKERNEL_H
#define FLM_DIALECTS_FLM_GPU_DESCRIBEKERNEL_H

#include "dialects/flm_gpu/FlmGpu.h"

namespace flm::gpu {

/// The description of one kernel as flm-build-kernel writes it, in the form
/// that codegen/gpu/reference/KernelDescription.h reads and documents. Reports
/// what the kernel does not say about itself.
mlir::FailureOr<llvm::json::Object>
describeKernel(mlir::LLVM::LLVMFuncOp function);

} // namespace flm::gpu

#endif // FLM_DIALECTS_FLM_GPU_DESCRIBEKERNEL_H
