//===----------------------------------------------------------------------===//
// Kernels of the optimizer: limits and names.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

//===----------------------------------------------------------------------===//
// The norm of the gradients
//===----------------------------------------------------------------------===//

LogicalResult
ChunkSquaresAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         Type type) {
  if (!type.isBF16() && !type.isF32())
    return emitError() << "type is " << type << "; expected bf16 or f32";
  return success();
}

std::string ChunkSquaresAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name) << "chunk_squares_" << getType();
  return name;
}

std::optional<Arch> ChunkSquaresAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object ChunkSquaresAttr::problem() const {
  return llvm::json::Object{{"kind", "chunk_squares"}};
}

std::string ChunkTotalAttr::symbolName() const {
  return getClip() ? "chunk_total_clip" : "chunk_total";
}

std::optional<Arch> ChunkTotalAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object ChunkTotalAttr::problem() const {
  return llvm::json::Object{{"kind", "chunk_total"}, {"clip", getClip()}};
}

//===----------------------------------------------------------------------===//
// AdamW
//===----------------------------------------------------------------------===//

LogicalResult AdamWAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                Type gradient, Type weight, FloatAttr lr,
                                FloatAttr wd, FloatAttr eps) {
  if (!gradient.isBF16() && !gradient.isF32())
    return emitError() << "gradient is " << gradient
                       << "; expected bf16 or f32";
  if (weight && !weight.isBF16())
    return emitError() << "weight is " << weight
                       << "; expected bf16: the parameter itself is f32";
  for (auto [name, factor] :
       {std::pair("lr", lr), std::pair("wd", wd), std::pair("eps", eps)})
    if (factor &&
        (!factor.getType().isF32() || !(factor.getValueAsDouble() >= 0) ||
         !factor.getValue().isFinite()))
      return emitError() << name << " is " << factor
                         << "; expected a number of type f32, not negative";
  return success();
}

std::string AdamWAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "adamw_" << getGradient();
  if (getWeight())
    os << "_to_" << getWeight();
  for (auto [tag, factor] : {std::pair("lr", getLr()), std::pair("wd", getWd()),
                             std::pair("eps", getEps())})
    if (factor) {
      // Its bits: a legal name in PTX.
      os << '_' << tag;
      os.write_hex(factor.getValue().bitcastToAPInt().getZExtValue());
    }
  return name;
}

std::optional<Arch> AdamWAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object AdamWAttr::problem() const {
  llvm::json::Object result{{"kind", "adamw"}};
  for (auto [name, factor] :
       {std::pair("lr", getLr()), std::pair("wd", getWd()),
        std::pair("eps", getEps())})
    result[name] = factor ? factor.getValueAsDouble() : 1.0;
  return result;
}
