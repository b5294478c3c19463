//===----------------------------------------------------------------------===//
// Attention: limits and names.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/ir/Device.h"

using namespace mlir;
using namespace flm::gpu;

/// What all attention kernels take.
static LogicalResult
verifyAttention(function_ref<InFlightDiagnostic()> emitError, Arch arch,
                int64_t headDim, FloatAttr scale, int64_t stages) {
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
  return success();
}

static LogicalResult
verifySharedBytes(function_ref<InFlightDiagnostic()> emitError, Arch arch,
                  int64_t bytes) {
  if (bytes > sharedMemoryLimit(arch))
    return emitError() << "needs " << bytes << " bytes of shared memory, and "
                       << stringifyEnum(arch) << " has "
                       << sharedMemoryLimit(arch) << "; use fewer stages";
  return success();
}

/// Bytes of rows of one head.
static int64_t headBytes(int64_t rows, int64_t headDim) {
  return rows * headDim * 2;
}
/// A ring of tiles: each has two barriers.
static int64_t ringBytes(int64_t stages, int64_t tileBytes) {
  return stages * (tileBytes + 16);
}

static int64_t forwardSharedBytes(int64_t headDim, int64_t stages) {
  // Queries; stages of keys and values.
  int64_t tile = headBytes(AttentionForwardAttr::keys, headDim);
  return ringBytes(1, tile) + 2 * ringBytes(stages, tile);
}

int64_t AttentionForwardAttr::sharedBytes() const {
  return forwardSharedBytes(getHeadDim(), getStages());
}

LogicalResult
AttentionForwardAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                             Arch arch, int64_t headDim, bool causal,
                             FloatAttr scale, int64_t stages) {
  if (failed(verifyAttention(emitError, arch, headDim, scale, stages)))
    return failure();
  return verifySharedBytes(emitError, arch,
                           forwardSharedBytes(headDim, stages));
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

LogicalResult
AttentionRowTermsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              int64_t headDim) {
  if (headDim != 64 && headDim != 128)
    return emitError() << "head_dim is " << headDim << "; expected 64 or 128";
  return success();
}

std::string AttentionRowTermsAttr::symbolName() const {
  return "attention_row_terms_" + std::to_string(getHeadDim());
}

std::optional<Arch> AttentionRowTermsAttr::targetArch() const {
  return Arch::SM80;
}

llvm::json::Object AttentionRowTermsAttr::problem() const {
  return llvm::json::Object{{"kind", "attention_row_terms"}};
}

static int64_t backwardStepRows(AttentionGradient gradient, int64_t headDim) {
  // A thread holds headDim / 2 sums of each of two gradients and stepRows / 2
  // of scores and of their gradients.
  return gradient == AttentionGradient::KeysValues && headDim == 128 ? 64 : 128;
}

int64_t AttentionBackwardAttr::stepRows() const {
  return backwardStepRows(getGradient(), getHeadDim());
}

static int64_t backwardSharedBytes(AttentionGradient gradient, int64_t headDim,
                                   int64_t stages) {
  // The block's own two tiles; stages of two tiles of a step. Steps of queries
  // bring their row terms.
  int64_t own = headBytes(AttentionBackwardAttr::ownRows, headDim);
  int64_t rows = backwardStepRows(gradient, headDim);
  int64_t terms = gradient == AttentionGradient::KeysValues ? rows * 4 : 0;
  return ringBytes(1, 2 * own) +
         ringBytes(stages, 2 * (headBytes(rows, headDim) + terms));
}

int64_t AttentionBackwardAttr::sharedBytes() const {
  return backwardSharedBytes(getGradient(), getHeadDim(), getStages());
}

LogicalResult
AttentionBackwardAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              Arch arch, AttentionGradient gradient,
                              int64_t headDim, bool causal, FloatAttr scale,
                              int64_t stages) {
  if (failed(verifyAttention(emitError, arch, headDim, scale, stages)))
    return failure();
  return verifySharedBytes(emitError, arch,
                           backwardSharedBytes(gradient, headDim, stages));
}

std::string AttentionBackwardAttr::symbolName() const {
  return ("attention_backward_" + stringifyEnum(getGradient()) + "_" +
          Twine(getHeadDim()) + (getCausal() ? "_causal" : "_full"))
      .str();
}

std::optional<Arch> AttentionBackwardAttr::targetArch() const {
  return getArch();
}

llvm::json::Object AttentionBackwardAttr::problem() const {
  return llvm::json::Object{{"kind", "attention_backward"},
                            {"gradient", stringifyEnum(getGradient())},
                            {"causal", getCausal()},
                            {"scale", getScale().getValueAsDouble()}};
}
