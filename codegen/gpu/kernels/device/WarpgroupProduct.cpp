//===----------------------------------------------------------------------===//
// Chains of wgmma, their fences and groups.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/WarpgroupProduct.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

/// `left` gives the left operand of a step.
static SmallVector<Value>
issueChain(DeviceBuilder &d, StringRef fenceName,
           function_ref<SmallVector<Value>(int64_t depth)> left,
           bool transposeLeft, const SharedOperand &b, ValueRange sums) {
  if (!fenceName.empty()) {
    // In the basic block that issues: ptxas serialises the products otherwise.
    DeviceBuilder::Named name(d, fenceName);
    NVVM::WgmmaFenceAlignedOp::create(d);
  }
  SmallVector<Value> next(sums);
  for (int64_t depth = 0; depth < b.tile.depth; depth += wgmmaDepth)
    next = SmallVector<Value>(WgmmaOp::create(d, left(depth), b.at(depth), next,
                                              b.tile.outer, transposeLeft,
                                              b.tile.transposed)
                                  .getResults());
  NVVM::WgmmaGroupSyncAlignedOp::create(d);
  return next;
}

SmallVector<Value> flm::gpu::issueProduct(DeviceBuilder &d, StringRef fenceName,
                                          const SharedOperand &a,
                                          const SharedOperand &b,
                                          ValueRange sums) {
  assert(a.tile.depth == b.tile.depth && "operands share the inner dim");
  return issueChain(
      d, fenceName,
      [&](int64_t depth) { return SmallVector<Value>{a.at(depth)}; },
      a.tile.transposed, b, sums);
}

SmallVector<Value> flm::gpu::issueProduct(DeviceBuilder &d, StringRef fenceName,
                                          ValueRange a, const SharedOperand &b,
                                          ValueRange sums) {
  assert(static_cast<int64_t>(a.size()) == b.tile.depth / 4 &&
         "four registers per step of 16");
  return issueChain(
      d, fenceName,
      [&](int64_t depth) { return SmallVector<Value>(a.slice(depth / 4, 4)); },
      /*transposeLeft=*/false, b, sums);
}

void flm::gpu::waitForProducts(DeviceBuilder &d, StringRef name,
                               int64_t pending) {
  DeviceBuilder::Named named(d, name);
  NVVM::WgmmaWaitGroupSyncOp::create(d, pending);
}

SmallVector<Value> flm::gpu::packFragment(DeviceBuilder &d,
                                          ValueRange fragment) {
  SmallVector<Value> packed;
  for (unsigned i = 0; i < fragment.size(); i += 2)
    packed.push_back(d.packBF16(fragment[i], fragment[i + 1]).value());
  return packed;
}
