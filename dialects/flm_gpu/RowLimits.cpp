//===----------------------------------------------------------------------===//
// Limits of kernels on rows.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/RowLimits.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

LogicalResult flm::gpu::verifyReal(EmitError emitError, StringRef name,
                                   Type type) {
  if (type.isBF16() || type.isF32())
    return success();
  return emitError() << name << " is " << type << "; expected bf16 or f32";
}

LogicalResult flm::gpu::verifyTeams(EmitError emitError, int64_t warps,
                                    int64_t team) {
  if (warps < 1 || warps > 32)
    return emitError() << "warps is " << warps << "; expected 1 to 32";
  if (team < 1 || !llvm::isPowerOf2_64(team))
    return emitError() << "team is " << team << "; expected a power of 2";
  if (warps % team != 0)
    return emitError() << "warps is " << warps
                       << "; expected a multiple of team = " << team;
  // A barrier each; the first of the block's 16 is for all its threads.
  if (team > 1 && warps / team > 15)
    return emitError() << "a block of " << warps << " warps has "
                       << warps / team
                       << " teams, and barriers for 15; use larger teams";
  return success();
}

LogicalResult flm::gpu::verifyColumns(EmitError emitError, Type type,
                                      int64_t columns, int64_t team,
                                      int64_t mostVectors) {
  int64_t width = 16 * 8 / type.getIntOrFloatBitWidth();
  if (columns < 0 || columns % width != 0)
    return emitError() << "columns is " << columns
                       << "; expected a multiple of " << width << " of type "
                       << type << ", or 0 where it is not known";
  int64_t vectors = llvm::divideCeil(columns, width * 32 * team);
  if (vectors > mostVectors)
    return emitError() << "rows of " << columns << " elements are " << vectors
                       << " vectors of 16 bytes for each of " << 32 * team
                       << " threads, and their registers hold " << mostVectors
                       << "; use a larger team, or leave columns out";
  return success();
}
