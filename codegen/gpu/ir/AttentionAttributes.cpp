//===----------------------------------------------------------------------===//
// Attention: limits and names.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/ir/Device.h"

using namespace mlir;
using namespace flm::gpu;

static int64_t attentionSharedBytes(int64_t headDim, int64_t stages) {
  // Queries; stages of keys and values, with two barriers each; a barrier.
  int64_t tile = AttentionForwardAttr::keys * headDim * 2;
  return tile + 2 * stages * (tile + 16) + 16;
}

int64_t AttentionForwardAttr::sharedBytes() const {
  return attentionSharedBytes(getHeadDim(), getStages());
}

LogicalResult
AttentionForwardAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                             Arch arch, int64_t headDim, bool causal,
                             FloatAttr scale, int64_t stages) {
  if (arch != Arch::SM90a)
    return emitError() << "arch is " << stringifyEnum(arch)
                       << "; expected sm_90a";
  if (headDim != 64 && headDim != 128)
    return emitError() << "head_dim is " << headDim << "; expected 64 or 128";
  if (!scale.getType().isF32() || !(scale.getValueAsDouble() > 0))
    return emitError() << "scale is " << scale
                       << "; expected a positive number of type f32";
  if (stages < 2)
    return emitError() << "stages is " << stages << "; expected at least 2";
  int64_t bytes = attentionSharedBytes(headDim, stages);
  if (bytes > sharedMemoryLimit(Arch::SM90a))
    return emitError() << "needs " << bytes << " bytes of shared memory, and "
                       << stringifyEnum(Arch::SM90a) << " has "
                       << sharedMemoryLimit(Arch::SM90a)
                       << "; use fewer stages";
  return success();
}

std::string AttentionForwardAttr::symbolName() const {
  return "attention_forward_" + std::to_string(getHeadDim()) +
         (getCausal() ? "_causal" : "_full");
}

std::optional<Arch> AttentionForwardAttr::targetArch() const {
  return getArch();
}

llvm::json::Object AttentionForwardAttr::problem() const {
  return llvm::json::Object{{"kind", "attention_forward"},
                            {"causal", getCausal()},
                            {"scale", getScale().getValueAsDouble()}};
}
