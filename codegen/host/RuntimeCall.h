//===----------------------------------------------------------------------===//
// Calls of the runtime's C functions (runtime/abi/Program.h).
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_RUNTIMECALL_H
#define FLM_CODEGEN_HOST_RUNTIMECALL_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace flm {

/// The declaration of the function `name` in the module of `op`, which returns
/// nothing; added at the first use.
mlir::LLVM::LLVMFuncOp declareFunction(mlir::Operation *op,
                                       llvm::StringRef name,
                                       mlir::TypeRange arguments);

/// Calls `name` where `op` stands.
void callRuntime(mlir::OpBuilder &builder, mlir::Operation *op,
                 llvm::StringRef name, mlir::ValueRange arguments);

} // namespace flm

#endif // FLM_CODEGEN_HOST_RUNTIMECALL_H
