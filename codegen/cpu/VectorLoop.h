//===----------------------------------------------------------------------===//
// Loops over consecutive elements by vectors.
//
// A loop over n elements takes them in strips: a main loop of strips of several
// native vectors (written as one wide vector, which LLVM splits into
// independent registers, so that a reduction has several accumulators), then
// single native vectors, then one masked vector. The body is written once and
// never sees which of the three it is in; lanes beyond the end are neither read
// nor written.
//
// Reductions have one fixed order for a given vector width: by lane over the
// strips, then halves onto halves. It does not depend on tasks or threads.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_VECTORLOOP_H
#define FLM_CODEGEN_CPU_VECTORLOOP_H

#include "codegen/cpu/CpuKernel.h"
#include "codegen/cpu/KernelBuilder.h"
#include "codegen/cpu/Real.h"

#include <optional>

namespace flm::cpu {

/// Elements begin, begin+1, …, end-1.
struct Span {
  Index begin;
  Index end;
  std::optional<int64_t> length; ///< end - begin, where it is a constant
};

/// The span [0, length).
Span wholeSpan(KernelBuilder &k, int64_t length);

/// A few consecutive elements of a loop: what its body works on.
class Strip {
public:
  Strip(KernelBuilder &k, Index index, int64_t lanes, mlir::Value mask = {})
      : k(k), index(index), lanes(lanes), mask(mask) {}

  /// memref[leading..., index .. index+lanes) as f32; masked lanes are 0.
  Real load(mlir::Value memref, llvm::ArrayRef<Index> leading = {}) const;

  /// Stores into memref[leading..., index .. index+lanes), converted to its
  /// element type; masked lanes are left alone.
  void store(Real x, mlir::Value memref,
             llvm::ArrayRef<Index> leading = {}) const;

  /// Copies from[index .. index+lanes) to the same elements of `to`, bit by
  /// bit, whatever their type is.
  void copy(mlir::Value from, mlir::Value to) const;

  /// The strip `offset` elements further on.
  Strip operator+(Index offset) const;
  Strip operator+(int64_t offset) const;

  /// `x` where the strip has an element, `otherwise` where it is masked.
  Real keep(Real x, Real otherwise) const;

private:
  mlir::Value loadElements(mlir::Value memref,
                           llvm::ArrayRef<Index> leading) const;
  void storeElements(mlir::Value elements, mlir::Value memref,
                     llvm::ArrayRef<Index> leading) const;

  KernelBuilder &k;
  Index index; ///< of the first element
  int64_t lanes;
  mlir::Value mask; ///< null if all lanes are elements
};

/// Runs `body` on every strip of `span`.
void forEachStrip(KernelBuilder &k, Span span, const CpuTarget &target,
                  llvm::function_ref<void(const Strip &)> body);

/// How lanes are folded; a wide sum is one in f64.
enum class Fold { Sum, WideSum, Max };

/// Folds the strips of `span` into one scalar per entry of `folds`: f32, or f64
/// for a wide sum. `body` updates the accumulators, which start at 0 or
/// -infinity; what it does to masked lanes is dropped.
llvm::SmallVector<Real> reduceStrips(
    KernelBuilder &k, Span span, const CpuTarget &target,
    llvm::ArrayRef<Fold> folds,
    llvm::function_ref<void(const Strip &, llvm::MutableArrayRef<Real>)> body);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_VECTORLOOP_H
