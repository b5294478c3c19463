//===----------------------------------------------------------------------===//
// One run of a program in the reference interpreter, to print or to compare.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLM_INTERPRET_PROGRAMRUN_H
#define FLM_TOOLS_FLM_INTERPRET_PROGRAMRUN_H

#include "codegen/reference/Outputs.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace flminterpret {

struct RunOptions {
  unsigned seed = 1;
  bool round = false; ///< results of ops to their element types
  /// "name=1,2.5": values of an argument, one for all elements or one each.
  std::vector<std::string> inputs;
};

using flm::reference::Output;

/// The program or model of `module` called `name`; with an empty name the only
/// one. The error lists which there are.
llvm::Expected<mlir::Operation *> findProgram(mlir::ModuleOp module,
                                              llvm::StringRef name);

/// Runs `program` on random numbers, or on what `options` says. Errors of the
/// program are diagnostics; the result is then an error without more to say.
llvm::Expected<std::vector<Output>> run(mlir::Operation *program,
                                        const RunOptions &options);

/// Prints the outputs, of each the first `elements` elements.
void print(llvm::ArrayRef<Output> outputs, int64_t elements,
           llvm::raw_ostream &os);

/// Prints how far `others` are from `outputs`, relative to the largest element
/// of each. An error if one is further than `tolerance`, is not a number where
/// the other is one, or is on one side only.
llvm::Error compare(llvm::ArrayRef<Output> outputs,
                    llvm::ArrayRef<Output> others, double tolerance,
                    llvm::raw_ostream &os);

} // namespace flminterpret

#endif // FLM_TOOLS_FLM_INTERPRET_PROGRAMRUN_H
