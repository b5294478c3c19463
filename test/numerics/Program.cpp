//===----------------------------------------------------------------------===//
// Programs written inside tests, run by the reference interpreter.
//===----------------------------------------------------------------------===//
#include "test/numerics/Program.h"
#include "dialects/flm/Flm.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/ErrorHandling.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace flm;
using namespace flm::numerics;

Program::Program(StringRef text)
    : context(std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED)) {
  context->loadDialect<FlmDialect>();
  // Errors of arithmetic ops and the like must reach the interpreter.
  context->allowUnregisteredDialects();
  module = parseSourceString<ModuleOp>(text, context.get());
  if (!module)
    llvm::report_fatal_error("the program of a test does not parse");
  for (Operation &op : *module->getBody())
    if (isa<ProgramOp, ModelOp>(op)) {
      program = &op;
      return;
    }
  llvm::report_fatal_error("the text of a test has no program");
}

Program Program::of(StringRef arguments, StringRef body) {
  return Program(
      ("flm.program @test of @test(" + arguments + ") {\n" + body + "\n}\n")
          .str());
}

SmallVector<Tensor> Program::run(ArrayRef<Tensor> arguments, State &state,
                                 const Options &options) {
  FailureOr<SmallVector<Tensor>> results =
      reference::run(program, arguments, state, options);
  if (succeeded(results))
    return std::move(*results);
  ADD_FAILURE() << "the program reports an error";
  return {};
}

SmallVector<Tensor> Program::run(ArrayRef<Tensor> arguments,
                                 const Options &options) {
  State empty;
  return run(arguments, empty, options);
}

std::string Program::errorsOf(ArrayRef<Tensor> arguments, State &state) {
  std::string errors;
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
    errors += diagnostic.str() + "\n";
    return success();
  });
  EXPECT_TRUE(failed(reference::run(program, arguments, state)));
  return errors;
}

SmallVector<int64_t> Program::argumentShape(unsigned index) {
  return typeOf(program->getRegion(0).getArgument(index)).shape();
}
