//===----------------------------------------------------------------------===//
// How long the interpreter will take.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_MULTIPLYADDS_H
#define FLM_CODEGEN_REFERENCE_MULTIPLYADDS_H

#include "mlir/IR/Operation.h"

namespace flm::reference {

/// About how many multiply-adds a run of `program` (bound sizes, one rank)
/// takes: those of products with weights and of attention.
double multiplyAdds(mlir::Operation *program);

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_MULTIPLYADDS_H
