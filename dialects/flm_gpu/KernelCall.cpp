//===----------------------------------------------------------------------===//
// How kernels are called; registers the attributes of all families.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace flm::gpu;

#include "dialects/flm_gpu/DeviceEnums.cpp.inc"

#include "dialects/flm_gpu/KernelInterface.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flm_gpu/KernelAttributes.cpp.inc"

void FlmGpuDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/flm_gpu/KernelAttributes.cpp.inc"
      >();
}

int64_t flm::gpu::sharedMemoryLimit(Arch arch) {
  // CUDA C++ programming guide, technical specifications per compute
  // capability: 163 KiB and 227 KiB per block.
  return (arch == Arch::SM80 ? 163 : 227) * 1024;
}

/// Sizes are computed from a kernel's i32 arguments; nothing divides by what
/// may be zero.
static LogicalResult verifySizes(function_ref<InFlightDiagnostic()> emitError,
                                 StringRef name, AffineMap map) {
  if (map.getNumSymbols())
    return emitError() << name
                       << " has symbols; expected the kernel's i32 "
                          "arguments only";
  bool good = true;
  map.walkExprs([&](AffineExpr expr) {
    AffineExprKind kind = expr.getKind();
    if (kind != AffineExprKind::Mod && kind != AffineExprKind::FloorDiv &&
        kind != AffineExprKind::CeilDiv)
      return;
    auto divisor =
        dyn_cast<AffineConstantExpr>(cast<AffineBinaryOpExpr>(expr).getRHS());
    good &= divisor && divisor.getValue() > 0;
  });
  if (!good)
    return emitError() << name << " divides by what is no positive constant: "
                       << AffineMapAttr::get(map);
  return success();
}

/// `name` must be `least` to `most`.
static LogicalResult verifyRange(function_ref<InFlightDiagnostic()> emitError,
                                 StringRef name, int64_t value, int64_t least,
                                 int64_t most) {
  if (value >= least && value <= most)
    return success();
  return emitError() << name << " is " << value << "; expected " << least
                     << " to " << most;
}

LogicalResult OperandAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  StringRef name, Access access, Type type,
                                  AffineMap shape, int64_t rowBytes) {
  if (name.empty() || !llvm::json::isUTF8(name))
    return emitError() << "the name of an operand must be UTF-8, and not empty";
  if (failed(verifyRange(emitError, "row_bytes", rowBytes, 1, 1 << 16)))
    return failure();
  return verifySizes(emitError, "shape", shape);
}

LogicalResult LaunchAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t threads, int64_t cluster,
                                 int64_t shared, bool persistent,
                                 AffineMap tiles) {
  // CUDA C++ programming guide, technical specifications per compute
  // capability: threads per block; portable cluster size.
  if (failed(verifyRange(emitError, "threads", threads, 1, 1024)) ||
      failed(verifyRange(emitError, "cluster", cluster, 1, 8)) ||
      failed(verifyRange(emitError, "shared", shared, 0,
                         sharedMemoryLimit(Arch::SM90a))))
    return failure();
  return verifySizes(emitError, "tiles", tiles);
}

LogicalResult
TensorMapAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      DenseI64ArrayAttr box, int64_t swizzle) {
  if (box.empty() || box.size() > 5)
    return emitError() << "the box has " << box.size()
                       << " dims; a tensor map has 1 to 5";
  for (int64_t size : box.asArrayRef())
    if (size < 1 || size > 256)
      return emitError() << "the box has " << size
                         << " elements in a dim; TMA copies 1 to 256";
  if (swizzle != 0 && swizzle != 32 && swizzle != 64 && swizzle != 128)
    return emitError() << "swizzle is " << swizzle
                       << "; expected 128, 64, 32 or 0 (none)";
  return success();
}
