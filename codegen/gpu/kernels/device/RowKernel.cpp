//===----------------------------------------------------------------------===//
// The arguments of a kernel on rows.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/RowKernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::gpu;

/// Threads that a multiprocessor must hold at once, which leaves 128 registers
/// for each: fewer do not keep enough loads under way.
static constexpr int64_t residentThreads = 512;

RowKernel::RowKernel(DeviceBuilder &d, KernelAttrInterface kernel,
                     ArrayRef<StringRef> sizes)
    : d(d), kernel(kernel), sizes(sizes) {}

AffineExpr RowKernel::size(StringRef name) const {
  const auto *found = llvm::find(sizes, name);
  assert(found != sizes.end() && "the kernel has no such size");
  return getAffineDimExpr(found - sizes.begin(), d.getContext());
}

AffineExpr RowKernel::fixed(int64_t size) const {
  return getAffineConstantExpr(size, d.getContext());
}

void RowKernel::tensor(StringRef name, Access access, Type type,
                       ArrayRef<AffineExpr> shape, int64_t width) {
  int64_t rowBytes =
      std::min(WideVectors::bytes, width * type.getIntOrFloatBitWidth() / 8);
  MLIRContext *context = d.getContext();
  auto operand =
      OperandAttr::get(context, name, access, type,
                       AffineMap::get(sizes.size(), 0, shape, context),
                       width == 1 ? 1 : rowBytes);
  arguments.push_back(
      {LLVM::LLVMPointerType::get(context, 1), operand, TensorMapAttr()});
}

LLVM::LLVMFuncOp RowKernel::begin(ArrayRef<AffineExpr> blocks, int64_t threads,
                                  int64_t sharedBytes) {
  arguments.append(sizes.size(),
                   {d.getI32Type(), OperandAttr(), TensorMapAttr()});
  auto launch = LaunchAttr::get(
      d.getContext(), threads, /*cluster=*/1, sharedBytes, /*persistent=*/false,
      AffineMap::get(sizes.size(), 0, blocks, d.getContext()));
  function = d.beginKernel(kernel.symbolName(), arguments, launch, kernel);
  int64_t resident = llvm::divideCeil(residentThreads, threads);
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    d.getI32IntegerAttr(static_cast<int32_t>(resident)));
  return function;
}

RowTensor RowKernel::operator[](StringRef name) const {
  LLVM::LLVMFuncOp begun = function;
  for (auto [i, argument] : llvm::enumerate(arguments))
    if (argument.operand && argument.operand.getName() == name)
      return {begun.getArgument(i), argument.operand.getType()};
  llvm_unreachable("the kernel has no such tensor");
}

I32 RowKernel::sizeValue(StringRef name) const {
  const auto *found = llvm::find(sizes, name);
  assert(found != sizes.end() && "the kernel has no such size");
  LLVM::LLVMFuncOp begun = function;
  return d.i32(begun.getArgument(arguments.size() - sizes.size() +
                                 (found - sizes.begin())));
}
