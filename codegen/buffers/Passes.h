//===----------------------------------------------------------------------===//
// Stage `buffers`: a buffer for every value.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_PASSES_H
#define FLM_CODEGEN_BUFFERS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "codegen/buffers/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "codegen/buffers/Passes.h.inc"

void buildBuffersStage(mlir::OpPassManager &pm,
                       const AssignBuffersOptions &options = {});

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_PASSES_H
