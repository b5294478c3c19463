//===----------------------------------------------------------------------===//
// What a stage promises to the next.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_CONTRACTS_PASSES_H
#define FLM_PASSES_CONTRACTS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "passes/contracts/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/contracts/Passes.h.inc"

} // namespace flm

#endif // FLM_PASSES_CONTRACTS_PASSES_H
