//===----------------------------------------------------------------------===//
// From an attention attribute to the builder of its arch.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Attention.h"
#include "codegen/gpu/kernels/HopperAttentionForward.h"
#include "codegen/gpu/kernels/HopperKeysGradient.h"
#include "codegen/gpu/kernels/HopperQueriesGradient.h"

using namespace mlir;
using namespace flm::gpu;

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 AttentionForwardAttr attention) {
  OpBuilder::InsertionGuard guard(d);
  return HopperAttentionForward(d, attention).emit();
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 AttentionBackwardAttr attention) {
  OpBuilder::InsertionGuard guard(d);
  if (attention.getGradient() == AttentionGradient::KeysValues)
    return HopperKeysGradient(d, attention).emit();
  return HopperQueriesGradient(d, attention).emit();
}
