//===----------------------------------------------------------------------===//
// Calls of the runtime's C functions (runtime/abi/Program.h).
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_RUNTIMECALL_H
#define FLM_CODEGEN_HOST_RUNTIMECALL_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace flm {

/// The declaration of the function `name` in the module of `op`, added at the
/// first use. Without `result` it returns nothing.
mlir::LLVM::LLVMFuncOp declareFunction(mlir::Operation *op,
                                       llvm::StringRef name,
                                       mlir::TypeRange arguments,
                                       mlir::Type result = {});

/// Calls `name` where the builder is, in the module of `op`.
mlir::LLVM::CallOp callRuntime(mlir::OpBuilder &builder, mlir::Operation *op,
                               llvm::StringRef name, mlir::ValueRange arguments,
                               mlir::Type result = {});

} // namespace flm

#endif // FLM_CODEGEN_HOST_RUNTIMECALL_H
