//===----------------------------------------------------------------------===//
// Vector arithmetic of attention: 2^x, sums and maxima across lanes, transpose.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ATTENTIONMATH_H
#define FLM_CODEGEN_CPU_ATTENTIONMATH_H

#include "codegen/cpu/AttentionEmitter.h"

namespace flm::cpu {

/// 2^x for x <= 127, within 2 units in the last place; exactly 1 at 0 and
/// exactly 0 at -inf (and below -127: subnormal results are not worth having);
/// NaN stays NaN. Above 127 the result means nothing: callers have x <= 0 up to
/// rounding, or drop the lane.
mlir::Value emitExp2(AttentionEmitter &e, mlir::Value x);

/// The sum or the maximum of all lanes, in every lane, as a tree whose order
/// depends on nothing but the number of lanes.
mlir::Value emitLaneSum(AttentionEmitter &e, mlir::Value x);
mlir::Value emitLaneMax(AttentionEmitter &e, mlir::Value x);

/// The transpose of a square of `lanes` vectors.
AttentionEmitter::Values emitTranspose(AttentionEmitter &e,
                                       AttentionEmitter::Values rows);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONMATH_H
