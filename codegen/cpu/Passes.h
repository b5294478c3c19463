//===----------------------------------------------------------------------===//
// The passes of this folder, generated from Passes.td.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_PASSES_H
#define FLM_CODEGEN_CPU_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace flm::cpu {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/cpu/Passes.h.inc"

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_PASSES_H
