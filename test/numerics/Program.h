//===----------------------------------------------------------------------===//
// Programs written inside tests, run by the reference interpreter.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_PROGRAM_H
#define FLM_TEST_NUMERICS_PROGRAM_H

#include "codegen/reference/RandomInputs.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>

namespace flm::numerics {

using reference::Options;
using reference::randomIndices;
using reference::randomNormal;
using reference::State;
using reference::Tensor;

/// One flm.program or flm.model.
class Program {
public:
  /// The first program or model in `text`; text that does not parse ends the
  /// test process with the diagnostic.
  explicit Program(llvm::StringRef text);

  /// A program of `arguments` ("%x: [b=2] f64") and the ops of `body`.
  static Program of(llvm::StringRef arguments, llvm::StringRef body);

  /// Runs it; a test failure, and no results, if it reports an error.
  llvm::SmallVector<Tensor> run(llvm::ArrayRef<Tensor> arguments, State &state,
                                const Options &options = {});
  /// The same, without state.
  llvm::SmallVector<Tensor> run(llvm::ArrayRef<Tensor> arguments,
                                const Options &options = {});
  /// The errors of a run that must fail, one per line.
  std::string errorsOf(llvm::ArrayRef<Tensor> arguments, State &state);

  mlir::Operation *op() { return program; }
  /// Shape of argument `index`.
  llvm::SmallVector<int64_t> argumentShape(unsigned index);

private:
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::Operation *program = nullptr;
};

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_PROGRAM_H
