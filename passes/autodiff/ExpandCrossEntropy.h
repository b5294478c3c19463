//===----------------------------------------------------------------------===//
// Cross-entropy as primitives.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_AUTODIFF_EXPANDCROSSENTROPY_H
#define FLM_PASSES_AUTODIFF_EXPANDCROSSENTROPY_H

#include "dialects/flm/Flm.h"

namespace flm {

/// Row-wise maximum and sum of exponentials of logits.
struct SoftmaxStatistics {
  mlir::Value max;
  mlir::Value sumExp;
};

SoftmaxStatistics buildSoftmaxStatistics(mlir::OpBuilder &builder,
                                         mlir::Location loc, mlir::Value logits,
                                         DimAttr valid);

/// The product of all dims of `rows`: what a mean over them divides by. Null
/// for a scalar.
DimAttr meanDim(NamedTensorType rows);

} // namespace flm

#endif // FLM_PASSES_AUTODIFF_EXPANDCROSSENTROPY_H
