//===----------------------------------------------------------------------===//
// mlir-opt with the flm dialect and passes.
//===----------------------------------------------------------------------===//
#include "tools/registration/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  flm::registerAllDialects(registry);
  flm::registerAllPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "flm optimizer driver\n", registry));
}
