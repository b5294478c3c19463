//===----------------------------------------------------------------------===//
// A slow interpreter of flm programs: the oracle of the project.
//
// "Optimised = reference", "backward = finite differences" and "N ranks = one
// rank" compare with it. Each op is its formula in the dialect's description,
// in double, one thread; gradients are their own formulas too, not what the
// compiler's rules derive.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_REFERENCE_H
#define FLM_CODEGEN_REFERENCE_REFERENCE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <functional>
#include <vector>

namespace flm::reference {

/// A value, row-major. Integers (tokens) are whole doubles.
struct Tensor {
  llvm::SmallVector<int64_t> shape;
  std::vector<double> data;

  /// A scalar 0.
  Tensor() : data(1) {}
  /// Every element is `value`.
  explicit Tensor(llvm::ArrayRef<int64_t> shape, double value = 0);
  /// `data` must have as many elements as `shape`.
  Tensor(llvm::ArrayRef<int64_t> shape, std::vector<double> data);

  int64_t size() const { return data.size(); }
  /// The last dim (1 for a scalar), and how many rows of it there are.
  int64_t width() const { return shape.empty() ? 1 : shape.back(); }
  int64_t rows() const { return size() / width(); }
  double *row(int64_t index) { return data.data() + index * width(); }
  const double *row(int64_t index) const {
    return data.data() + index * width();
  }
};

/// Parameters and optimizer state by name, as in `param`, `state`, `update`.
using State = llvm::StringMap<Tensor>;

struct Options {
  /// Round each argument and each result of an op to its element type (to
  /// nearest, ties to even), which simulates mixed precision: an op reads
  /// rounded operands and computes in double. Without, everything is double.
  bool roundResults = false;

  /// Element `index` of the parameter `key`, for `truncated_normal`; an op that
  /// needs it is an error without.
  std::function<double(llvm::StringRef key, int64_t index, double std)>
      truncatedNormal;

  /// Sees each value as it is made, in order; in a loop, once per iteration.
  std::function<void(mlir::Value value, const Tensor &tensor)> observer;
};

/// Runs an `flm.program`, or an `flm.model` whose sizes are bound (after the
/// `graph` stage), and gives back what it returns. All reads of `state` see it
/// as it is on entry; updates are written to it at the end, and only on
/// success.
///
/// Errors, located at the op: an op that has no implementation, open sizes,
/// distributed types, a parameter missing in `state`, a shape or a token that
/// does not fit.
mlir::FailureOr<llvm::SmallVector<Tensor>> run(mlir::Operation *programOrModel,
                                               llvm::ArrayRef<Tensor> arguments,
                                               State &state,
                                               const Options &options = {});

/// `value` rounded to the nearest bf16, ties to even, without the detour over
/// f32 that would round twice.
double roundToBf16(double value);

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_REFERENCE_H
