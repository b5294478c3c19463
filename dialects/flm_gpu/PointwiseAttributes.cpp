//===----------------------------------------------------------------------===//
// Pointwise kernels: limits and names.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

//===----------------------------------------------------------------------===//
// Functions of elements
//===----------------------------------------------------------------------===//

LogicalResult
PointwiseAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      PointwiseFunction function, Type input, Type output,
                      bool interleaved, FloatAttr factor) {
  for (auto [name, type] : {std::pair("input", input), {"output", output}})
    if (!type.isBF16() && !type.isF32())
      return emitError() << name << " is " << type << "; expected bf16 or f32";
  if (interleaved && function != PointwiseFunction::SiluMul &&
      function != PointwiseFunction::SiluMulGrad)
    return emitError() << stringifyEnum(function)
                       << " has no gate and up that could be interleaved; only "
                          "silu_mul and silu_mul_grad do";
  if (factor && function != PointwiseFunction::Scale)
    return emitError() << stringifyEnum(function)
                       << " has no factor; only scale does";
  if (factor && (!factor.getType().isF32() || !factor.getValue().isFinite()))
    return emitError() << "factor is " << factor
                       << "; expected a finite number of type f32";
  return success();
}

std::string PointwiseAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << stringifyEnum(getFunction()) << '_' << getInput();
  if (getOutput() != getInput())
    os << '_' << getOutput();
  if (getInterleaved())
    os << "_interleaved";
  if (getFactor()) {
    os << "_by";
    // Its bits: a legal name in PTX.
    os.write_hex(getFactor().getValue().bitcastToAPInt().getZExtValue());
  }
  return name;
}

/// The PTX for sm_80 runs on every newer GPU, and elements need nothing newer.
std::optional<Arch> PointwiseAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object PointwiseAttr::problem() const {
  llvm::json::Object result{{"kind", stringifyEnum(getFunction())},
                            {"interleaved", getInterleaved()}};
  if (getFactor())
    result["factor"] = getFactor().getValueAsDouble();
  return result;
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

//===----------------------------------------------------------------------===//
// Transposition
//===----------------------------------------------------------------------===//

LogicalResult
TransposeAttr::verify(function_ref<InFlightDiagnostic()> emitError, Type type) {
  if (!type.isBF16() && !type.isF32())
    return emitError() << "type is " << type << "; expected bf16 or f32";
  return success();
}

std::string TransposeAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name) << "transpose_" << getType();
  return name;
}

std::optional<Arch> TransposeAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object TransposeAttr::problem() const {
  return llvm::json::Object{{"kind", "transpose"}};
}
