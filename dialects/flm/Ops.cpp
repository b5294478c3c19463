//===----------------------------------------------------------------------===//
// The generated parts of all ops and their interfaces.
//===----------------------------------------------------------------------===//
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;

#include "dialects/flm/OpInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/flm/FlmOps.cpp.inc"

void flm::FlmDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "dialects/flm/FlmOps.cpp.inc"
      >();
}
