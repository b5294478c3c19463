//===----------------------------------------------------------------------===//
// All attributes of the dialect, a file per family of kernels.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD
#define FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD

include "codegen/gpu/ir/AttentionAttributes.td"
include "codegen/gpu/ir/GemmAttributes.td"
include "codegen/gpu/ir/OptimizerAttributes.td"
include "codegen/gpu/ir/PointwiseAttributes.td"
include "codegen/gpu/ir/RowAttributes.td"

#endif // FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD
