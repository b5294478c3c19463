//===----------------------------------------------------------------------===//
// The pass that chooses a target.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_TARGET_PASSES_H
#define FLM_CODEGEN_TARGET_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "codegen/target/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "codegen/target/Passes.h.inc"

} // namespace flm

#endif // FLM_CODEGEN_TARGET_PASSES_H
