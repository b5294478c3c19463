//===----------------------------------------------------------------------===//
// All ops of the dialect, by family.
//===----------------------------------------------------------------------===//
include "dialects/flm/SpecOps.td"
include "dialects/flm/ModelOps.td"
include "dialects/flm/LossOps.td"
include "dialects/flm/GradientOps.td"
include "dialects/flm/LoopOps.td"
include "dialects/flm/ReshardOps.td"
include "dialects/flm/TrainOps.td"
include "dialects/flm/LocalOps.td"
include "dialects/flm/PipelineOps.td"
include "dialects/flm/KernelOps.td"
