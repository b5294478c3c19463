//===----------------------------------------------------------------------===//
// Arithmetic on f32 under construction, so that a kernel builder reads like its
// formula: `y = x * rstd * gain` writes the arith operations.
//
// A Real is a scalar or a vector; where the two meet, the scalar is broadcast.
// Nothing here may be reassociated or contracted behind the writer's back: a
// fused multiply-add appears exactly where `mulAdd` is written.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_REAL_H
#define FLM_CODEGEN_CPU_REAL_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace flm::cpu {

/// A floating-point SSA value together with the builder that continues it.
class Real {
public:
  Real(mlir::ImplicitLocOpBuilder &builder, mlir::Value value)
      : opBuilder(&builder), ssaValue(value) {}

  mlir::ImplicitLocOpBuilder &builder() const { return *opBuilder; }
  mlir::Value value() const { return ssaValue; }
  mlir::Type type() const { return ssaValue.getType(); }

  /// `number` in this value's type.
  Real same(double number) const;

private:
  mlir::ImplicitLocOpBuilder *opBuilder;
  mlir::Value ssaValue;
};

/// A scalar or splat constant of floating-point `type`.
Real constant(mlir::ImplicitLocOpBuilder &b, mlir::Type type, double number);

Real operator+(Real a, Real b);
Real operator-(Real a, Real b);
Real operator*(Real a, Real b);
Real operator/(Real a, Real b);
inline Real operator+(double a, Real b) { return b.same(a) + b; }
inline Real operator-(double a, Real b) { return b.same(a) - b; }
inline Real operator*(double a, Real b) { return b.same(a) * b; }
inline Real operator/(double a, Real b) { return b.same(a) / b; }

/// a * b + c with one rounding (two on a CPU without fused multiply-add).
Real mulAdd(Real a, Real b, Real c);
Real negate(Real x);
Real abs(Real x);
Real sqrt(Real x);
/// Within 1 unit in the last place; 0 where the result is below 2^-126.
Real exp(Real x);
Real log(Real x);

/// 1 / (1 + exp(-x)).
Real sigmoid(Real x);

/// The larger one; the second if either is NaN (one instruction on x86).
Real max(Real a, Real b);

/// An i1, or a vector of them: a > b, false if either is NaN.
mlir::Value greater(Real a, Real b);
Real select(mlir::Value condition, Real ifTrue, Real ifFalse);

/// The same number with another element type; bf16 is rounded to nearest even.
Real convert(Real x, mlir::Type elementType);

/// A vector of `lanes` copies of a scalar; a vector as it is.
Real broadcast(Real x, int64_t lanes);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_REAL_H
