//===----------------------------------------------------------------------===//
// mlir-opt with the flm dialect and passes.
//===----------------------------------------------------------------------===//
#include "tools/guards/ToolArguments.h"
#include "tools/registration/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  if (!flm::checkToolArguments(argc, argv))
    return 1;
  mlir::DialectRegistry registry;
  flm::registerAllDialects(registry);
  flm::registerAllPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "flm optimizer driver\n", registry));
}
