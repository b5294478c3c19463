//===----------------------------------------------------------------------===//
// All ops of the dialect, by family.
//===----------------------------------------------------------------------===//
include "dialects/flm/SpecOps.td"
include "dialects/flm/EmbeddingOps.td"
include "dialects/flm/LinearOps.td"
include "dialects/flm/NormOps.td"
include "dialects/flm/AttentionOps.td"
include "dialects/flm/ElementwiseOps.td"
include "dialects/flm/LossOps.td"
include "dialects/flm/LoopOps.td"
include "dialects/flm/ReshardOps.td"
include "dialects/flm/TrainOps.td"
include "dialects/flm/LocalOps.td"
include "dialects/flm/PipelineOps.td"
include "dialects/flm/KernelOps.td"
