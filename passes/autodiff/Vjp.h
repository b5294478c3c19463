//===----------------------------------------------------------------------===//
// Reverse-mode differentiation of one scope (a program or a loop body).
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_AUTODIFF_VJP_H
#define FLM_PASSES_AUTODIFF_VJP_H

#include "dialects/flm/Flm.h"

#include "llvm/ADT/MapVector.h"

#include <functional>

namespace flm {
class Vjp;
} // namespace flm

#include "passes/autodiff/VjpInterface.h.inc"

namespace flm {

/// The state of differentiating one block: gradients found so far, and how the
/// backward pass gets at values of the forward pass.
class Vjp {
public:
  /// Answers what a forward value is called in the backward pass.
  using Primal = std::function<mlir::Value(mlir::Value)>;

  Vjp(mlir::OpBuilder &builder, Primal primal)
      : builder(builder), findPrimal(std::move(primal)) {}

  /// Where the backward pass is being written.
  mlir::OpBuilder &builder;

  mlir::Value primal(mlir::Value value) { return findPrimal(value); }

  /// The gradient of `value` so far; null if nothing flows into it.
  mlir::Value cotangent(mlir::Value value) const {
    return cotangents.lookup(value);
  }
  /// The same, with zeros for null.
  mlir::Value cotangentOrZero(mlir::Value value);

  /// Adds `gradient` to the gradient of `value`.
  void accumulate(mlir::Value value, mlir::Value gradient);

  /// Differentiates the ops of `block`, last to first.
  llvm::LogicalResult run(mlir::Block &block);

  /// Gradients of values that `run` has not passed: arguments and values from
  /// outside. In the order in which they were first reached.
  const llvm::MapVector<mlir::Value, mlir::Value> &remaining() const {
    return cotangents;
  }

private:
  Primal findPrimal;
  llvm::MapVector<mlir::Value, mlir::Value> cotangents;
};

/// Gives every attention in `block` its log-sum-exp result, which the gradient
/// reads. Before differentiation: a rule must not replace an op whose results
/// may already be saved.
void addLogSumExps(mlir::Block &block);

// One function per file of rules/.
void registerAttentionRules(mlir::DialectRegistry &registry);
void registerElementwiseRules(mlir::DialectRegistry &registry);
void registerEmbeddingRules(mlir::DialectRegistry &registry);
void registerLinearRules(mlir::DialectRegistry &registry);
void registerLoopRules(mlir::DialectRegistry &registry);
void registerLossRules(mlir::DialectRegistry &registry);
void registerNormRules(mlir::DialectRegistry &registry);

} // namespace flm

#endif // FLM_PASSES_AUTODIFF_VJP_H
