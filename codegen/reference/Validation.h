//===----------------------------------------------------------------------===//
// Translation validation: after every pass, do the programs still compute the
// same?
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_VALIDATION_H
#define FLM_CODEGEN_REFERENCE_VALIDATION_H

#include "codegen/reference/Outputs.h"
#include "codegen/reference/RankedRun.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

namespace mlir {
class PassManager;
} // namespace mlir

namespace flm::reference {

/// Follows one module through the passes of a compilation, from stage `mup` on
/// (before, passes change what a model computes) to `buffers`. Each program
/// runs on seeded inputs when it first appears, and again, on the same, after
/// each pass that has changed it;
/// @eval_step is compared with the model that it is made of. (Gradients, as
/// they are derived, have nothing here to be compared with: finite differences
/// are what tests them.) Passes are not threaded (the context's threading is
/// off).
class Validation {
public:
  struct Options {
    unsigned seed = 1;
    /// A larger difference, relative to the largest element of a tensor, is an
    /// error. Everything is in double, so what passes may change is the order
    /// of sums: some 1e-16 a sum, which no op of a step magnifies by more than
    /// a few powers of ten (AdamW, by lr / eps = 1e5 at most). A wrong factor
    /// or a missing term is far above.
    double tolerance = 1e-9;
    /// The most multiply-adds that one run of all programs may take: about a
    /// second, a few dozen times.
    double maxMultiplyAdds = 1e9;
  };

  /// Writes one line per stage and program to `os`.
  Validation(const Options &options, llvm::raw_ostream &os);

  /// Checks after each pass of `pm`, which runs `stage` and must not outlive
  /// this object. The first pass that changes what a program computes, and
  /// programs that are too large to run, are errors in the diagnostics, without
  /// a location. A module between two passes that the interpreter does not run
  /// is passed over; a later difference then names those passes too.
  void watch(mlir::PassManager &pm, llvm::StringRef stage);

  /// To be called when the stage has run. Fails if there was an error, or if
  /// there is one now: a program is gone or does not run any more. With several
  /// ranks, what stage `shard` makes runs only when `local` has made the
  /// program of one rank of it, which then runs on all of them.
  mlir::LogicalResult finishStage(mlir::ModuleOp module);

private:
  class Watch;
  /// A program since it first ran.
  struct Followed {
    llvm::SmallVector<Tensor> arguments;
    State state; ///< on entry
    std::vector<Output> outputs;
    /// Of the text that has run last.
    std::optional<mlir::OperationFingerPrint> checked;
    bool isNew = true;   ///< in this stage
    int64_t changes = 0; ///< of its text in this stage, that were compared
    double largest = 0;  ///< difference in this stage
    /// Passes after which it did not run, since it last did.
    std::vector<std::string> unseen;
  };

  void afterPass(llvm::StringRef pass, mlir::Operation *op);
  void check(llvm::StringRef pass, mlir::Operation *program);
  /// What it computes; nothing if the interpreter refuses, with diagnostics.
  std::optional<std::vector<Output>> run(mlir::Operation *program,
                                         Followed &followed);
  /// How `now` differs from the first outputs, for "pass p changes ...";
  /// otherwise empty.
  std::string difference(Followed &followed, llvm::ArrayRef<Output> now) const;
  /// The error if programs are too large to run; otherwise empty.
  std::string sizeProblem(llvm::ArrayRef<mlir::Operation *> programs) const;
  /// Writes the line of a program.
  void summarize(llvm::StringRef name);
  /// Emits the error `problem`.
  void report(mlir::MLIRContext *context) const;

  Options options;
  llvm::raw_ostream &os;
  llvm::StringMap<Followed> programs;
  std::string stage;               ///< that runs
  std::optional<RankedRun> ranked; ///< after stage `shard`
  bool begun = false;  ///< the module is one whose value may not change
  std::string problem; ///< the first that was found; empty: none
};

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_VALIDATION_H
