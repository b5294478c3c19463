//===----------------------------------------------------------------------===//
// The pieces of cross-entropy: limits and names.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"
#include "dialects/flm_gpu/RowLimits.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

LogicalResult SoftmaxStatisticsAttr::verify(EmitError emitError, Type type,
                                            bool max, bool sumExp, bool pick,
                                            bool running, int64_t warps,
                                            int64_t team) {
  if (failed(verifyReal(emitError, "type", type)))
    return failure();
  if (!max && !sumExp && !pick)
    return emitError()
           << "computes nothing; expected max, sum_exp or pick = true";
  return verifyTeams(emitError, warps, team);
}

std::string SoftmaxStatisticsAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name)
      << "softmax_statistics_" << getType() << (getMax() ? "_max" : "")
      << (getSumExp() ? "_sum_exp" : "") << (getPick() ? "_pick" : "")
      << (getRunning() ? "_running" : "");
  return name;
}

/// The PTX for sm_80 runs on every newer GPU.
std::optional<Arch> SoftmaxStatisticsAttr::targetArch() const {
  return Arch::SM80;
}

llvm::json::Object SoftmaxStatisticsAttr::problem() const {
  return llvm::json::Object{{"kind", "softmax_statistics"},
                            {"max", getMax()},
                            {"sum_exp", getSumExp()},
                            {"pick", getPick()},
                            {"running", getRunning()}};
}

LogicalResult CrossEntropyGradientAttr::verify(EmitError emitError, Type type,
                                               bool inPlace, int64_t warps,
                                               int64_t team) {
  if (failed(verifyReal(emitError, "type", type)))
    return failure();
  return verifyTeams(emitError, warps, team);
}

std::string CrossEntropyGradientAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name) << "cross_entropy_gradient_" << getType()
                                 << (getInPlace() ? "_in_place" : "");
  return name;
}

std::optional<Arch> CrossEntropyGradientAttr::targetArch() const {
  return Arch::SM80;
}

llvm::json::Object CrossEntropyGradientAttr::problem() const {
  return llvm::json::Object{{"kind", "cross_entropy_gradient"},
                            {"in_place", getInPlace()}};
}
