//===----------------------------------------------------------------------===//
// A spec compiled all the way to machine code in this process, beside the same
// programs for the reference interpreter.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_COMPILED_COMPILEDPROGRAM_H
#define FLM_TEST_NUMERICS_COMPILED_COMPILEDPROGRAM_H

#include "codegen/reference/Reference.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace flm::numerics {

/// What one call of a program returns.
struct StepResult {
  double loss = 0;
  double norm = 0;
};

class CompiledProgram {
public:
  /// Compiles config, recipe and plan of `spec` (its text) with `overrides`. A
  /// spec that does not compile ends the process with the diagnostics.
  CompiledProgram(llvm::StringRef spec, llvm::StringRef config,
                  llvm::StringRef recipe,
                  const std::vector<std::string> &overrides,
                  llvm::StringRef cpu = "native");
  ~CompiledProgram();

  /// Gives both sides the same random parameters (zero moments), rounded to
  /// f32, and fills tables. Scratch and workspaces are filled with NaN.
  void randomize(unsigned seed);

  /// The sizes of a dim of the config, 0 if it has none of that name.
  int64_t dim(llvm::StringRef name) const;
  int64_t microBatches() const { return micro; }

  /// Tokens of one step, in the shape of the program's argument: [batch, seq],
  /// with dims for several slots and micro-batches before them.
  reference::Tensor randomTokens(unsigned seed);

  /// One training step on machine code / on the interpreter.
  StepResult stepCompiled(const reference::Tensor &tokens,
                          const reference::Tensor &targets,
                          llvm::ArrayRef<float> hyper);
  StepResult stepReference(const reference::Tensor &tokens,
                           const reference::Tensor &targets,
                           llvm::ArrayRef<float> hyper);
  /// The same on the interpreter with every value rounded to its type, and on a
  /// state of its own: how far it is from stepReference is how far rounding may
  /// carry the machine code.
  StepResult stepRounded(const reference::Tensor &tokens,
                         const reference::Tensor &targets,
                         llvm::ArrayRef<float> hyper);
  double evalCompiled(const reference::Tensor &tokens,
                      const reference::Tensor &targets);
  double evalReference(const reference::Tensor &tokens,
                       const reference::Tensor &targets);
  /// Logits of one sequence [seq, padded_vocab].
  std::vector<float> predictCompiled(const reference::Tensor &tokens);
  std::vector<double> predictReference(const reference::Tensor &tokens);

  /// Names of parameters and moments.
  std::vector<std::string> stateNames() const;
  /// A parameter or moment as the machine code has it, as the interpreter has
  /// it, and as it is where values are rounded.
  reference::Tensor compiledState(llvm::StringRef name) const;
  const reference::Tensor &referenceState(llvm::StringRef name) const;
  const reference::Tensor &roundedState(llvm::StringRef name) const;
  /// The largest |compiled - reference| of a state, relative to the largest
  /// |reference| in it.
  double stateError(llvm::StringRef name) const;

private:
  struct Piece {
    int64_t offset = 0;
    llvm::SmallVector<int64_t> shape;
  };

  mlir::Operation *program(llvm::StringRef name);
  void poisonScratch();
  template <typename... Args> void call(const char *symbol, Args... args);

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> buffered; ///< for the interpreter
  std::unique_ptr<llvm::orc::LLJIT> jit;
  llvm::StringMap<Piece> pieces;
  llvm::StringMap<int64_t> dims;
  struct Table {
    double theta;
    int64_t seq, headDim, offset;
  };
  std::vector<Table> tables;
  int64_t micro = 1;
  reference::State state, rounded;
  std::vector<char> stateArena, scratchArena;
};

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_COMPILED_COMPILEDPROGRAM_H
