//===----------------------------------------------------------------------===//
// How kernels are called; registers the attributes of all families.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

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
