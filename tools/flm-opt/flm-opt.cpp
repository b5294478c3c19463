//===----------------------------------------------------------------------===//
// mlir-opt with the flm dialect and passes.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllPasses();
  registry.insert<flm::FlmDialect>();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "flm optimizer driver\n", registry));
}
