//===----------------------------------------------------------------------===//
// Mutations of IR in memory, most of which still verify.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_FUZZ_IRMUTATOR_H
#define FLM_TEST_FUZZ_IRMUTATOR_H

#include "mlir/IR/BuiltinOps.h"

namespace flm::fuzz {

/// Up to three changes that leave every type as it is: an op goes, moves or
/// comes twice, an operand becomes another value, an attribute becomes an
/// extreme one or goes. The caller verifies.
void mutateModule(mlir::ModuleOp module, uint64_t seed);

} // namespace flm::fuzz

#endif // FLM_TEST_FUZZ_IRMUTATOR_H
