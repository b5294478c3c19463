//===----------------------------------------------------------------------===//
// All attributes of the dialect, a file per family of kernels.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD
#define FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD

include "dialects/flm_gpu/AttentionAttributes.td"
include "dialects/flm_gpu/CrossEntropyAttributes.td"
include "dialects/flm_gpu/EmbeddingAttributes.td"
include "dialects/flm_gpu/GemmAttributes.td"
include "dialects/flm_gpu/OptimizerAttributes.td"
include "dialects/flm_gpu/PointwiseAttributes.td"
include "dialects/flm_gpu/RowAttributes.td"

#endif // FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD
