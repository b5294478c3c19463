//===----------------------------------------------------------------------===//
// The dialect and its ops.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace flm::gpu;

#include "dialects/flm_gpu/FlmGpuDialect.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/flm_gpu/DeviceOps.cpp.inc"

void FlmGpuDialect::initialize() {
  registerAttributes();
  registerOps();
}

void FlmGpuDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "dialects/flm_gpu/DeviceOps.cpp.inc"
      >();
}

LogicalResult FlmGpuDialect::verifyOperationAttribute(Operation *op,
                                                      NamedAttribute attr) {
  if (attr.getName() == launchAttrName) {
    if (!isa<LaunchAttr>(attr.getValue()) || !isa<FunctionOpInterface>(op))
      return op->emitError() << "'" << launchAttrName
                             << "' must be a #flm_gpu.launch on a function";
    return success();
  }
  if (attr.getName() == kernelAttrName)
    return success();
  return op->emitError() << "unknown attribute '" << attr.getName().getValue()
                         << "'; expected " << launchAttrName << " or "
                         << kernelAttrName;
}

LogicalResult FlmGpuDialect::verifyRegionArgAttribute(Operation *op,
                                                      unsigned regionIndex,
                                                      unsigned argument,
                                                      NamedAttribute attr) {
  if (attr.getName() == operandAttrName && isa<OperandAttr>(attr.getValue()))
    return success();
  if (attr.getName() == tensorMapAttrName &&
      isa<TensorMapAttr>(attr.getValue()))
    return success();
  return op->emitError() << "argument " << argument << " has '"
                         << attr.getName().getValue() << "'; expected "
                         << operandAttrName << " or " << tensorMapAttrName
                         << " with an attribute of that name";
}

void WgmmaOp::build(OpBuilder &builder, OperationState &state, ValueRange a,
                    Value b, ValueRange acc, int64_t n, bool transposeA,
                    bool transposeB) {
  SmallVector<Type> results(n / 2, builder.getF32Type());
  auto flag = [&](bool set) {
    return set ? builder.getUnitAttr() : UnitAttr();
  };
  build(builder, state, results, a, b, acc, builder.getI32IntegerAttr(n),
        flag(transposeA), flag(transposeB));
}

LogicalResult WgmmaOp::verify() {
  int64_t n = getN();
  if (n < 8 || n > 256 || n % 8)
    return emitOpError() << "n is " << n
                         << "; expected a multiple of 8 from 8 to 256";
  bool descriptor = getA().size() == 1 && getA()[0].getType().isInteger(64);
  bool fragment = getA().size() == 4 && llvm::all_of(getA(), [](Value value) {
                    return value.getType().isInteger(32);
                  });
  if (!descriptor && !fragment)
    return emitOpError("a must be one i64 descriptor or four i32 registers");
  if (fragment && getTransposeA())
    return emitOpError("a fragment in registers can not be transposed");
  int64_t values = n / 2;
  if (static_cast<int64_t>(getResults().size()) != values)
    return emitOpError() << "has " << getResults().size()
                         << " results; expected n / 2 = " << values;
  if (!getAcc().empty() && static_cast<int64_t>(getAcc().size()) != values)
    return emitOpError() << "accumulates into " << getAcc().size()
                         << " values; expected none or n / 2 = " << values;
  return success();
}
