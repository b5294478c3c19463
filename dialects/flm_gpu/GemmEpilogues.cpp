//===----------------------------------------------------------------------===//
// Epilogues of matrix multiplications.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

using namespace mlir;
using namespace flm::gpu;

#include "dialects/flm_gpu/GemmEpilogues.cpp.inc"

StringRef GemmScaleAttr::epilogueName() const { return "scale"; }
StringRef GemmAddResidualAttr::epilogueName() const { return "add_residual"; }
StringRef GemmSwigluAttr::epilogueName() const { return "swiglu"; }
StringRef GemmRopeAttr::epilogueName() const { return "rope"; }
StringRef GemmFunctionAttr::epilogueName() const {
  return getFunction().getValue();
}

llvm::json::Object GemmScaleAttr::epilogueProblem() const {
  return llvm::json::Object{{"name", epilogueName()},
                            {"factor", getFactor().getValueAsDouble()}};
}

LogicalResult
GemmScaleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      FloatAttr factor) {
  if (!factor.getType().isF32() || !factor.getValue().isFinite())
    return emitError() << "factor is " << factor
                       << "; expected a finite number of type f32";
  return success();
}

int64_t GemmSwigluAttr::pairDistance() const { return getInterleave(); }
int64_t GemmSwigluAttr::resultsPerPair() const { return 1; }
bool GemmSwigluAttr::keepsSums() const { return getKeepSums(); }

llvm::json::Object GemmSwigluAttr::epilogueProblem() const {
  return llvm::json::Object{{"name", epilogueName()},
                            {"interleave", getInterleave()}};
}

LogicalResult
GemmSwigluAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       int64_t interleave, bool keepSums) {
  if (interleave != 1 && interleave != 8)
    return emitError() << "interleave is " << interleave
                       << "; expected 1 or 8 gates before as many ups";
  return success();
}

int64_t GemmRopeAttr::pairDistance() const { return getHeadDim() / 2; }

llvm::json::Object GemmRopeAttr::epilogueProblem() const {
  return llvm::json::Object{{"name", epilogueName()},
                            {"head_dim", getHeadDim()},
                            {"positions", getPositions()}};
}

LogicalResult GemmRopeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t headDim, int64_t positions) {
  if (headDim != 64 && headDim != 128)
    return emitError() << "head_dim is " << headDim << "; expected 64 or 128";
  if (positions < 1 || positions > INT32_MAX)
    return emitError() << "positions is " << positions
                       << "; expected 1 to 2^31 - 1";
  return success();
}

int64_t GemmFunctionAttr::pairDistance() const { return getPairDistance(); }
int64_t GemmFunctionAttr::resultsPerPair() const { return getResultsPerPair(); }

LogicalResult
GemmFunctionAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         FlatSymbolRefAttr function, int64_t pairDistance,
                         int64_t resultsPerPair) {
  if (!llvm::json::isUTF8(function.getValue()))
    return emitError() << "function is " << function
                       << "; its name must be UTF-8, as kernels are described "
                          "in JSON";
  if (!llvm::is_contained<int64_t>({0, 1, 8, 16, 32, 64}, pairDistance))
    return emitError() << "pair_distance is " << pairDistance
                       << "; expected 1, 8, 16, 32 or 64, or 0 where each "
                          "column stands alone";
  if (resultsPerPair != 2 && !(resultsPerPair == 1 && pairDistance))
    return emitError() << "results_per_pair is " << resultsPerPair
                       << "; expected 2, or 1 for columns that are paired";
  if (pairDistance == 1 && resultsPerPair != 1)
    return emitError() << "results_per_pair is " << resultsPerPair
                       << "; expected 1 for neighbours";
  return success();
}
