//===----------------------------------------------------------------------===//
// Functions of the special function unit: an instruction each, about 22 bits of
// f32, denormals as zeros (PTX ISA, "ex2", "lg2", "rcp", "rsqrt").
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_SPECIALFUNCTIONS_H
#define FLM_CODEGEN_GPU_KERNELS_SPECIALFUNCTIONS_H

#include "codegen/gpu/kernels/DeviceBuilder.h"

namespace flm::gpu {

inline constexpr double log2OfE = 1.4426950408889634;

/// 2^x.
mlir::Value exp2(DeviceBuilder &d, mlir::Value x);
/// The logarithm to base 2.
mlir::Value log2(DeviceBuilder &d, mlir::Value x);
/// 1 / x.
mlir::Value reciprocal(DeviceBuilder &d, mlir::Value x);
/// 1 / sqrt(x).
mlir::Value inverseSquareRoot(DeviceBuilder &d, mlir::Value x);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_SPECIALFUNCTIONS_H
