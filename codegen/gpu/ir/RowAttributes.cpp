//===----------------------------------------------------------------------===//
// Kernels on rows: limits and names.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/ir/Device.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

LogicalResult RmsNormAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  Type type, FloatAttr eps, bool residual,
                                  int64_t warps) {
  if (!type.isBF16() && !type.isF32())
    return emitError() << "type is " << type << "; expected bf16 or f32";
  if (!eps.getType().isF32() || !(eps.getValueAsDouble() >= 0))
    return emitError() << "eps is " << eps
                       << "; expected a number of type f32, not negative";
  if (warps < 1 || warps > 32)
    return emitError() << "warps is " << warps << "; expected 1 to 32";
  return success();
}

std::string RmsNormAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name)
      << "rms_norm_" << getType() << (getResidual() ? "_residual" : "");
  return name;
}

/// The PTX for sm_80 runs on every newer GPU, and rows need nothing newer.
std::optional<Arch> RmsNormAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object RmsNormAttr::problem() const {
  return llvm::json::Object{{"kind", "rms_norm"},
                            {"eps", getEps().getValueAsDouble()},
                            {"residual", getResidual()}};
}
