//===----------------------------------------------------------------------===//
// Stage `plan`: a buffer for every value.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_PLAN_PASSES_H
#define FLM_CODEGEN_PLAN_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "codegen/plan/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "codegen/plan/Passes.h.inc"

void buildPlanPipeline(mlir::OpPassManager &pm,
                       const AssignBuffersOptions &options = {});

} // namespace flm

#endif // FLM_CODEGEN_PLAN_PASSES_H
