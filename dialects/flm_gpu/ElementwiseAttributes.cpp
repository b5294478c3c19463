//===----------------------------------------------------------------------===//
// Pointwise kernels: limits and names.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

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
