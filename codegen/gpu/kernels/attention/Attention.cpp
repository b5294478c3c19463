//===----------------------------------------------------------------------===//
// From an attention attribute to the builder of its arch.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/Attention.h"
#include "codegen/gpu/kernels/attention/AmpereAttentionBackward.h"
#include "codegen/gpu/kernels/attention/AmpereAttentionForward.h"
#include "codegen/gpu/kernels/attention/HopperAttentionForward.h"
#include "codegen/gpu/kernels/attention/HopperKeysGradient.h"
#include "codegen/gpu/kernels/attention/HopperQueriesGradient.h"

using namespace mlir;
using namespace flm::gpu;

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 AttentionForwardAttr attention) {
  OpBuilder::InsertionGuard guard(d);
  if (attention.getArch() == Arch::SM80)
    return AmpereAttentionForward(d, attention).emit();
  return HopperAttentionForward(d, attention).emit();
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 AttentionBackwardAttr attention) {
  OpBuilder::InsertionGuard guard(d);
  if (attention.getArch() == Arch::SM80)
    return AmpereAttentionBackward(d, attention).emit();
  if (attention.getGradient() == AttentionGradient::KeysValues)
    return HopperKeysGradient(d, attention).emit();
  return HopperQueriesGradient(d, attention).emit();
}
