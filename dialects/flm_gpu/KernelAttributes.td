//===----------------------------------------------------------------------===//
// All attributes of the dialect, a file per family of kernels.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_KERNELATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_KERNELATTRIBUTES_TD

include "dialects/flm_gpu/AttentionAttributes.td"
include "dialects/flm_gpu/LossAttributes.td"
include "dialects/flm_gpu/EmbeddingAttributes.td"
include "dialects/flm_gpu/LinearAttributes.td"
include "dialects/flm_gpu/TrainAttributes.td"
include "dialects/flm_gpu/ElementwiseAttributes.td"
include "dialects/flm_gpu/NormAttributes.td"

#endif // FLM_DIALECTS_FLM_GPU_KERNELATTRIBUTES_TD
