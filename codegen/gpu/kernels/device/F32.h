//===----------------------------------------------------------------------===//
// Arithmetic of kernels on vectors, written like the formula (what Real is for
// the CPU's kernels, whose vectors and functions are lowered in another way):
//
//   F32 sigmoid = reciprocal(1.0 + exp2(gate * -log2OfE));
//   F32 y = gate * sigmoid * up;
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_F32_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_F32_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

inline constexpr double log2OfE = 1.4426950408889634;

/// An f32 or a vector of them, together with the builder that continues it. A
/// number meets a vector as the vector of that number. Operators round once
/// each; nothing is fused but what `fma` fuses.
class F32 {
public:
  F32(DeviceBuilder &builder, mlir::Value value)
      : builder(&builder), ssaValue(value) {}
  mlir::Value value() const { return ssaValue; }
  DeviceBuilder &d() const { return *builder; }

  /// A number beside this one.
  F32 number(double value) const;

  F32 operator+(F32 other) const;
  F32 operator-(F32 other) const;
  F32 operator*(F32 other) const;
  F32 operator/(F32 other) const;
  F32 operator-() const;
  F32 operator*(double other) const { return *this * number(other); }
  F32 operator+(double other) const { return *this + number(other); }

private:
  DeviceBuilder *builder;
  mlir::Value ssaValue;
};

inline F32 operator+(double a, F32 b) { return b.number(a) + b; }
inline F32 operator-(double a, F32 b) { return b.number(a) - b; }
inline F32 operator*(double a, F32 b) { return b.number(a) * b; }
inline F32 operator/(double a, F32 b) { return b.number(a) / b; }

/// a * b + c, rounded once.
F32 fma(F32 a, F32 b, F32 c);
/// Correctly rounded.
F32 sqrt(F32 x);
/// Where `condition` (an i1) holds, a.
F32 select(mlir::Value condition, F32 a, F32 b);
/// Of numbers, an i1; false for a NaN.
mlir::Value greater(F32 a, F32 b);

// Functions of the special function unit; denormals are zeros.
/// 2^x, within 2 units of the last place.
F32 exp2(F32 x);
/// log2(x), within 2^-22 or 2 units of the last place.
F32 log2(F32 x);
/// 1 / x, within 1 unit of the last place.
F32 reciprocal(F32 x);
/// 1 / sqrt(x), within 2^-22.4 of it (PTX ISA, rsqrt.approx).
F32 inverseSquareRoot(F32 x);
/// 1 / (1 + e^-x).
F32 sigmoid(F32 x);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_F32_H
