//===----------------------------------------------------------------------===//
// Derivatives from values alone, and how far a gradient is from them.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_GRADIENT_FINITEDIFFERENCES_H
#define FLM_TEST_NUMERICS_GRADIENT_FINITEDIFFERENCES_H

#include "codegen/reference/Reference.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace flm::numerics {

/// The derivative of `f` with respect to `x`, which it reads: the central
/// difference of sixth order, six calls. With steps h near 1e-3, truncation
/// (h^6) and rounding (1e-16 / h) both stay near 1e-13 of the value of `f`.
double derivative(llvm::function_ref<double()> f, double &x);

/// What finite differences say about one element.
struct Derivative {
  int64_t element;
  double value;
};

/// The derivatives of `f` with respect to the elements of `x`: all of them, or
/// `samples` drawn at random (with `seed`).
std::vector<Derivative> derivatives(llvm::function_ref<double()> f,
                                    reference::Tensor &x, int64_t samples = 0,
                                    unsigned seed = 1);

/// The largest relative error of `gradient` at the elements of `expected`.
/// Relative to the element, but at least to 1e-4 of the largest element of the
/// gradient: below that finite differences are noise. Infinite if an element is
/// missing or not finite.
double gradientError(const reference::Tensor &gradient,
                     llvm::ArrayRef<Derivative> expected);

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_GRADIENT_FINITEDIFFERENCES_H
