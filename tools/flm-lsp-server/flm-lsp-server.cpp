//===----------------------------------------------------------------------===//
// A language server for specs and for the dumps of any stage: errors while
// typing, go to definition, hover with types.
//===----------------------------------------------------------------------===//
#include "tools/registration/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  flm::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
