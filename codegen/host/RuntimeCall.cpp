//===----------------------------------------------------------------------===//
// Calls of the runtime's C functions.
//===----------------------------------------------------------------------===//
#include "codegen/host/RuntimeCall.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace flm;

LLVM::LLVMFuncOp flm::declareFunction(Operation *op, StringRef name,
                                      TypeRange arguments) {
  auto module = op->getParentOfType<ModuleOp>();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder builder(module.getBodyRegion());
  return LLVM::LLVMFuncOp::create(
      builder, module.getLoc(), name,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(module.getContext()),
                                  llvm::to_vector(arguments)));
}

void flm::callRuntime(OpBuilder &builder, Operation *op, StringRef name,
                      ValueRange arguments) {
  LLVM::CallOp::create(builder, op->getLoc(),
                       declareFunction(op, name, arguments.getTypes()),
                       arguments);
}
