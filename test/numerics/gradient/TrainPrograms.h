//===----------------------------------------------------------------------===//
// A spec compiled up to the `train` stage, with the loss as a function of the
// parameters and the gradients that its training step computes.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_GRADIENT_TRAINPROGRAMS_H
#define FLM_TEST_NUMERICS_GRADIENT_TRAINPROGRAMS_H

#include "codegen/reference/Reference.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <memory>
#include <string>

namespace flm::numerics {

/// Gradients by the name of the parameter.
using Gradients = std::map<std::string, reference::Tensor>;

/// The tokens and targets of one step, [micro, batch, seq] or [batch, seq].
struct Batch {
  reference::Tensor tokens, targets;
};

class TrainPrograms {
public:
  /// What to choose of a spec; an empty name is the only candidate. `set` has
  /// "dim=value" and "recipe key=value".
  struct Choice {
    std::string config, recipe, plan;
    std::vector<std::string> set;
  };

  /// Compiles `spec` (its text). A spec that does not compile ends the process
  /// with the diagnostics.
  TrainPrograms(llvm::StringRef spec, const Choice &choice);

  /// Random parameters, the same for the same names, shapes and `seed`. The
  /// moments are zero.
  reference::State randomState(unsigned seed = 1);
  /// Random tokens and targets below `vocab`.
  Batch randomBatch(int64_t vocab, unsigned seed = 1);

  /// The names of the parameters, sorted.
  std::vector<std::string> parameters();

  /// Mean loss over the micro-batches, by @eval_step.
  double loss(const Batch &batch, reference::State &state);

  /// What @train_step hands to the optimizer, and the loss that it reports: one
  /// step on a copy of `state` with zero moments, beta1 = 0 and no clipping
  /// leaves the gradients in exp_avg.
  Gradients gradients(const Batch &batch, reference::State state,
                      double *loss = nullptr,
                      const reference::Options &options = {});

  /// A program by name, to look at or to break.
  mlir::Operation *program(llvm::StringRef name);

private:
  llvm::SmallVector<reference::Tensor>
  run(llvm::StringRef name, llvm::ArrayRef<reference::Tensor> arguments,
      reference::State &state, const reference::Options &options = {});

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_GRADIENT_TRAINPROGRAMS_H
