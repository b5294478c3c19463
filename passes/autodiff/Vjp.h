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
///
/// Terms of a gradient are collected, and summed once, when it is read. Ops are
/// differentiated last to first, so every user of a value has added its term by
/// then.
class Vjp {
public:
  /// Answers what a forward value is called in the backward pass.
  using Primal = std::function<mlir::Value(mlir::Value)>;

  Vjp(mlir::OpBuilder &builder, Primal primal)
      : builder(builder), findPrimal(std::move(primal)) {}

  /// Where the backward pass is being written.
  mlir::OpBuilder &builder;

  mlir::Value primal(mlir::Value value) { return findPrimal(value); }

  /// Adds `term` to the gradient of `value`, which nobody may have read yet.
  void accumulate(mlir::Value value, mlir::Value term);

  /// The gradient of `value`, the sum of its terms; null if it has none.
  mlir::Value cotangent(mlir::Value value);
  /// The same, with zeros for null.
  mlir::Value cotangentOrZero(mlir::Value value);

  /// Differentiates the ops of `block`, last to first.
  llvm::LogicalResult run(mlir::Block &block);

  /// The values that `run` has not passed and that have a gradient: arguments
  /// and values from outside. In the order in which they were first reached.
  llvm::SmallVector<mlir::Value> reached() const;

private:
  /// The terms belong to the IR: they are what rules made, and may be terms of
  /// other values as well. Nothing here erases or changes an op.
  struct Cotangent {
    llvm::SmallVector<mlir::Value> terms;
    mlir::Value sum; ///< null until the gradient is read
  };

  mlir::Value sumOf(mlir::Value value, llvm::SmallVector<mlir::Value> terms);
  mlir::Value withElementType(mlir::Value gradient, mlir::Type elementType,
                              mlir::Value value);

  Primal findPrimal;
  llvm::MapVector<mlir::Value, Cotangent> cotangents;
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
