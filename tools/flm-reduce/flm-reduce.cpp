//===----------------------------------------------------------------------===//
// Shrinks a spec, or the dump of a stage, to the least that still makes a test
// script succeed (exit with 1): mlir-reduce with the flm dialect and passes.
//===----------------------------------------------------------------------===//
#include "tools/guards/ToolArguments.h"
#include "tools/registration/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  if (!flm::checkToolArguments(argc, argv))
    return 1;
  flm::registerAllPasses();
  mlir::DialectRegistry registry;
  flm::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
