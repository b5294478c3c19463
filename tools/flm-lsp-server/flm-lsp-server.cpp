//===----------------------------------------------------------------------===//
// A language server for specs and for the dumps of any stage: errors while
// typing, go to definition, hover with types.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<flm::FlmDialect>();
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
