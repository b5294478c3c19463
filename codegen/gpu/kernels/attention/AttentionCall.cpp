//===----------------------------------------------------------------------===//
// Arguments of attention kernels.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/AttentionCall.h"

using namespace mlir;
using namespace flm::gpu;

static constexpr int64_t padding = AttentionRowTermsAttr::padding;

AttentionCall::AttentionCall(DeviceBuilder &d, int64_t headDim, bool withKeys)
    : d(d), headDim(headDim), sizeCount(withKeys ? 4 : 3) {}

AffineExpr AttentionCall::size(unsigned index) const {
  assert(index < sizeCount && "the kernel reads no keys");
  return getAffineDimExpr(index, d.getContext());
}

AffineExpr AttentionCall::paddedSeq() const {
  return seq().ceilDiv(padding) * padding;
}

AffineMap AttentionCall::shape(ArrayRef<AffineExpr> sizes) const {
  return AffineMap::get(sizeCount, 0, sizes, d.getContext());
}

void AttentionCall::addRows(StringRef name, Access access, Heads heads,
                            int64_t boxRows, Value &argument) {
  MLIRContext *context = d.getContext();
  AffineExpr headCount = heads == Heads::Query ? this->heads() : keyHeads();
  auto operand =
      OperandAttr::get(context, name, access, d.getBF16Type(),
                       shape({batch(), seq(), headCount,
                              getAffineConstantExpr(headDim, context)}),
                       /*row_bytes=*/16);
  TensorMapAttr map;
  if (boxRows)
    map = TensorMapAttr::get(
        context, DenseI64ArrayAttr::get(context, {1, boxRows, 1, boxElements}),
        boxRowBytes);
  // A tensor map lies in parameter space.
  auto type = LLVM::LLVMPointerType::get(context, boxRows ? 0 : 1);
  arguments.push_back({type, operand, map});
  tensors.push_back(&argument);
}

void AttentionCall::addTerms(StringRef name, Access access, AffineExpr rows,
                             Value &argument) {
  MLIRContext *context = d.getContext();
  arguments.push_back(
      {LLVM::LLVMPointerType::get(context, 1),
       OperandAttr::get(context, name, access, d.getF32Type(),
                        shape({batch(), heads(), rows}), /*row_bytes=*/1),
       TensorMapAttr()});
  tensors.push_back(&argument);
}

LLVM::LLVMFuncOp AttentionCall::begin(StringRef symbol, Launch launch,
                                      Attribute kernel) {
  for (unsigned i = 0; i < sizeCount; ++i)
    arguments.push_back({d.getI32Type(), OperandAttr(), TensorMapAttr()});
  auto launchAttr = LaunchAttr::get(d.getContext(), launch.threads,
                                    /*cluster=*/1, launch.shared,
                                    /*persistent=*/false, shape(launch.tiles));
  LLVM::LLVMFuncOp function =
      d.beginKernel(symbol, arguments, launchAttr, kernel);
  for (auto [i, tensor] : llvm::enumerate(tensors))
    *tensor = function.getArgument(i);
  sizeValues.assign(function.args_begin() + tensors.size(),
                    function.args_end());
  return function;
}

AttentionCall::Sizes AttentionCall::sizes() const {
  assert(!sizeValues.empty() && "the kernel has not begun");
  auto value = [&](unsigned index) { return d.i32(sizeValues[index]); };
  return {value(0), value(1), value(2), value(sizeCount - 1)};
}

I32 AttentionCall::Sizes::paddedSeq() const {
  return (seq + (padding - 1)) / padding * padding;
}
