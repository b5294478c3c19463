//===----------------------------------------------------------------------===//
// Kernels on rows: limits and names.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"
#include "dialects/flm_gpu/RowLimits.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

/// Registers of a thread: a multiprocessor has 65536, and must hold 512 threads
/// to keep enough loads under way.
static int64_t threadRegisters(int64_t warps) {
  return 65536 / (32 * std::clamp<int64_t>(warps, 16, 32));
}

static LogicalResult verifyNorm(EmitError emitError, Type type, FloatAttr eps,
                                Type gainType, int64_t columns, int64_t warps,
                                int64_t team, int64_t mostVectors) {
  if (failed(verifyReal(emitError, "type", type)) ||
      (gainType && failed(verifyReal(emitError, "gain_type", gainType))))
    return failure();
  if (!eps.getType().isF32() || !(eps.getValueAsDouble() >= 0) ||
      !eps.getValue().isFinite())
    return emitError() << "eps is " << eps
                       << "; expected a number of type f32, not negative";
  if (failed(verifyTeams(emitError, warps, team)))
    return failure();
  return verifyColumns(emitError, type, columns, team, mostVectors);
}

/// What the names of both kernels end with.
static std::string normSuffix(Type type, Type gainType, bool residual,
                              int64_t columns) {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << '_' << type;
  if (gainType && gainType != type)
    os << '_' << gainType;
  if (residual)
    os << "_residual";
  if (columns)
    os << '_' << columns;
  return name;
}

//===----------------------------------------------------------------------===//
// rms_norm
//===----------------------------------------------------------------------===//

LogicalResult RmsNormAttr::verify(EmitError emitError, Type type, FloatAttr eps,
                                  Type gainType, bool residual, bool save,
                                  int64_t columns, int64_t warps,
                                  int64_t team) {
  // x takes 4 registers a vector; the rest is for what is loaded and computed.
  return verifyNorm(emitError, type, eps, gainType, columns, warps, team,
                    /*mostVectors=*/threadRegisters(warps) / 16);
}

std::string RmsNormAttr::symbolName() const {
  return "rms_norm" +
         normSuffix(getType(), getGainType(), getResidual(), getColumns()) +
         (getSave() ? "_save" : "");
}

/// The PTX for sm_80 runs on every newer GPU, and rows need nothing newer.
std::optional<Arch> RmsNormAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object RmsNormAttr::problem() const {
  return llvm::json::Object{{"kind", "rms_norm"},
                            {"eps", getEps().getValueAsDouble()},
                            {"residual", getResidual()},
                            {"save", getSave()}};
}

//===----------------------------------------------------------------------===//
// rms_norm_backward
//===----------------------------------------------------------------------===//

LogicalResult RmsNormBackwardAttr::verify(EmitError emitError, Type type,
                                          FloatAttr eps, Type gainType,
                                          bool residual, int64_t columns,
                                          int64_t warps, int64_t team,
                                          int64_t blocks) {
  if (blocks < 1 || blocks > 65536)
    return emitError() << "blocks is " << blocks << "; expected 1 to 65536";
  if (failed(verifyReal(emitError, "type", type)))
    return failure();
  int64_t width = 16 * 8 / type.getIntOrFloatBitWidth();
  // x, dy and the gain take 4 registers a vector each, the sums one per
  // element; with as many elements as an eighth of the registers, nothing is
  // spilled.
  return verifyNorm(emitError, type, eps, gainType, columns, warps, team,
                    threadRegisters(warps) / 8 / width);
}

std::string RmsNormBackwardAttr::symbolName() const {
  return "rms_norm_backward" +
         normSuffix(getType(), getGainType(), getResidual(), getColumns());
}

std::optional<Arch> RmsNormBackwardAttr::targetArch() const {
  return Arch::SM80;
}

llvm::json::Object RmsNormBackwardAttr::problem() const {
  return llvm::json::Object{{"kind", "rms_norm_backward"},
                            {"eps", getEps().getValueAsDouble()},
                            {"residual", getResidual()}};
}

//===----------------------------------------------------------------------===//
// column_sum
//===----------------------------------------------------------------------===//

LogicalResult ColumnSumAttr::verify(EmitError emitError, Type type,
                                    bool accumulate, int64_t warps) {
  if (failed(verifyReal(emitError, "type", type)))
    return failure();
  if (warps < 1 || warps > 32)
    return emitError() << "warps is " << warps << "; expected 1 to 32";
  return success();
}

std::string ColumnSumAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name)
      << "column_sum_" << getType() << (getAccumulate() ? "_acc" : "");
  return name;
}

std::optional<Arch> ColumnSumAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object ColumnSumAttr::problem() const {
  return llvm::json::Object{{"kind", "column_sum"},
                            {"accumulate", getAccumulate()}};
}
