//===----------------------------------------------------------------------===//
// Attention: limits and names.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

/// What all attention kernels take.
static LogicalResult
verifyAttention(function_ref<InFlightDiagnostic()> emitError, int64_t headDim,
                FloatAttr scale, int64_t stages) {
  if (headDim != 64 && headDim != 128)
    return emitError() << "head_dim is " << headDim << "; expected 64 or 128";
  if (!scale.getType().isF32() || !(scale.getValueAsDouble() > 0) ||
      !scale.getValue().isFinite())
    return emitError() << "scale is " << scale
                       << "; expected a positive number of type f32";
  // So that bytes can be computed.
  constexpr int64_t maxStages = 64;
  if (stages < 2 || stages > maxStages)
    return emitError() << "stages is " << stages << "; expected 2 to "
                       << maxStages << ": no shared memory holds more";
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

static int64_t ampereForwardKeys(int64_t headDim) {
  return headDim == 128 ? 32 : 64;
}

int64_t AttentionForwardAttr::ampereKeys() const {
  return ampereForwardKeys(getHeadDim());
}

static int64_t forwardSharedBytes(Arch arch, int64_t headDim, int64_t stages) {
  // Threads that copy themselves need no barriers.
  if (arch == Arch::SM80)
    return headBytes(AttentionForwardAttr::queries, headDim) +
           stages * headBytes(ampereForwardKeys(headDim), headDim);
  // Queries; stages of keys and values.
  int64_t tile = headBytes(AttentionForwardAttr::keys, headDim);
  return ringBytes(1, tile) + 2 * ringBytes(stages, tile);
}

int64_t AttentionForwardAttr::sharedBytes() const {
  return forwardSharedBytes(getArch(), getHeadDim(), getStages());
}

LogicalResult
AttentionForwardAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                             Arch arch, int64_t headDim, bool causal,
                             FloatAttr scale, int64_t stages) {
  if (failed(verifyAttention(emitError, headDim, scale, stages)))
    return failure();
  return verifySharedBytes(emitError, arch,
                           forwardSharedBytes(arch, headDim, stages));
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

// A thread holds sums of one or two gradients, and scores and their gradients
// of a step. On sm_80 a warp owns 16 rows, or 32 of half the length, and two
// blocks fit a multiprocessor.

static int64_t backwardOwnRows(Arch arch, int64_t headDim) {
  return arch == Arch::SM80 && headDim == 128 ? 64 : 128;
}

static int64_t backwardStepRows(Arch arch, AttentionGradient gradient,
                                int64_t headDim) {
  if (arch == Arch::SM80)
    return 32;
  return gradient == AttentionGradient::KeysValues && headDim == 128 ? 64 : 128;
}

int64_t AttentionBackwardAttr::ownRows() const {
  return backwardOwnRows(getArch(), getHeadDim());
}

int64_t AttentionBackwardAttr::stepRows() const {
  return backwardStepRows(getArch(), getGradient(), getHeadDim());
}

static int64_t backwardSharedBytes(Arch arch, AttentionGradient gradient,
                                   int64_t headDim, int64_t stages) {
  // The block's own two tiles; stages of two tiles of a step. Steps of queries
  // bring their row terms.
  int64_t own = 2 * headBytes(backwardOwnRows(arch, headDim), headDim);
  int64_t rows = backwardStepRows(arch, gradient, headDim);
  int64_t terms = gradient == AttentionGradient::KeysValues ? rows * 4 : 0;
  int64_t step = 2 * (headBytes(rows, headDim) + terms);
  // Threads that copy themselves need no barriers.
  return arch == Arch::SM80 ? own + stages * step
                            : ringBytes(1, own) + ringBytes(stages, step);
}

int64_t AttentionBackwardAttr::sharedBytes() const {
  return backwardSharedBytes(getArch(), getGradient(), getHeadDim(),
                             getStages());
}

LogicalResult
AttentionBackwardAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              Arch arch, AttentionGradient gradient,
                              int64_t headDim, bool causal, FloatAttr scale,
                              int64_t stages) {
  if (failed(verifyAttention(emitError, headDim, scale, stages)))
    return failure();
  return verifySharedBytes(
      emitError, arch, backwardSharedBytes(arch, gradient, headDim, stages));
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

//===----------------------------------------------------------------------===//
// Rotary position embedding
//===----------------------------------------------------------------------===//

LogicalResult RopeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               Type type, int64_t headDim, bool inverse) {
  if (!type.isBF16() && !type.isF32())
    return emitError() << "type is " << type << "; expected bf16 or f32";
  // Both halves of a head, in vectors of 16 bytes.
  int64_t unit = 2 * 128 / type.getIntOrFloatBitWidth();
  constexpr int64_t maxHeadDim = 1 << 16;
  if (headDim < unit || headDim % unit || headDim > maxHeadDim)
    return emitError() << "head_dim is " << headDim
                       << "; expected a multiple of " << unit << " up to "
                       << maxHeadDim << ": two halves of 16-byte vectors of "
                       << type;
  return success();
}

std::string RopeAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name) << "rope_" << getHeadDim() << '_' << getType()
                                 << (getInverse() ? "_inverse" : "");
  return name;
}

std::optional<Arch> RopeAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object RopeAttr::problem() const {
  return llvm::json::Object{
      {"kind", "rope"}, {"head_dim", getHeadDim()}, {"inverse", getInverse()}};
}
