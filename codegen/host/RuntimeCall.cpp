//===----------------------------------------------------------------------===//
// Calls of the runtime's C functions.
//===----------------------------------------------------------------------===//
#include "codegen/host/RuntimeCall.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace flm;

LLVM::LLVMFuncOp flm::declareFunction(Operation *op, StringRef name,
                                      TypeRange arguments, Type result) {
  auto module = op->getParentOfType<ModuleOp>();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder builder(module.getBodyRegion());
  if (!result)
    result = LLVM::LLVMVoidType::get(module.getContext());
  return LLVM::LLVMFuncOp::create(
      builder, module.getLoc(), name,
      LLVM::LLVMFunctionType::get(result, llvm::to_vector(arguments)));
}

LLVM::CallOp flm::callRuntime(OpBuilder &builder, Operation *op, StringRef name,
                              ValueRange arguments, Type result) {
  return LLVM::CallOp::create(
      builder, op->getLoc(),
      declareFunction(op, name, arguments.getTypes(), result), arguments);
}
