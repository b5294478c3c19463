//===----------------------------------------------------------------------===//
// Stage `fuse`: what runs as one kernel.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_FUSION_PASSES_H
#define FLM_PASSES_FUSION_PASSES_H

#include "dialects/flm/Flm.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "passes/fusion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/fusion/Passes.h.inc"

void buildFuseStage(mlir::OpPassManager &pm);

} // namespace flm

#endif // FLM_PASSES_FUSION_PASSES_H
