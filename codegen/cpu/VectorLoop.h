//===----------------------------------------------------------------------===//
// Loops over consecutive elements by vectors.
//
// A loop over n elements runs a main loop of blocks of several native vectors
// (written as one wide vector, which LLVM splits into independent registers: so
// a reduction has several accumulators), then single native vectors, then one
// masked vector. The body is written once and never sees which of the three it
// is in; lanes beyond the end are neither read nor written.
//
// Reductions have one fixed order for a given vector width: by lane within the
// blocks, then halves onto halves. It does not depend on tasks or threads.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_VECTORLOOP_H
#define FLM_CODEGEN_CPU_VECTORLOOP_H

#include "codegen/cpu/CpuKernel.h"
#include "codegen/cpu/Real.h"

#include <optional>

namespace flm::cpu {

/// Elements begin, begin+1, …, end-1 (index values).
struct Span {
  mlir::Value begin;
  mlir::Value end;
  std::optional<int64_t> length; ///< end - begin, where it is a constant
};

/// The span [0, length).
Span wholeSpan(mlir::ImplicitLocOpBuilder &b, int64_t length);

/// A few consecutive elements of a loop: what its body works on.
class Block {
public:
  Block(mlir::ImplicitLocOpBuilder &b, mlir::Value index, int64_t lanes,
        mlir::Value mask = {})
      : b(b), index(index), lanes(lanes), mask(mask) {}

  /// memref[leading..., index .. index+lanes) as f32; masked lanes are 0.
  Real load(mlir::Value memref, mlir::ValueRange leading = {}) const;

  /// Stores into memref[leading..., index .. index+lanes), converted to its
  /// element type; masked lanes are left alone.
  void store(Real x, mlir::Value memref, mlir::ValueRange leading = {}) const;

  /// The block `offset` (an index value) elements further on.
  Block shifted(mlir::Value offset) const;

  /// `x` where the block has an element, `otherwise` where it is masked.
  Real keep(Real x, Real otherwise) const;

  mlir::ImplicitLocOpBuilder &builder() const { return b; }
  int64_t width() const { return lanes; }

private:
  mlir::ImplicitLocOpBuilder &b;
  mlir::Value index; ///< of the first element
  int64_t lanes;
  mlir::Value mask; ///< null if all lanes are elements
};

/// Runs `body` on every block of `span`.
void forEachBlock(mlir::ImplicitLocOpBuilder &b, Span span,
                  const CpuTarget &target,
                  llvm::function_ref<void(const Block &)> body);

enum class Fold { Sum, Max };

/// Folds the blocks of `span` into one f32 scalar per entry of `folds`. `body`
/// updates the accumulators, which start at 0 or -infinity; what it does to
/// masked lanes is dropped.
llvm::SmallVector<Real> reduceBlocks(
    mlir::ImplicitLocOpBuilder &b, Span span, const CpuTarget &target,
    llvm::ArrayRef<Fold> folds,
    llvm::function_ref<void(const Block &, llvm::MutableArrayRef<Real>)> body);

/// One element as f32.
Real loadScalar(mlir::ImplicitLocOpBuilder &b, mlir::Value memref,
                mlir::ValueRange indices);
void storeScalar(Real x, mlir::Value memref, mlir::ValueRange indices);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_VECTORLOOP_H
